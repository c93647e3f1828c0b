import { Type, type TSchema } from 'typebox';
import type { FeedFormat } from './feed-text.ts';

type FeedType = {
  readonly format: FeedFormat;
  readonly path: string;
  readonly type: string;
  readonly name: string;
  readonly operationId: string;
};

/** Our feeds; the first is the one that people are pointed to. */
export const feedTypes: readonly [FeedType, ...FeedType[]] = [
  {
    format: 'atom',
    path: '/feed.atom',
    type: 'application/atom+xml',
    name: 'Atom',
    operationId: 'getAtomFeed',
  },
  { format: 'rss', path: '/feed.rss', type: 'application/rss+xml', name: 'RSS', operationId: 'getRssFeed' },
  {
    format: 'json',
    path: '/feed.json',
    type: 'application/feed+json',
    name: 'JSON Feed',
    operationId: 'getJsonFeed',
  },
];

const Address = Type.String({ format: 'uri' });
const Instant = Type.String({ format: 'date-time' });

/** What of JSON Feed 1 is in ours. */
export const JsonFeedSchema: TSchema = Type.Object({
  version: Type.Literal('https://jsonfeed.org/version/1'),
  title: Type.String(),
  description: Type.String(),
  home_page_url: Address,
  feed_url: Address,
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      url: Type.Optional(Address),
      title: Type.Optional(Type.String()),
      content_html: Type.String(),
      date_published: Instant,
      date_modified: Instant,
      author: Type.Object({ name: Type.Optional(Type.String()), url: Type.Optional(Address) }),
    }),
  ),
});
