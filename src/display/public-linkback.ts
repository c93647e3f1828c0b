import {
  heldProtocols,
  type Dialect,
  type Excerpt,
  type Linkback,
  type LinkbackType,
} from '../linkback/linkback.ts';

/** A linkback as everybody may read it. Times are ISO 8601 in UTC; texts are plain, not HTML. */
export type PublicLinkback = {
  readonly id: string;
  readonly site: string;
  readonly type: LinkbackType;
  readonly protocol: Dialect;
  readonly protocols: readonly Dialect[];
  readonly source: {
    readonly url: string;
    readonly title: string | null;
    readonly author: {
      readonly name: string | null;
      readonly url: string | null;
      readonly photo: string | null;
    };
    readonly published: string | null;
    readonly language: string | null;
  };
  readonly target: string;
  readonly fragment: string | null;
  readonly excerpt: { readonly before: string; readonly link: string; readonly after: string } | null;
  readonly display: string | null;
  readonly receivedAt: string;
  readonly verifiedAt: string | null;
  readonly updatedAt: string;
};

/** The quotation as one line, with the site's mark where text was cut. */
export function displayLine(excerpt: Excerpt, mark: string): string {
  const { before, link, after, cutBefore, cutAfter } = excerpt;
  return `${cutBefore ? `${mark} ` : ''}${before}${link}${after}${cutAfter ? ` ${mark}` : ''}`;
}

export function toPublic(linkback: Linkback, mark: string): PublicLinkback {
  const { facts, excerpt } = linkback;
  const held = heldProtocols(linkback);
  return {
    id: linkback.id,
    site: linkback.site,
    type: linkback.type,
    // The dialect that announced it first may have asked for more than the page holds.
    protocol:
      held.length === 0 || held.includes(linkback.protocol)
        ? linkback.protocol
        : (held[0] ?? linkback.protocol),
    protocols: held,
    source: {
      url: linkback.source,
      title: facts?.title ?? null,
      author: facts?.author ?? { name: null, url: null, photo: null },
      published: isoOrNull(facts?.publishedAt ?? null),
      language: facts?.language ?? null,
    },
    target: linkback.target,
    fragment: linkback.fragment,
    excerpt: excerpt === null ? null : { before: excerpt.before, link: excerpt.link, after: excerpt.after },
    display: excerpt === null ? null : displayLine(excerpt, mark),
    receivedAt: iso(linkback.receivedAt),
    verifiedAt: isoOrNull(linkback.verifiedAt),
    updatedAt: iso(linkback.updatedAt),
  };
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
