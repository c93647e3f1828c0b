import type { Author, Dialect, Excerpt, Linkback, LinkbackType, Rsvp } from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import type { Mention, MentionCount } from '../linkback/ports.ts';
import { isDescending, listOf, readPaging, typesAsked, type MentionAsked } from './mention-query.ts';

/**
 * Gives sample data for whoever writes a reader: one mention of every shape a feed can have.
 *
 * They are shaped like the real ones, by the same code; every host is an `.example`.
 */
export function exampleMentions(asked: MentionAsked): {
  readonly items: readonly Mention[];
  readonly total: number;
} {
  const types = typesAsked(asked);
  const all = samples.filter(({ type }) => types === undefined || types.includes(type));
  const target = targetOf(asked);
  const mentions = all.map((sample) => toMention(sample, target));
  const { perPage, page } = readPaging(asked);
  const sorted = isDescending(asked) ? mentions.toReversed() : mentions;
  return { items: sorted.slice(page * perPage, (page + 1) * perPage), total: all.length };
}

export function exampleCounts(asked: MentionAsked): MentionCount[] {
  const { items } = exampleMentions({ ...asked, perPage: String(samples.length), page: '0' });
  const counts = new Map<string, MentionCount>();
  for (const { linkback } of items) {
    const { type } = linkback;
    const rsvp = linkback.facts?.rsvp ?? null;
    const key = `${type} ${rsvp ?? ''}`;
    counts.set(key, { type, rsvp, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

type Sample = {
  readonly type: LinkbackType;
  readonly host: string;
  readonly protocol?: Dialect;
  readonly title?: string;
  readonly author?: Author;
  readonly words?: readonly [before: string, link: string, after: string];
  readonly isCut?: boolean;
  readonly rsvp?: Rsvp;
  readonly isUndated?: boolean;
  readonly fragment?: string;
};

function person(name: string, host: string): Author {
  return { name, url: `https://${host}/`, photo: `https://${host}/portrait.jpg` };
}

const samples: readonly Sample[] = [
  {
    type: 'reply',
    host: 'heron.example',
    title: 'Re: your post',
    author: person('Quiet Heron', 'heron.example'),
    words: ['I tried what ', 'you describe', ', and it holds.'],
  },
  { type: 'like', host: 'otter.example', title: 'A like', author: person('Amber Otter', 'otter.example') },
  { type: 'repost', host: 'badger.example', title: 'A repost', author: person('Badger', 'badger.example') },
  {
    type: 'bookmark',
    host: 'finch.example',
    title: 'Worth keeping',
    author: person('Finch 🌱', 'finch.example'),
    words: ['For the weekend: ', 'a post', '.'],
  },
  {
    type: 'mention',
    host: 'lynx.example',
    title: 'Notes of the week',
    author: person('Lynx', 'lynx.example'),
    words: ['so much so that ', 'this post', ' made me think again, & again: 1 < 2'],
    isCut: true,
  },
  {
    type: 'mention',
    host: 'old-blog.example',
    protocol: 'pingback',
    title: 'A pingback, of a page that says nothing of its author',
    words: ['as I read ', 'elsewhere', ' the other day'],
    isCut: true,
    isUndated: true,
  },
  {
    type: 'mention',
    host: 'older-blog.example',
    protocol: 'trackback',
    title: 'A trackback',
    author: { name: 'Only a name', url: null, photo: null },
    words: ['see also ', 'there', ' for more'],
    isUndated: true,
  },
  {
    type: 'mention',
    host: 'writing.example',
    title: '日本語のテキスト, טקסט בעברית, Ελληνικά',
    author: { name: null, url: 'https://writing.example/', photo: null },
    words: ['日本語の', 'テキスト', '、そして「引用」'],
    fragment: 'part-2',
  },
  { type: 'mention', host: 'bare.example', isUndated: true },
  ...(['yes', 'no', 'maybe', 'interested'] as const).map((rsvp) => ({
    type: 'rsvp' as const,
    host: `${rsvp}.example`,
    title: `RSVP: ${rsvp}`,
    author: person(`Guest who says ${rsvp}`, `${rsvp}.example`),
    rsvp,
  })),
];

const firstSerial = 1001;
const firstAt = Date.UTC(2026, 2, 2, 17, 45, 10);
const hour = 3_600_000;

function targetOf(asked: MentionAsked): string {
  const named = parsePageUrl(listOf(asked, 'target')[0] ?? '');
  return named?.href ?? 'https://blog.example/post';
}

function toMention(sample: Sample, target: string): Mention {
  const at = samples.indexOf(sample);
  const publicAt = firstAt + at * hour;
  return { serial: firstSerial + at, publicAt, linkback: toLinkback(sample, target, publicAt) };
}

function toLinkback(sample: Sample, target: string, at: number): Linkback {
  const { type, host, protocol = 'webmention', rsvp } = sample;
  return {
    id: host,
    site: 'example',
    type,
    protocol,
    announcements: [],
    source: `https://${host}/2026/03/entry`,
    sourceHost: host,
    target,
    fragment: sample.fragment ?? null,
    verification: 'verified',
    refusal: null,
    moderation: 'approved',
    facts: {
      title: sample.title ?? '',
      author: sample.author ?? { name: null, url: null, photo: null },
      publishedAt: sample.isUndated === true ? null : at - hour,
      language: null,
      ...(rsvp === undefined ? {} : { rsvp }),
    },
    excerpt: excerptOf(sample),
    evidence: null,
    signals: [],
    score: 0,
    receivedAt: at,
    checkedAt: at,
    verifiedAt: at,
    updatedAt: at,
  };
}

function excerptOf({ words: [before, link, after] = ['', '', ''], isCut = false }: Sample): Excerpt {
  return { before, link, after, cutBefore: isCut, cutAfter: isCut };
}
