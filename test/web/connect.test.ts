import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'undici';
import { makeConnect, Refused } from '../../src/web/connect.ts';
import { startRaw, startWeb, type RawWeb, type Web } from '../support/web.ts';
import { waitUntil } from '../support/wait.ts';

/** A web on 127.0.0.1, and one on the same port of 127.0.0.2 that counts the bytes it gets. */
let web: Web;
let other: RawWeb;
let bytesAtOther = 0;
let port: number;

beforeAll(async () => {
  web = await startWeb();
  web.page('/', 'the page');
  port = Number(web.host.split(':')[1]);
  other = await startRaw(
    (socket) => void socket.on('data', (part: Buffer) => (bytesAtOther += part.length)),
    { address: '127.0.0.2', port },
  );
});

afterAll(async () => {
  await other.close();
  await web.close();
});

async function getFrom(
  host: string,
  addresses: readonly string[],
  mayTalkTo: (address: string) => boolean,
): Promise<string> {
  const client = new Client(`http://${host}:${port}`, { connect: makeConnect(addresses, mayTalkTo) });
  try {
    const { body } = await client.request({ method: 'GET', path: '/' });
    return await body.text();
  } finally {
    await client.destroy();
  }
}

describe('makeConnect', () => {
  it('connects to the given address, whatever the name means to the system', async () => {
    expect(await getFrom('blog.example.com', ['127.0.0.1'], () => true)).toBe('the page');
  });

  it('goes on to the next address when the first does not answer', async () => {
    expect(await getFrom('blog.example.com', ['127.0.0.3', '127.0.0.1'], () => true)).toBe('the page');
  });

  it('shows the peer’s own address for the last word', async () => {
    const seen: string[] = [];
    await getFrom('blog.example.com', ['127.0.0.1'], (address) => seen.push(address) > 0);
    expect(seen).toEqual(['127.0.0.1']);
  });

  it('hangs up before a byte is written when the address lied', async () => {
    // 0.0.0.0 is a way of saying 127.0.0.1 that only the connected socket tells.
    const before = web.hits('/').length;
    await expect(
      getFrom('blog.example.com', ['0.0.0.0'], (address) => address === '0.0.0.0'),
    ).rejects.toThrow(Refused);
    expect(web.hits('/')).toHaveLength(before);
  });

  it('hangs up before a byte is written when the peer may not be talked to', async () => {
    await expect(
      getFrom('blog.example.com', ['127.0.0.2'], (address) => address !== '127.0.0.2'),
    ).rejects.toThrow('connected to 127.0.0.2');
    await waitUntil(() => other.connections().made > 0 && other.connections().open === 0);
    expect(bytesAtOther).toBe(0);
  });

  it('checks literal hosts after connecting, too', async () => {
    await expect(getFrom('127.0.0.2', ['127.0.0.1'], (address) => address === '127.0.0.1')).rejects.toThrow(
      Refused,
    );
    expect(bytesAtOther).toBe(0);
  });

  it('goes nowhere without an address', async () => {
    await expect(getFrom('localhost', [], () => true)).rejects.toThrow(Refused);
  });
});
