import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendConditional } from '../../src/display/conditional.ts';
import { keepAnswers, keptForMs } from '../../src/display/kept-answers.ts';
import { makeChanges, type Changes } from '../../src/linkback/changes.ts';
import type { Site } from '../../src/linkback/site.ts';
import { buildLinkback } from '../support/build-linkback.ts';

let server: FastifyInstance;
let address: string;
let changes: Changes;
let sites: readonly Site[];
let now: number;
/** What the list says, how often it was made, and what happens while it is. */
let text: string;
let made: number;
let meanwhile: () => unknown;

beforeEach(async () => {
  server = fastify();
  changes = makeChanges();
  [sites, now, text, made, meanwhile] = [[], 1, 'one', 0, () => undefined];
  keepAnswers(server, { listen: changes.listen, sites: () => sites, now: () => now });
  server.get('/list', async (request, reply) => {
    made += 1;
    const body = text;
    await meanwhile();
    return sendConditional(request, reply, 'text/plain; charset=utf-8', body);
  });
  server.get('/own', (request, reply) => {
    made += 1;
    return sendConditional(request, reply, 'text/plain; charset=utf-8', text, 'private');
  });
  address = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => server.close());

const ask = (url = '/list', headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(`${address}${url}`, { headers });

async function read(url = '/list', headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await ask(url, headers);
  return `${response.status} ${await response.text()}`;
}

const shown = buildLinkback({ verification: 'verified', moderation: 'approved' });
const hidden = buildLinkback({ verification: 'verified', moderation: 'pending' });

describe('an answer for everybody', () => {
  it('is made once for all who ask for it, with the same headers', async () => {
    const first = await ask();
    const again = await ask();
    expect([again.status, await again.text(), made]).toEqual([200, 'one', 1]);
    const but = ({ headers }: Response): object =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'date'));
    expect(but(again)).toEqual(but(first));
  });

  it('is a 304 without a body for who has it, also where those were the first', async () => {
    const etag = String((await ask()).headers.get('etag'));
    changes.tell({ before: null, after: shown });
    for (let times = 0; times < 3; times += 1) {
      const response = await ask('/list', { 'if-none-match': etag });
      expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
        304,
        '',
        null,
      ]);
    }
    expect(await read()).toBe('200 one');
    expect(made).toBe(2);
  });

  it.each([
    ['something becomes public', () => changes.tell({ before: hidden, after: shown })],
    ['something ceases to be public', () => changes.tell({ before: shown, after: hidden })],
    ['something public is erased', () => changes.tell({ before: shown, after: null })],
    ['changes were missed', () => changes.tellMissed()],
    ['the sites change', () => void (sites = [])],
    ['it is too old', () => void (now += keptForMs)],
  ])('is made anew when %s', async (_name, happens) => {
    await read();
    text = 'two';
    happens();
    expect(await read()).toBe('200 two');
  });

  it('stays as it is when something changes that nobody sees', async () => {
    await read();
    changes.tell({ before: null, after: hidden });
    await read();
    expect(made).toBe(1);
  });

  it('is not kept when something has changed while it was made', async () => {
    meanwhile = () => {
      text = 'two';
      changes.tell({ before: null, after: shown });
    };
    expect(await read()).toBe('200 one');
    expect(await read()).toBe('200 two');
  });

  it('is made anew for one reader only when it is too old, and given to the others meanwhile', async () => {
    await read();
    now += keptForMs;
    let others: readonly string[] = [];
    meanwhile = async () => {
      meanwhile = () => undefined;
      others = await Promise.all([read(), read()]);
    };
    text = 'two';
    expect(await read()).toBe('200 two');
    expect(others).toEqual(['200 one', '200 one']);
    expect(made).toBe(2);
  });

  it('is not given for long where nobody gets a new one', async () => {
    await read();
    now += keptForMs;
    meanwhile = () => {
      throw new Error('no store');
    };
    expect(await read()).toMatch(/^500/u);
    expect(await read()).toBe('200 one');
    now += keptForMs;
    expect(await read()).toMatch(/^500/u);
  });

  it('is another one at another address, and for who says who they are', async () => {
    await read();
    await read('/list?x');
    await read('/list', { authorization: 'Bearer x' });
    expect(made).toBe(3);
  });
});

describe('an answer for one reader', () => {
  it('is made each time', async () => {
    await read('/own');
    await read('/own');
    expect(made).toBe(2);
  });
});
