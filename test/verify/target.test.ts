import { beforeEach, describe, expect, it } from 'vitest';
import type { TargetLook } from '../../src/linkback/ports.ts';
import { targetKey } from '../../src/linkback/site.ts';
import { makeLookAtTarget, type LookAtTarget } from '../../src/verify/target.ts';
import type { Fetched } from '../../src/web/fetch.ts';
import { buildSite } from '../support/build-linkback.ts';
import { never } from '../support/fetching.ts';
import { answerOf, plainReader } from '../support/verifying.ts';

const site = buildSite({
  addresses: [new URL('https://blog.example/'), new URL('https://www.blog.example/')],
});
const target = new URL('https://blog.example/post');
const minute = 60_000;

let now: number;
let answer: Fetched | Promise<Fetched>;
let asked: string[];
let looks: Map<string, TargetLook>;
let lookAtTarget: LookAtTarget;

beforeEach(() => {
  now = 1_000_000;
  answer = answerOf('<p>Ours.</p>', { url: target });
  asked = [];
  looks = new Map();
  lookAtTarget = makeLookAtTarget({
    store: {
      targetLook: async (key) => looks.get(key),
      saveTargetLook: async (key, look) => void looks.set(key, look),
    },
    fetchPage: async (url) => {
      asked.push(url.href);
      return answer;
    },
    reader: plainReader,
    now: () => now,
  });
});

const look = (url = target) => lookAtTarget(site, url, never);

describe('a look at our own page', () => {
  it.each([200, 204, 301, 401, 403, 429, 500, 503])('does not call it gone on status %i', async (status) => {
    answer = answerOf(null, { url: target, status });
    expect(await look()).toMatchObject({ isGone: false });
  });

  it.each([404, 410])('calls it gone on status %i', async (status) => {
    answer = answerOf(null, { url: target, status });
    expect(await look()).toMatchObject({ isGone: true, page: null });
  });

  it.each(['unreachable', 'trouble'] as const)(
    'is not held against the sender when it is %s',
    async (kind) => {
      answer = { kind, detail: 'no way' };
      expect(await look()).toMatchObject({ isGone: false, page: null });
    },
  );

  it.each([
    ['for a day when it is there', answerOf('<p>Ours.</p>', { url: target }), 24 * 60 * minute],
    ['for ten minutes when it is gone', answerOf(null, { url: target, status: 404 }), 10 * minute],
    ['for five minutes when it is not reached', { kind: 'trouble', detail: 'x' } as const, 5 * minute],
    [
      'for five minutes when it leads to a host that has been asked often enough',
      { kind: 'later', detail: 'x', waitMs: 1 } as const,
      5 * minute,
    ],
    ['for five minutes when it fails', answerOf(null, { url: target, status: 503 }), 5 * minute],
    ['for five minutes when it is too busy', answerOf(null, { url: target, status: 429 }), 5 * minute],
  ])('is believed %s', async (_, given, trustMs) => {
    answer = given;
    const first = await look();
    const fetches = asked.length;
    now += trustMs - 1;
    expect(await look()).toEqual(first);
    expect(asked).toHaveLength(fetches);
    now += 1;
    await look();
    expect(asked).toHaveLength(fetches * 2);
  });

  it.each([
    ['https://blog.example/post', ['https://blog.example/post', 'https://blog.example/post/']],
    ['https://blog.example/post/#part', ['https://blog.example/post/#part', 'https://blog.example/post']],
    [
      'http://www.blog.example/post',
      ['http://www.blog.example/post', 'https://blog.example/post', 'https://blog.example/post/'],
    ],
    ['https://blog.example/', ['https://blog.example/']],
    ['https://blog.example/?p=5', ['https://blog.example/?p=5']],
  ])('asks for %s in every spelling, each once, before it calls it gone', async (url, spellings) => {
    answer = answerOf(null, { url: target, status: 404 });
    expect(await look(new URL(url))).toMatchObject({ isGone: true });
    expect(asked).toEqual(spellings);
  });

  it('is one for every spelling of the page', async () => {
    await look();
    await look(new URL('http://www.blog.example/post/#part'));
    expect(asked).toEqual([target.href]);
    expect([...looks.keys()]).toEqual([targetKey(site, target)]);
  });

  it('is one for all who ask at the same time', async () => {
    let give: (fetched: Fetched) => void = () => undefined;
    answer = new Promise((resolve) => (give = resolve));
    const all = Promise.all([look(), look(), look()]);
    give(answerOf('<p>Ours.</p>', { url: target }));
    expect((await all).map(({ isGone }) => isGone)).toEqual([false, false, false]);
    expect(asked).toHaveLength(1);
  });

  it('is made again after one that failed', async () => {
    answer = Promise.reject(new Error('the service stops'));
    await expect(look()).rejects.toThrow('the service stops');
    answer = answerOf(null, { url: target, status: 404 });
    expect(await look()).toMatchObject({ isGone: true });
  });
});

describe('the page under which linkbacks are filed', () => {
  const canonical = (href: string): string => `<link rel=canonical href="${href}"><p>Ours.</p>`;

  it.each([
    ['itself', canonical('/post'), target.href, null],
    ['itself in another spelling', canonical('http://www.blog.example/post/'), target.href, null],
    ['its canonical address', canonical('/real'), target.href, 'https://blog.example/real'],
    ['where its redirects lead', '<p>Ours.</p>', 'https://blog.example/moved', 'https://blog.example/moved'],
    [
      'the canonical address of where they lead',
      canonical('/real'),
      'https://blog.example/moved',
      'https://blog.example/real',
    ],
    ['itself when another host is named', canonical('https://other.example/'), target.href, null],
    ['itself when they lead to another host', '<p>Ours.</p>', 'https://other.example/post', null],
    ['itself when the address is no page', canonical('javascript:alert(1)'), target.href, null],
  ])('is %s', async (_, html, url, page) => {
    answer = answerOf(html, { url: new URL(url) });
    expect((await look()).page).toBe(page);
  });
});

describe('when our own page was published', () => {
  it('is what the page says of itself', async () => {
    const head = '<meta property="article:published_time" content="2020-01-02T03:04:05Z">';
    answer = answerOf(`<head>${head}</head><p>Ours.</p>`, { url: target });
    expect(await look()).toMatchObject({ publishedAt: Date.UTC(2020, 0, 2, 3, 4, 5) });
    expect([...looks.values()]).toMatchObject([{ publishedAt: Date.UTC(2020, 0, 2, 3, 4, 5) }]);
  });

  it('stays unknown where it says nothing', async () => {
    expect(await look()).toMatchObject({ publishedAt: null });
  });
});
