import { describe, expect, it } from 'vitest';
import { makeCheckVouch } from '../../src/verify/vouch.ts';
import type { Fetched } from '../../src/web/fetch.ts';
import { buildLinkback, buildSite } from '../support/build-linkback.ts';
import { never } from '../support/fetching.ts';
import { answerOf, plainReader } from '../support/verifying.ts';

const friend = 'https://friend.example/links';
const page = answerOf('<p><a href="https://source.example/">a good blog</a>', { url: new URL(friend) });

/** What a vouch comes to, and what was fetched for it. */
async function check(vouch: string | null, fetched: Fetched = page) {
  const asked: string[] = [];
  const checkVouch = makeCheckVouch({
    store: { isApprovedHost: async (_, host) => host === 'friend.example' },
    fetchPage: async (url) => {
      asked.push(url.href);
      return fetched;
    },
    reader: plainReader,
  });
  const announcements = buildLinkback().announcements.map((each) => ({ ...each, vouch }));
  const found = await checkVouch(buildSite(), buildLinkback({ announcements }), never);
  if (found !== null && 'kind' in found) return { ...found, asked };
  return { holds: found?.holds, detail: found?.detail, asked };
}

// Spec: Vouch extension to Webmention.
describe('a vouch', () => {
  it('is none when nobody named one', async () => {
    expect(await check(null)).toEqual({ holds: undefined, detail: undefined, asked: [] });
  });

  it.each([
    ['a page of an approved host', friend],
    ['a page of the site’s own', 'https://blog.example/friends'],
    ['an approved host with www', 'https://www.friend.example/'],
  ])('holds on %s that links to the source’s host', async (_, vouch) => {
    expect(await check(vouch)).toMatchObject({ holds: true, asked: [vouch] });
  });

  it.each([
    ['a stranger’s page', 'https://stranger.example/'],
    ['what is no web address', 'javascript:alert(1)'],
    ['a private address', 'ftp://friend.example/'],
    ['an address with user and password', 'https://user:password@friend.example/'],
  ])('is not even fetched from %s', async (_, vouch) => {
    expect(await check(vouch)).toMatchObject({ holds: false, asked: [] });
  });

  it.each([
    ['links elsewhere', '<a href="https://other.example/">x</a>'],
    ['links to a neighbour of the source’s host', '<a href="https://a.source.example/">x</a>'],
    ['does not mean it', '<a rel="nofollow" href="https://source.example/">x</a>'],
    ['says nothing', '<p>words</p>'],
  ])('does not hold when the page %s', async (_, html) => {
    expect(await check(friend, answerOf(html))).toMatchObject({ holds: false, asked: [friend] });
  });

  it('holds when one link of several is meant', async () => {
    const html =
      '<nav><a rel=nofollow href="https://source.example/">x</a></nav><a href="https://www.source.example/b">y</a>';
    expect(await check(friend, answerOf(html))).toMatchObject({ holds: true });
  });

  it('is put off when its host has been asked often enough for now', async () => {
    const later = { kind: 'later', detail: 'x', waitMs: 5000 } as const;
    expect(await check(friend, later)).toEqual({ ...later, asked: [friend] });
  });

  it.each([
    ['cannot be reached', { kind: 'unreachable', detail: 'x' }],
    ['is in trouble', { kind: 'trouble', detail: 'x' }],
    ['answers 404', answerOf(null, { status: 404 })],
    ['is no text', answerOf(null, { contentType: 'image/png' })],
  ] as const)('does not hold when the page %s', async (_, fetched) => {
    expect(await check(friend, fetched)).toMatchObject({ holds: false, detail: 'could not be read' });
  });
});
