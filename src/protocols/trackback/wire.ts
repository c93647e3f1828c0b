import type { Claims } from '../../linkback/claims.ts';
import { charsetParameter } from '../../web/charset.ts';
import { readClaims } from '../../web/claims.ts';
import { decodeField, readForm } from '../../web/form.ts';
import { sayableInXml } from '../xml-text.ts';

/** Longest request body, in bytes. */
export const maxRequestBytes: number = 32 * 1024;

export type TrackbackRequest = { readonly url: string; readonly claims: Claims };

const type = /^application\/x-www-form-urlencoded\s*(?:;|$)/iu;

/**
 * Reads a TrackBack ping: a form with one `url`, and perhaps `title`, `excerpt` and `blog_name`; undefined when it is
 * none.
 *
 * The charset is the `charset` field's, else the header's, else UTF-8 when the bytes are, else a guess that the source
 * page may correct. Texts are sent as HTML by most software, and become plain text here.
 *
 * Spec: TrackBack 1.2, "sending a TrackBack ping".
 */
export function readRequest(body: Uint8Array, contentType: string): TrackbackRequest | undefined {
  if (!type.test(contentType)) return undefined;
  const form = readForm(body);
  const known = ['url', 'title', 'excerpt', 'blog_name', 'charset'];
  if (known.some((name) => (form.get(name)?.length ?? 0) > 1)) return undefined;
  const bytes = (name: string): Uint8Array<ArrayBuffer> => form.get(name)?.[0] ?? new Uint8Array();
  const label = (name: string): string | undefined =>
    new TextDecoder('latin1').decode(bytes(name)) || undefined;
  const labels = [label('charset'), charsetParameter(contentType)];
  const url = decodeField(bytes('url'), labels).text.trim();
  if (url === '') return undefined;
  const texts = { title: bytes('title'), excerpt: bytes('excerpt'), blogName: bytes('blog_name') };
  return { url, claims: readClaims(texts, labels) };
}

/** The one answer of the protocol, in the form that all senders read. */
export function formatAnswer(message: string | undefined): string {
  const error =
    message === undefined ? '<error>0</error>' : `<error>1</error>\n<message>${escaped(message)}</message>`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<response>\n${error}\n</response>\n`;
}

/** A ping as it is listed for `__mode=rss`. */
export type ListedPing = { readonly url: string; readonly title: string; readonly excerpt: string };

/** Spec: TrackBack 1.1, "retrieving TrackBack pings": RSS 0.91 within the response element. */
export function formatList(target: string, pings: readonly ListedPing[]): string {
  const items = pings.map(
    ({ url, title, excerpt }) =>
      `<item>\n<title>${escaped(title)}</title>\n<link>${escaped(url)}</link>\n<description>${escaped(excerpt)}</description>\n</item>\n`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<response>
<error>0</error>
<rss version="0.91"><channel>
<title>Linkbacks</title>
<link>${escaped(target)}</link>
<description>Pages that link to ${escaped(target)}</description>
<language>en</language>
${items.join('')}</channel></rss>
</response>
`;
}

function escaped(text: string): string {
  return sayableInXml(text).replace(/&/gu, '&amp;').replace(/</gu, '&lt;').replace(/>/gu, '&gt;');
}
