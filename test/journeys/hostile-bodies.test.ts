import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileCalls, lenientCalls } from '../support/hostile-xml.ts';
import { formBody, postBody, postForm } from '../support/forms.ts';
import { heldBytes } from '../support/heap.ts';
import { startHere, type Here } from '../support/here.ts';
import { chance, isLong, seed } from '../support/long.ts';
import { mutateBytes, troublesome, type Random } from '../support/mutate.ts';
import { ownerOf } from '../support/owner.ts';
import { adminToken } from '../support/service.ts';

/** Every body that strangers and owners send, damaged: over real sockets, into a service with a real database. */

const base = '/api/moderation/linkbacks';
const target = 'http://127.0.0.1:9/post';
const source = 'http://127.0.0.1:9/story';

let here: Here;
let id: string;

beforeAll(async () => {
  // Nobody listens there, and nothing is waited for: only the taking in of bodies is looked at here.
  here = await startHere({ SITES: 'blog=http://127.0.0.1:9/', ANSWER_WITHIN_MS: '0', POLICY: 'hold-all' });
  await postForm(`${here.url}/webmention`, [
    ['source', source],
    ['target', target],
  ]);
  ({ id } = await ownerOf(here).find(source));
});

afterAll(() => here.close());

const json = (...values: unknown[]): Buffer[] => values.map((each) => Buffer.from(JSON.stringify(each)));
const forms = (...all: (readonly (readonly [string, string])[])[]): Buffer[] =>
  all.map((fields) => Buffer.from(formBody(fields)));

type Surface = {
  readonly seeds: readonly Uint8Array[];
  readonly tokens: readonly Uint8Array[];
  readonly send: (body: Uint8Array<ArrayBuffer>) => Promise<Response>;
  /** What may be answered, as status and type. */
  readonly answers: RegExp;
};

const surfaces: Readonly<Record<string, Surface>> = {
  'pingbacks at /pingback': {
    seeds: [...hostileCalls, ...lenientCalls].map(({ body }) => Buffer.from(body)),
    tokens: troublesome.markup,
    send: (body) => postBody(`${here.url}/pingback`, body, { 'content-type': 'text/xml' }),
    answers: /^200 text\/xml/u,
  },
  'pings at /trackback': {
    seeds: forms(
      [['url', source]],
      [
        ['url', source],
        ['title', 'A <b>title</b> & more'],
        ['excerpt', 'Zürich, 東京'],
        ['blog_name', 'A blog'],
        ['charset', 'utf-8'],
      ],
      [
        ['charset', 'iso-2022-jp'],
        ['url', source],
        ['title', '\u001b$B%+\u001b(B'],
      ],
    ),
    tokens: troublesome.form,
    send: (body) =>
      postBody(`${here.url}/trackback/blog/post`, body, {
        'content-type': 'application/x-www-form-urlencoded',
      }),
    answers: /^200 text\/xml/u,
  },
  'forms at /webmention': {
    seeds: forms(
      [
        ['source', source],
        ['target', target],
      ],
      [
        ['target', target],
        ['source', `${source}?a=b&c=%E4#d`],
        ['vouch', source],
      ],
    ),
    tokens: troublesome.form,
    send: (body) =>
      postBody(`${here.url}/webmention`, body, { 'content-type': 'application/x-www-form-urlencoded' }),
    answers: /^(?:201 text\/plain|400 application\/problem\+json)/u,
  },
  'decisions of the owner': {
    seeds: json(
      { moderation: 'approved' },
      { moderation: 'spam', note: 'Not for us: “𝒻𝑜𝑜”' },
      { note: '', moderation: 'pending' },
      { moderation: ['approved'] },
    ),
    tokens: troublesome.json,
    send: (body) =>
      fetch(`${here.url}${base}/${id}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        body,
      }),
    answers: /^(?:200 application\/json|400 application\/problem\+json)/u,
  },
};

async function sendDamaged(surface: Surface, times: number, random: Random): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const inFlight = 8;
  for (let done = 0; done < times; done += inFlight) {
    const bodies = Array.from({ length: inFlight }, () =>
      Buffer.from(mutateBytes(surface.seeds, random, surface.tokens)),
    );
    const answers = await Promise.all(
      bodies.map(async (body) => {
        const response = await surface.send(body);
        const answer = `${response.status} ${response.headers.get('content-type') ?? ''}`;
        if (!surface.answers.test(answer)) throw new Error(`${answer} to ${body.toString('base64')}`);
        await response.arrayBuffer();
        return answer;
      }),
    );
    for (const answer of answers) seen.add(answer);
  }
  return seen;
}

describe.each(Object.entries(surfaces))(`damaged bodies, seed ${seed}: %s`, (_, surface) => {
  const times = isLong ? 10_000 : 240;

  it(`are answered in the words of the route, ${times} times, and nothing of them stays`, async () => {
    const random = chance();
    // What is made once and kept, is made now.
    await sendDamaged(surface, times / 4, random);
    const before = await heldBytes();
    await sendDamaged(surface, times, random);
    const grown = (await heldBytes()) - before;
    // 200 bytes for each body of the long run.
    expect(grown).toBeLessThan(2_000_000);
    expect((await here.get('/healthz')).status).toBe(200);
  });
});

describe('a decision in JSON', () => {
  it.each<[string, unknown]>([
    ['a list of one state', { moderation: ['approved'] }],
    ['a note that is a number', { moderation: 'approved', note: 5 }],
    ['a note that is true', { moderation: 'approved', note: true }],
    ['a note that is null', { moderation: 'approved', note: null }],
    ['a note in a list', { moderation: 'approved', note: ['x'] }],
  ])('is not guessed from %s', async (_, body) => {
    const response = await here.api('PATCH', `${base}/${id}`, body);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await response.json()).toMatchObject({
      detail: expect.stringMatching(/^body\/(?:moderation|note) must /u),
    });
  });

  it('names a field that nobody knows once', async () => {
    const response = await here.api('PATCH', `${base}/${id}`, { moderation: 'spam', verified: true });
    expect(await response.json()).toMatchObject({ detail: 'body must not have additional properties' });
  });

  it('leaves numbers in an address numbers', async () => {
    expect((await here.api('GET', `${base}?limit=5`)).status).toBe(200);
    expect((await here.api('GET', `${base}?limit=five`)).status).toBe(400);
  });
});

describe('a body at the edge', () => {
  it('is not parsed as JSON beyond the usual limit', async () => {
    const response = await here.api('PATCH', `${base}/${id}`, { note: 'x'.repeat(2 ** 20) });
    expect(response.status).toBe(413);
  });

  it.each([
    ['deep arrays', '['.repeat(200_000)],
    ['deep objects', '{"a":'.repeat(100_000)],
    ['a number of 100,000 digits', `{"moderation":${'9'.repeat(100_000)}}`],
    [
      '100,000 fields',
      `{${Array.from({ length: 50_000 }, (_, n) => `"f${n}":1`).join(',')},"moderation":"spam"}`,
    ],
    ['one field 100,000 times', `{${'"note":"x",'.repeat(50_000)}"moderation":"spam"}`],
    ['a prototype', '{"__proto__":{"moderation":"spam"}}'],
    ['a prototype in a field', '{"moderation":"spam","note":{"__proto__":{"x":1}}}'],
    ['a constructor', '{"constructor":{"prototype":{"x":1}},"moderation":"spam"}'],
    ['lone surrogates', '{"moderation":"\\ud800","note":"\\udfff"}'],
  ])('does no harm: %s', async (name, text) => {
    const response = await fetch(`${here.url}${base}/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: text,
    });
    expect(response.status).toBe(name.startsWith('one field') ? 200 : 400);
    expect({}).not.toHaveProperty('x');
  });
});
