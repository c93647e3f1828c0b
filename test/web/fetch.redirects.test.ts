import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxRedirects, type Fetched } from '../../src/web/fetch.ts';
import { makeResolve } from '../../src/web/resolve.ts';
import { makeTurns, type Turns } from '../../src/web/turns.ts';
import { startDns } from '../support/dns.ts';
import { bodyText, makeTestFetch, never } from '../support/fetching.ts';
import { startRaw, startWeb, type RawWeb, type Web } from '../support/web.ts';

/** The public web on 127.0.0.1, and on the same port of 127.0.0.2 a private network that must never see us. */
let web: Web;
let inside: RawWeb;
let port: number;
const fetchPage = makeTestFetch({ isOwnRoute: (url) => url.pathname === '/pingback' });

beforeAll(async () => {
  web = await startWeb();
  port = Number(web.host.split(':')[1]);
  inside = await startRaw((socket) => void socket.end(), { address: '127.0.0.2', port });
  web.page('/end', 'the end');
});

afterAll(async () => {
  await inside.close();
  await web.close();
});

const at = (path: string, name = 'blog.example.com'): URL => new URL(path, `http://${name}:${port}`);

/** As bytes: in front of a string Node's server would send the headers as UTF-8, too. */
const moved = Buffer.from('Moved.');

/** Fetches a page that redirects to `location`, from where relative addresses start at `/from/here`. */
async function follow(location: string | readonly string[] | undefined, status = 302): Promise<Fetched> {
  const headers = location === undefined ? {} : { location };
  web.page('/from/here', { status, headers: { ...headers, 'set-cookie': 'a=b' }, body: moved });
  return fetchPage(at('/from/here?x#frag'), never);
}

// Spec: Webmention 3.2.2.
describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('are followed on status %i', async (status) => {
    expect(bodyText(await follow('/end', status))).toBe('the end');
  });

  it.each([
    ['an absolute path', '/end', '/end'],
    ['a relative path', '../end', '/end'],
    ['a query alone', '?page=2', '/from/here?page=2'],
    ['no scheme', '//other.example.com:PORT/end', '//other.example.com:PORT/end'],
    ['another name', 'http://other.example.com:PORT/end', '//other.example.com:PORT/end'],
    ['letters that are not ASCII', '/日本語', '/%E6%97%A5%E6%9C%AC%E8%AA%9E'],
    ['blanks around it', ' /end ', '/end'],
    [
      'a host that is not ASCII',
      'http://bücher.example.com:PORT/end',
      '//xn--bcher-kva.example.com:PORT/end',
    ],
  ])('lead to %s', async (_, location, expected) => {
    web.page('/from/here?page=2', 'the end');
    web.page('/%E6%97%A5%E6%9C%AC%E8%AA%9E', 'the end');
    // Header values are written one byte for each character.
    const bytes = Buffer.from(location.replace('PORT', String(port))).toString('latin1');
    const fetched = await follow(bytes);
    expect(bodyText(fetched)).toBe('the end');
    expect(fetched.kind === 'answer' && fetched.url.href).toBe(
      at(expected.replace('PORT', String(port))).href,
    );
  });

  it('carry neither cookies nor a referer', async () => {
    await follow('/end');
    const hit = web.hits('/end').at(-1);
    expect(Object.keys(hit?.headers ?? {})).not.toContain('cookie');
    expect(Object.keys(hit?.headers ?? {})).not.toContain('referer');
  });

  it.each([
    ['a private literal', 'http://127.0.0.2:PORT/'],
    ['a private literal spelt as a number', 'http://2130706434:PORT/'],
    ['a private literal mapped into IPv6', 'http://[::ffff:127.0.0.2]:PORT/'],
    ['a name with a private address', 'http://private.example.com:PORT/'],
    ['a name nobody may have', 'http://inside.invalid:PORT/'],
    ['the metadata address', 'http://169.254.169.254/latest/meta-data/'],
    ['our own routes', '/pingback'],
  ])('do not lead to %s', async (_, location) => {
    expect(await follow(location.replace('PORT', String(port)))).toMatchObject({ kind: 'unreachable' });
    expect(inside.connections().made).toBe(0);
  });

  it('are judged anew at every hop', async () => {
    web.page('/second', { status: 302, headers: { location: `http://127.0.0.2:${port}/` }, body: '' });
    web.page('/first', { status: 302, headers: { location: '/second' }, body: '' });
    expect(await fetchPage(at('/first'), never)).toMatchObject({ kind: 'unreachable' });
    expect(inside.connections().made).toBe(0);
  });

  it.each([
    ['a javascript: URL', 'javascript:alert(1)'],
    ['a data: URL', 'data:text/html,x'],
    ['a file: URL', 'file:///etc/passwd'],
    ['an ftp: URL', 'ftp://blog.example.com/'],
    ['user and password', 'http://user:password@blog.example.com/'],
    ['what is no URL', 'http://[::1/%'],
    ['a very long address', `/${'a'.repeat(5000)}`],
  ])('to %s are the answer themselves', async (_, location) => {
    expect(await follow(location)).toMatchObject({ kind: 'answer', status: 302, body: null });
  });

  it('without a place to go are the answer themselves', async () => {
    expect(await follow(undefined)).toMatchObject({ kind: 'answer', status: 302, body: null });
  });

  it('of two places go to the first', async () => {
    const fetched = await follow(['/end', `http://127.0.0.2:${port}/`]);
    expect(bodyText(fetched)).toBe('the end');
  });

  it(`are followed ${maxRedirects} times and no more`, async () => {
    for (let n = 1; n <= maxRedirects + 1; n += 1)
      web.page(`/hop/${n}`, {
        status: 302,
        headers: { location: n === 1 ? '/end' : `/hop/${n - 1}` },
        body: '',
      });
    expect(bodyText(await fetchPage(at(`/hop/${maxRedirects}`), never))).toBe('the end');
    const before = web.hits('/end').length;
    expect(await fetchPage(at(`/hop/${maxRedirects + 1}`), never)).toMatchObject({
      kind: 'answer',
      body: null,
    });
    expect(web.hits('/end')).toHaveLength(before);
  });

  it('in a circle end', async () => {
    web.page('/circle', { status: 301, headers: { location: '/circle' }, body: '' });
    expect(await fetchPage(at('/circle'), never)).toMatchObject({ kind: 'answer', body: null });
    expect(web.hits('/circle')).toHaveLength(maxRedirects + 1);
  });

  it('wait for their turn at every host', async () => {
    const real = makeTurns({ isPolite: false, isOurs: () => false });
    const hosts: string[] = [];
    const turns: Turns = {
      ...real,
      take: async (url, signal) => (hosts.push(url.hostname), real.take(url, signal)),
    };
    web.page('/away', { status: 302, headers: { location: at('/end', 'b.example.com').href }, body: '' });
    await makeTestFetch({ turns })(at('/away', 'a.example.com'), never);
    expect(hosts).toEqual(['a.example.com', 'b.example.com']);
  });

  it('go nowhere near a host that has been asked often enough, and say when they may', async () => {
    const asked: string[] = [];
    const cap = async ({ hostname }: URL, start?: URL): Promise<number> => {
      asked.push(`${hostname} from ${start?.hostname}`);
      return hostname === 'victim.example.com' ? 5000 : 0;
    };
    const capped = makeTestFetch({ turns: makeTurns({ isPolite: false, isOurs: () => false, cap }) });
    web.page('/aside', {
      status: 302,
      headers: { location: at('/victim', 'victim.example.com').href },
      body: '',
    });
    web.page('/victim', 'must not be seen');
    expect(await capped(at('/aside', 'a.example.com'), never)).toEqual({
      kind: 'later',
      detail: 'victim.example.com has been asked often enough for now',
      waitMs: 5000,
    });
    expect(web.hits('/aside')).toHaveLength(1);
    expect(web.hits('/victim')).toHaveLength(0);
    expect(asked).toEqual(['a.example.com from a.example.com', 'victim.example.com from a.example.com']);
  });
});

describe('a name that changes its address', () => {
  it('is connected to where it was when it was checked', async () => {
    let asked = 0;
    const dns = await startDns(({ type }) => {
      if (type === 'AAAA') return [];
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['127.0.0.2'];
    });
    const rebound = makeTestFetch({ resolve: makeResolve([dns.server]) });
    expect(bodyText(await rebound(at('/end', 'rebind.example.com'), never))).toBe('the end');
    expect(asked).toBe(1);
    // And is judged anew, by its new address, the next time.
    expect(await rebound(at('/end', 'rebind.example.com'), never)).toMatchObject({ kind: 'unreachable' });
    expect(inside.connections().made).toBe(0);
    await dns.close();
  });

  it('is refused when a redirect to itself finds it on a private address', async () => {
    let asked = 0;
    const dns = await startDns(({ type }) => {
      if (type === 'AAAA') return [];
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['127.0.0.2'];
    });
    web.page('/again', { status: 302, headers: { location: '/end' }, body: '' });
    const rebound = makeTestFetch({ resolve: makeResolve([dns.server]) });
    expect(await rebound(at('/again', 'rebind.example.com'), never)).toMatchObject({ kind: 'unreachable' });
    expect(inside.connections().made).toBe(0);
    await dns.close();
  });

  it('gets no byte of a request when the socket says it is elsewhere', async () => {
    const before = web.hits('/end').length;
    const lied = makeTestFetch({
      // Admits what it was told, as if 0.0.0.0 were public; only the connected socket shows 127.0.0.1.
      guard: {
        admit: async () => ({ kind: 'admitted', addresses: ['0.0.0.0'] }),
        mayTalkTo: (_, address) => address === '0.0.0.0',
      },
    });
    expect(await lied(at('/end'), never)).toEqual({ kind: 'unreachable', detail: 'connected to 127.0.0.1' });
    expect(web.hits('/end')).toHaveLength(before);
  });
});
