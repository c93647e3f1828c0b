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
