import type { Linkback } from '../../src/linkback/linkback.ts';
import type { Rule } from '../../src/linkback/rule.ts';
import { usualThresholds, type Site } from '../../src/linkback/site.ts';
import type { Found, NotFound } from '../../src/linkback/verdict.ts';

/** A site like any other, with what a test wants otherwise. */
export function buildSite(change: Partial<Site> = {}): Site {
  return {
    slug: 'blog',
    addresses: [new URL('https://blog.example/')],
    policy: 'hold-first',
    quoting: { style: 'wordpress', window: 100, mark: '[…]' },
    blockedHosts: [],
    closedPaths: [],
    requiresVouch: false,
    isLenient: false,
    takesOwn: true,
    closeAfterDays: null,
    thresholds: usualThresholds,
    ...change,
  };
}

/** A linkback as it stands after a ping, with what a test wants otherwise. */
export function buildLinkback(change: Partial<Linkback> = {}): Linkback {
  return {
    id: 'id-1',
    site: 'blog',
    type: 'mention',
    protocol: 'pingback',
    announcements: [
      {
        dialect: 'pingback',
        source: 'https://source.example/a',
        target: 'https://blog.example/post',
        statusId: 'status-of-the-pingback',
        held: false,
        claims: null,
        vouch: null,
        senderIp: '192.0.2.1',
        firstAt: 1000,
        lastAt: 1000,
      },
    ],
    source: 'https://source.example/a',
    sourceHost: 'source.example',
    target: 'https://blog.example/post',
    fragment: null,
    verification: 'unverified',
    refusal: null,
    moderation: 'pending',
    facts: null,
    excerpt: null,
    evidence: null,
    signals: [],
    score: 0,
    receivedAt: 1000,
    checkedAt: null,
    verifiedAt: null,
    updatedAt: 1000,
    ...change,
  };
}

/** A verdict that the link was found, with what a test wants otherwise. */
export function buildFound(change: Partial<Found> = {}): Found {
  return {
    kind: 'found',
    type: 'mention',
    facts: {
      title: 'A title',
      author: { name: null, url: null, photo: null },
      publishedAt: null,
      language: null,
    },
    excerpt: { before: 'before ', link: 'link', after: ' after', cutBefore: true, cutAfter: true },
    evidence: {
      rule: 'exact',
      element: 'a',
      href: 'https://blog.example/post',
      rel: [],
      position: 10,
      inContent: true,
      linksFound: 1,
      finalUrl: 'https://source.example/a',
    },
    filing: null,
    held: ['pingback'],
    ...change,
  };
}

/** A verdict that there is no link, with what a test wants otherwise. */
export function buildNotFound(change: Partial<NotFound> = {}): NotFound {
  return {
    kind: 'not-found',
    reason: 'no-link',
    finding: 'absent',
    detail: 'no link to the target',
    ...change,
  };
}

/** A linkback that was verified once. */
export function buildVerified(change: Partial<Linkback> = {}): Linkback {
  const { facts, excerpt, evidence } = buildFound();
  const seen = {
    verification: 'verified',
    facts,
    excerpt,
    evidence,
    checkedAt: 2000,
    verifiedAt: 2000,
  } as const;
  return buildLinkback({ ...seen, ...change });
}

/** A rule that names nothing yet, with what a test wants otherwise. */
export function buildRule(change: Partial<Rule> = {}): Rule {
  const anything = { sourceHost: null, sourcePrefix: null, author: null, targetPath: null, dialect: null };
  const made = { note: '', createdBy: 'admin', createdAt: 1000 };
  return { id: 'rule-1', site: null, action: 'hold', ...anything, ...made, ...change };
}
