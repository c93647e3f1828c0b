import type { Place, Tab } from './place.ts';
import type { Item } from './shapes.ts';

/** Whether a linkback belongs into a place's list: what the service decides by its query, told from the linkback alone. */
export function isInPlace(item: Item, { tab, filter }: Place): boolean {
  const { site, protocol, type, host, q } = filter;
  return (
    isInTab(item, tab) &&
    (site === undefined || item.site === site) &&
    (protocol === undefined || item.protocols.some((each) => each === protocol)) &&
    (type === undefined || item.type === type) &&
    (host === undefined || isWithin(item.source.host, host)) &&
    (q === undefined || wordsOf(item).includes(q.toLowerCase()))
  );
}

export function isInTab({ moderation, verification }: Item, tab: Tab): boolean {
  switch (tab) {
    case 'pending':
      return moderation === 'pending' && verification === 'verified';
    case 'gone':
      return moderation === 'approved' && verification === 'gone';
    case 'failed':
      return verification === 'refused';
    case 'all':
      return true;
    case 'approved':
    case 'spam':
    case 'rejected':
      return moderation === tab;
  }
}

function isWithin(host: string, asked: string): boolean {
  const above = asked.toLowerCase().replace(/^www\./u, '');
  return host === above || host.endsWith(`.${above}`);
}

function wordsOf({ source, target, excerpt }: Item): string {
  const { before = '', link = '', after = '' } = excerpt ?? {};
  const { name = '', url = '' } = source.author ?? {};
  return [source.url, target, source.title, name, url, before + link + after].join(' ').toLowerCase();
}
