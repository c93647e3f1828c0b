import { askNobody } from '../../src/verify/akismet.ts';
import { describe, expect, it } from 'vitest';
import type { Linkback } from '../../src/linkback/linkback.ts';
import type { Site } from '../../src/linkback/site.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import { makeVerify, unreachableAfterMs, type VerifyOptions } from '../../src/verify/verify.ts';
import type { Fetched } from '../../src/web/fetch.ts';
import { buildLinkback, buildSite } from '../support/build-linkback.ts';
import { never } from '../support/fetching.ts';
import { answerOf, plainReader } from '../support/verifying.ts';

const target = 'https://blog.example/post';
const link = `<a href="${target}">the post</a>`;

type World = Partial<VerifyOptions> & {
  readonly site?: Partial<Site>;
  readonly linkback?: Partial<Linkback>;
};

/** Verifies a linkback whose source answers so. */
function verify(fetched: Fetched, world: World = {}, signal: AbortSignal = never): Promise<Outcome> {
  const site = buildSite(world.site);
  return makeVerify({
    siteOf: () => site,
    lookAtTarget: async () => ({ isGone: false, page: null, publishedAt: null }),
    checkVouch: async () => null,
    fetchPage: async () => fetched,
    reader: plainReader,
    askOpinion: askNobody,
    now: () => 1_000_000_000,
    ...world,
  })(buildLinkback(world.linkback), signal);
}

function firstOf<Item>([first]: readonly Item[]): Item {
  if (first === undefined) throw new Error('there is none');
  return first;
}

const announced = (dialect: 'pingback' | 'webmention', spelling = target) => ({
  ...firstOf(buildLinkback().announcements),
  dialect,
  target: spelling,
});

// Spec: Pingback 1.0 section 3; Webmention 3.2.2.
describe('verifying a source that links', () => {
  const page = `<html lang=en><title>A page</title><meta name=author content=Jane>
    <nav>x</nav><p>One two ${link.replace('<a', '<a rel="nofollow ugc"')} three four.</p>`;

  it('finds the link, quotes it, and keeps how it was found', async () => {
    expect(await verify(answerOf(page))).toEqual({
      kind: 'found',
      type: 'mention',
      facts: {
        title: 'A page',
        author: { name: 'Jane', url: null, photo: null },
        publishedAt: null,
        language: 'en',
      },
      excerpt: { before: 'two ', link: 'the post', after: ' three', cutBefore: true, cutAfter: true },
      evidence: {
        rule: 'exact',
        element: 'a',
        href: target,
        rel: ['nofollow', 'ugc'],
        position: page.indexOf('<a'),
        inContent: true,
        isHidden: false,
        outboundLinks: 1,
        linksFound: 1,
        finalUrl: 'https://source.example/a',
      },
      filing: null,
      held: ['pingback'],
      opinions: [],
    });
  });

  it('asks others for their opinion of a new one only', async () => {
    const opinion = { name: 'akismet', weight: 6, sentence: 'Akismet takes it for spam.' } as const;
    const asking = { askOpinion: async () => [opinion] };
    expect(await verify(answerOf(page), asking)).toMatchObject({ opinions: [opinion] });
    const known = { ...asking, linkback: { verifiedAt: 5 } };
    expect(await verify(answerOf(page), known)).toMatchObject({ opinions: [] });
  });

  it('quotes as the site wishes', async () => {
    const quoting = { style: 'complete', window: 20, mark: '…' } as const;
    expect(await verify(answerOf(page), { site: { quoting } })).toMatchObject({
      excerpt: { before: 'One two ', after: ' three four.', cutBefore: false, cutAfter: false },
    });
  });

  it('resolves links against where redirects led, and remembers it', async () => {
    const url = new URL('https://blog.example/notes/');
    expect(await verify(answerOf('<p><a href="../post">x</a>', { url }))).toMatchObject({
      kind: 'found',
      evidence: { href: target, finalUrl: url.href },
    });
  });

  it('reads plain text for a webmention, and not for a pingback', async () => {
    const text = answerOf(`See ${target} there.`, { contentType: 'text/plain' });
    expect(await verify(text)).toMatchObject({ kind: 'not-found', reason: 'no-link' });
    expect(await verify(text, { linkback: { announcements: [announced('webmention')] } })).toMatchObject({
      kind: 'found',
      held: ['webmention'],
    });
  });

  it('holds every announcement to its own rule and spelling', async () => {
    const slash = `<p><a href="${target}/">slash</a></p>`;
    const both = { announcements: [announced('pingback'), announced('webmention')] };
    expect(await verify(answerOf(slash), { linkback: both })).toMatchObject({
      held: ['pingback'],
      evidence: { rule: 'lenient' },
    });
    expect(await verify(answerOf(`${slash}<p>${link}</p>`), { linkback: both })).toMatchObject({
      held: ['pingback', 'webmention'],
    });
    const only = { announcements: [announced('webmention')] };
    expect(await verify(answerOf(slash), { linkback: only })).toMatchObject({
      kind: 'not-found',
      reason: 'no-link',
    });
    expect(await verify(answerOf(slash), { linkback: only, site: { isLenient: true } })).toMatchObject({
      kind: 'found',
    });
    const asWritten = { announcements: [announced('webmention', `${target}/`)] };
    expect(await verify(answerOf(slash), { linkback: asWritten })).toMatchObject({
      kind: 'found',
      evidence: { rule: 'exact' },
    });
  });

  it('takes type, author and date from microformats where they speak', async () => {
    const entry = `<title>A page</title><meta name=author content=Head><div class="h-entry">
      <a class="u-like-of" href="${target}">x</a> <time class="dt-published" datetime="2014-03-02T09:00:00Z"></time>`;
    expect(await verify(answerOf(entry))).toMatchObject({
      type: 'like',
      facts: { author: { name: 'Head' }, publishedAt: Date.UTC(2014, 2, 2, 9) },
    });
    expect(await verify(answerOf(`${entry}<a class="p-author h-card" href="/jane">Jane</a>`))).toMatchObject({
      facts: { author: { name: 'Jane', url: 'https://source.example/jane', photo: null } },
    });
  });

  it('is refused on a page that is too old to take any more, and kept where it was verified before', async () => {
    const day = 86_400_000;
    const world = {
      site: { closeAfterDays: 30 },
      now: () => 100 * day,
      lookAtTarget: async () => ({ isGone: false, page: null, publishedAt: 69 * day }),
    };
    const page = answerOf(`<p>${link}</p>`);
    expect(await verify(page, world)).toMatchObject({ kind: 'not-found', reason: 'target-closed' });
    expect(await verify(page, { ...world, now: () => 99 * day })).toMatchObject({ kind: 'found' });
    expect(await verify(page, { ...world, site: { closeAfterDays: null } })).toMatchObject({ kind: 'found' });
    expect(await verify(page, { ...world, linkback: { verifiedAt: 5 } })).toMatchObject({ kind: 'found' });
  });

  it('files it under the pages’ own names', async () => {
    const html = `<link rel=canonical href="/real"><p>${link}</p>`;
    const outcome = await verify(answerOf(html), {
      lookAtTarget: async () => ({
        isGone: false,
        page: 'https://blog.example/real-post',
        publishedAt: null,
      }),
    });
    expect(outcome).toMatchObject({
      filing: { source: 'https://source.example/real', target: 'https://blog.example/real-post' },
    });
  });
});

describe('verifying a source that does not', () => {
  it.each([
    ['no link', '<p>words</p>', 'no-link', 'no link to the target'],
    ['a link elsewhere', '<a href="https://blog.example/other">x</a>', 'no-link', 'no link to the target'],
    [
      'the link out of reach',
      `${'<b>'.repeat(300)}${link}`,
      'no-link',
      'no link before the page became too complex',
    ],
    ['nothing at all', '', 'source-unusable', 'an empty page'],
  ])('refuses a page with %s', async (_, html, reason, detail) => {
    expect(await verify(answerOf(html))).toEqual({ kind: 'not-found', reason, finding: 'absent', detail });
  });

  it('refuses what is no text', async () => {
    expect(await verify(answerOf(null, { contentType: 'image/png' }))).toMatchObject({
      reason: 'no-link',
      finding: 'absent',
    });
  });

  it('refuses a page that went over the reader’s limits', async () => {
    expect(await verify(answerOf(link), { reader: { read: async () => 'too-complex' } })).toMatchObject({
      kind: 'not-found',
      reason: 'no-link',
    });
  });

  it.each([301, 304, 310, 400, 401, 403, 404, 418, 451])(
    'calls the source unusable on status %i',
    async (status) => {
      expect(await verify(answerOf(null, { status }))).toEqual({
        kind: 'not-found',
        reason: 'source-unusable',
        finding: 'absent',
        detail: `HTTP status ${status}`,
      });
    },
  );

  it('calls the source gone on status 410', async () => {
    expect(await verify(answerOf(null, { status: 410 }))).toMatchObject({
      reason: 'source-unusable',
      finding: 'gone',
    });
  });

  it.each([408, 429, 500, 502, 503, 504, 599, 600, 999])('comes back later on status %i', async (status) => {
    expect(await verify(answerOf(null, { status }))).toEqual({
      kind: 'setback',
      detail: `HTTP status ${status}`,
    });
    expect(await verify(answerOf(null, { status, retryAfterMs: 5000 }))).toMatchObject({
      retryAfterMs: 5000,
    });
  });

  it('comes back later after trouble', async () => {
    expect(await verify({ kind: 'trouble', detail: 'no answer within 5 s' })).toEqual({
      kind: 'setback',
      detail: 'no answer within 5 s',
    });
  });

  const later = { kind: 'later', detail: 'asked often enough', waitMs: 5000 } as const;
  const rest = { kind: 'setback', detail: 'asked often enough', restMs: 5000 };

  it('rests when the source has been asked often enough for now', async () => {
    expect(await verify(later)).toEqual(rest);
  });

  it('rests, and refuses nothing, when the page that vouches for it has been asked often enough', async () => {
    const site = { requiresVouch: true };
    expect(await verify(answerOf(`<p>${link}`), { site, checkVouch: async () => later })).toEqual(rest);
  });

  it('says of an unreachable source the same, and no sooner than a second after it began', async () => {
    const startedAt = performance.now();
    expect(await verify({ kind: 'unreachable', detail: 'the host is an IP address' })).toEqual({
      kind: 'not-found',
      reason: 'source-unusable',
      finding: 'unreachable',
      detail: 'the host is an IP address',
    });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(unreachableAfterMs - 1);
  });

  it('refuses when our own page is gone, whatever the source says', async () => {
    const lookAtTarget = async () => ({ isGone: true, page: null, publishedAt: null });
    expect(await verify(answerOf(link), { lookAtTarget })).toMatchObject({ reason: 'target-gone' });
    expect(await verify(answerOf(null, { status: 500 }), { lookAtTarget })).toMatchObject({
      reason: 'target-gone',
    });
  });

  it('refuses when the site is no longer ours', async () => {
    expect(await verify(answerOf(link), { siteOf: () => undefined })).toMatchObject({
      reason: 'target-gone',
    });
  });
});

describe('a verification that is stopped', () => {
  it('throws, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const fetchPage: VerifyOptions['fetchPage'] = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('the service stops')), { once: true });
      });
    const verifying = verify(answerOf(link), { fetchPage }, stop.signal);
    stop.abort();
    await expect(verifying).rejects.toThrow('the service stops');
  });
});

// Spec: Vouch extension to Webmention.
describe('a site that wants a vouch', () => {
  const site = { requiresVouch: true };
  const given = (holds: boolean) => ({
    checkVouch: async () => ({ url: 'https://friend.example/', holds, detail: 'so it is' }),
  });
  const webmention = { announcements: [announced('webmention')] };

  it('refuses a new webmention whose vouch does not hold', async () => {
    expect(await verify(answerOf(link), { site, linkback: webmention, ...given(false) })).toMatchObject({
      reason: 'access-denied',
    });
  });

  it.each([
    ['whose vouch holds', { linkback: webmention, ...given(true) }],
    ['without a vouch', { linkback: webmention }],
    ['that was verified before', { linkback: { ...webmention, verifiedAt: 5 }, ...given(false) }],
    [
      'that came as a pingback, too',
      { linkback: { announcements: [announced('webmention'), announced('pingback')] }, ...given(false) },
    ],
  ])('takes a webmention %s', async (_, world) => {
    expect(await verify(answerOf(link), { site, ...world })).toMatchObject({ kind: 'found' });
  });

  it('keeps the vouch with the evidence', async () => {
    expect(await verify(answerOf(link), given(false))).toMatchObject({
      kind: 'found',
      evidence: { vouch: { holds: false } },
    });
  });
});
