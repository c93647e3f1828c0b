import type { Linkback } from '../linkback/linkback.ts';
import type { DigestPeriod } from './digest-settings.ts';
import type { Mail } from './mail.ts';

/** Some of many linkbacks, and how many there are; `isAll` is false when they were not counted to the end. */
export type Listed = {
  readonly items: readonly DigestItem[];
  readonly count: number;
  readonly isAll: boolean;
};

/** A linkback, and what there is to say of it besides. */
export type DigestItem = { readonly linkback: Linkback; readonly remark?: string };

/** What an owner is told by e-mail. */
export type DigestNews = {
  readonly waiting: Listed;
  /** Approved, and filed as spam, by the site's policy, its rules and the signals. */
  readonly approved: Listed;
  readonly spam: Listed;
  readonly failed: Listed;
};

export type DigestFrame = { readonly baseUrl: string; readonly every: DigestPeriod };

/** One list of a digest; its link opens the page there, and does nothing else. */
type Part = { readonly heading: string; readonly link: string; readonly listed: Listed };

/** Writes a digest, as text and as HTML that says the same: addresses of others are no links in it. */
export function composeDigest(news: DigestNews, { baseUrl, every }: DigestFrame): Mail {
  const page = `${baseUrl}/moderate`;
  const subject = `${many(news.waiting)} for your decision`;
  const parts = [
    { heading: subject, link: page, listed: news.waiting },
    { heading: 'Approved by your policy and rules', link: `${page}?tab=approved`, listed: news.approved },
    { heading: 'Filed as spam by your rules and its signals', link: `${page}?tab=spam`, listed: news.spam },
    { heading: 'Could not be verified', link: `${page}?tab=failed`, listed: news.failed },
  ].filter(({ listed }) => listed.count > 0);
  const ending = `It comes ${every}, when something waits. The setting DIGEST=off ends it.`;
  return {
    subject,
    text: [...parts.map((part) => textOf(part, page)), `-- \n${ending}\n`].join('\n\n'),
    html: `<!doctype html><meta charset="utf-8">${parts.map((part) => htmlOf(part, page)).join('')}<hr><p>${escapeHtml(ending)}</p>`,
  };
}

function many({ count, isAll }: Listed): string {
  if (!isAll) return `More than ${count} linkbacks wait`;
  return count === 1 ? '1 linkback waits' : `${count} linkbacks wait`;
}

function textOf({ heading, link, listed }: Part, page: string): string {
  const items = listed.items.map((item) => {
    const lines = [...linesOf(item), linkTo(item, page)];
    return lines.map((line) => `  ${line}`).join('\n');
  });
  return [`${heading}\n${link}`, ...items, ...moreOf(listed)].join('\n\n');
}

function htmlOf({ heading, link, listed }: Part, page: string): string {
  const items = listed.items.map((item) => {
    const [title = '', ...lines] = linesOf(item).map(escapeHtml);
    return `<li><a href="${escapeHtml(linkTo(item, page))}">${title}</a><br>${lines.join('<br>')}</li>`;
  });
  const more = moreOf(listed).map((sentence) => `<p>${escapeHtml(sentence)}</p>`);
  return `<h2><a href="${escapeHtml(link)}">${escapeHtml(heading)}</a></h2><ul>${items.join('')}</ul>${more.join('')}`;
}

function linkTo({ linkback }: DigestItem, page: string): string {
  return `${page}?id=${encodeURIComponent(linkback.id)}`;
}

function linesOf({ linkback, remark }: DigestItem): string[] {
  const { source, sourceHost, target, facts, excerpt } = linkback;
  const author = facts?.author.name ?? sourceHost;
  const said = excerpt === null ? '' : `${excerpt.before}${excerpt.link}${excerpt.after}`.trim();
  return [
    `${facts?.title || source} (${author})`,
    `from ${source}`,
    `to ${target}`,
    ...(said === '' ? [] : [`“${said}”`]),
    ...(remark === undefined ? [] : [remark]),
  ];
}

function moreOf({ items, count, isAll }: Listed): string[] {
  const left = count - items.length;
  if (left === 0 && isAll) return [];
  return [isAll ? `And ${left} more.` : `And more than ${left} more.`];
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}
