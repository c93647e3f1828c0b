type FeedType = { readonly path: string; readonly type: string; readonly name: string };

/** The formats of our feeds; the first is the one that people are pointed to. */
export const feedTypes: readonly [FeedType, ...FeedType[]] = [
  { path: '/feed.atom', type: 'application/atom+xml', name: 'Atom' },
  { path: '/feed.rss', type: 'application/rss+xml', name: 'RSS' },
  { path: '/feed.json', type: 'application/feed+json', name: 'JSON Feed' },
];
