import { setTimeout as wait } from 'node:timers/promises';
import type { Linkback, PageFacts, Vouch } from '../linkback/linkback.ts';
import { ownName, refiling } from '../linkback/filing.ts';
import type { Site } from '../linkback/site.ts';
import type { Found, NotFound, Outcome, Setback } from '../linkback/verdict.ts';
import type { Fetched, FetchPage, Later } from '../web/fetch.ts';
import type { PageReading, Reader } from '../web/reader.ts';
import type { AskOpinion } from './akismet.ts';
import { fillFromClaims } from './claims.ts';
import { cutExcerpt } from './excerpt.ts';
import { chooseLink, type Asked } from './link.ts';
import type { LookAtTarget } from './target.ts';
import type { CheckVouch } from './vouch.ts';

/**
 * A source that cannot be reached is never told sooner than this, in milliseconds: how fast a refused address, an
 * unknown host and a failed connection answer would tell them apart.
 */
export const unreachableAfterMs = 1000;

export type VerifyOptions = {
  readonly siteOf: (slug: string) => Site | undefined;
  readonly lookAtTarget: LookAtTarget;
  readonly checkVouch: CheckVouch;
  readonly fetchPage: FetchPage;
  readonly reader: Pick<Reader, 'read'>;
  /** What others think of a new one. */
  readonly askOpinion: AskOpinion;
  readonly now: () => number;
};

export type Verify = (linkback: Linkback, signal: AbortSignal) => Promise<Outcome>;

/**
 * Makes the conductor of a verification: ask for the target, look at the source, quote.
 *
 * Refuses: `target-gone`, `target-closed` for a page that is too old to take any more, `source-unusable`, `no-link`; 5xx, 429, timeouts and TLS failures are setbacks.
 * Throws:  when `signal` fires; otherwise only defects.
 */
export function makeVerify(options: VerifyOptions): Verify {
  return async (linkback, signal) => {
    const site = options.siteOf(linkback.site);
    if (site === undefined)
      return notFound('target-gone', 'absent', `there is no site ${linkback.site} any more`);
    const source = new URL(linkback.source);
    const target = new URL(linkback.target);
    const earliest = performance.now() + unreachableAfterMs;
    const [ours, fetched] = await Promise.all([
      options.lookAtTarget(site, target, signal),
      options.fetchPage(source, signal),
    ]);
    if (ours.isGone) return notFound('target-gone', 'absent', 'our own page answers 404 or 410');
    if (linkback.verifiedAt === null && isClosedByAge(site, ours.publishedAt, options.now()))
      return notFound('target-closed', 'gone', 'our own page is older than the site takes linkbacks for');
    if (fetched.kind === 'unreachable') {
      await wait(Math.max(0, earliest - performance.now()), undefined, { signal, ref: false });
      return notFound('source-unusable', 'unreachable', fetched.detail);
    }
    const page = usablePage(fetched);
    if ('kind' in page) return page;
    const reading = await options.reader.read({
      ...page.body,
      contentType: page.contentType,
      url: page.url.href,
      target: target.href,
      otherTargets: linkback.announcements.map((each) => each.target),
      exactTargets: linkback.announcements
        .filter((each) => each.dialect === 'webmention')
        .map((each) => each.target),
      addresses: site.addresses.map((address) => address.href),
    });
    const found = judge(linkback, site, reading, page.url);
    if (found.kind !== 'found' || reading === 'too-complex') return found;
    const names = {
      source: ownName(source, { url: page.url, canonical: reading.canonical }),
      target: ours.page === null ? target : new URL(ours.page),
    };
    const vouch = await options.checkVouch(site, linkback, signal);
    if (vouch !== null && 'kind' in vouch) return notYet(vouch);
    if (isUnvouched(site, linkback, vouch))
      return notFound('access-denied', 'gone', `vouch: ${vouch?.detail ?? ''}`);
    const evidence = vouch === null ? found.evidence : { ...found.evidence, vouch };
    const isNew = linkback.verifiedAt === null;
    const opinions = isNew ? await options.askOpinion(site, linkback, found, signal) : [];
    return { ...found, evidence, opinions, filing: refiling(site, { source, target }, names) };
  };
}

const dayMs = 86_400_000;

/** A page that does not say when it was published stays open. */
function isClosedByAge({ closeAfterDays }: Site, publishedAt: number | null, now: number): boolean {
  return closeAfterDays !== null && publishedAt !== null && now - publishedAt > closeAfterDays * dayMs;
}

/** A site may want a vouch; one that was given to it and does not hold is a no, as long as only a webmention came. */
function isUnvouched(site: Site, linkback: Linkback, vouch: Vouch | null): boolean {
  const isNew = linkback.verifiedAt === null;
  const isWebmention = linkback.announcements.every((each) => each.dialect === 'webmention');
  return site.requiresVouch && isNew && isWebmention && vouch !== null && !vouch.holds;
}

type UsablePage = {
  readonly body: NonNullable<Extract<Fetched, { kind: 'answer' }>['body']>;
  readonly contentType: string;
  readonly url: URL;
};

function usablePage(fetched: Exclude<Fetched, { kind: 'unreachable' }>): UsablePage | Outcome {
  if (fetched.kind === 'trouble') return { kind: 'setback', detail: fetched.detail };
  if (fetched.kind === 'later') return notYet(fetched);
  const { status, body, contentType, url, retryAfterMs } = fetched;
  const detail = `HTTP status ${status}`;
  if (status >= 500 || status === 429 || status === 408) {
    return { kind: 'setback', detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if (status === 410) return notFound('source-unusable', 'gone', detail);
  if (status < 200 || status >= 300) return notFound('source-unusable', 'absent', detail);
  if (body === null) return notFound('no-link', 'absent', `not a text: ${contentType}`);
  if (body.bytes.length === 0) return notFound('source-unusable', 'absent', 'an empty page');
  return { body, contentType, url };
}

/** What we may not ask now says nothing of the linkback, and is asked when we may. */
function notYet({ detail, waitMs }: Later): Setback {
  return { kind: 'setback', detail, restMs: waitMs };
}

function judge(
  linkback: Linkback,
  site: Site,
  reading: PageReading | 'too-complex',
  url: URL,
): Found | NotFound {
  if (reading === 'too-complex')
    return notFound('no-link', 'absent', 'reading the page went over its limits');
  const chosen = chooseLink(reading.links, askedOf(linkback), site.isLenient);
  if (chosen === undefined) {
    const why = reading.isTooComplex ? 'no link before the page became too complex' : 'no link to the target';
    return notFound('no-link', 'absent', why);
  }
  const { link, rule, held } = chosen;
  const excerpt = cutExcerpt({ before: link.before, link: link.text, after: link.after }, site.quoting);
  const claims = linkback.announcements.find((each) => each.claims !== null)?.claims ?? null;
  return {
    kind: 'found',
    type: reading.microformats?.type ?? 'mention',
    ...fillFromClaims({ facts: withMicroformats(reading), excerpt }, claims, reading),
    evidence: {
      rule,
      element: link.element,
      href: link.href,
      rel: link.rel,
      position: link.position,
      inContent: link.inContent,
      linksFound: reading.links.length,
      isHidden: link.isHidden,
      outboundLinks: reading.outboundLinks,
      finalUrl: url.href,
    },
    filing: null,
    held,
  };
}

/**
 * What to look for: every announcement, and the address that was announced and found to the letter before. Anybody may
 * announce a link in a spelling that the page does not have, and must not take it away by that.
 */
function askedOf({ announcements, evidence }: Linkback): readonly Asked[] {
  if (evidence?.rule !== 'exact') return announcements;
  const held = announcements.filter((each) => each.held);
  return [...announcements, ...held.map(({ dialect }) => ({ dialect, target: evidence.href }))];
}

/** Microformats are about the very entry; where they are silent, the page's head speaks. */
function withMicroformats({ facts, microformats }: PageReading): PageFacts {
  if (microformats === undefined) return facts;
  const { author, publishedAt, rsvp } = microformats;
  const isNamed = author.name !== null || author.url !== null;
  return {
    ...facts,
    author: isNamed ? author : facts.author,
    publishedAt: publishedAt ?? facts.publishedAt,
    ...(rsvp === undefined ? {} : { rsvp }),
  };
}

function notFound(reason: NotFound['reason'], finding: NotFound['finding'], detail: string): NotFound {
  return { kind: 'not-found', reason, finding, detail };
}
