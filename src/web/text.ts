import { plainText } from './plain-text.ts';
import type { FoundLink } from './page-links.ts';

/** Addresses written out in plain text end before what usually closes a sentence or a bracket. */
const writtenAddress = /https?:\/\/[^\s<>"']+/giu;
const trailing: ReadonlySet<string> = new Set('.,;:!?)]}»”’');
/** More of them in a row end no sentence. */
const maxTrailing = 10;
const maxAddressLength = 8192;
const contextLength = 2000;
const maxLinks = 20;

/** Deeper JSON than this is no feed item. */
const maxJsonDepth = 64;

export type TextReading = { readonly links: readonly FoundLink[]; readonly title: string };

/**
 * Reads plain text or JSON for the addresses written in it.
 *
 * In JSON a value must be the address; in text it stands among words, and its line is its paragraph.
 *
 * Spec: Webmention 3.2.2.
 */
export function readText(text: string, isJson: boolean, isWanted: (href: URL) => boolean): TextReading {
  return isJson ? readJson(text, isWanted) : { links: writtenLinks(text, isWanted), title: '' };
}

function writtenLinks(text: string, isWanted: (href: URL) => boolean): FoundLink[] {
  const links: FoundLink[] = [];
  for (const match of text.matchAll(writtenAddress)) {
    const href = wantedSpelling(match[0], isWanted);
    if (href === undefined) continue;
    const { spelling, url } = href;
    const end = match.index + spelling.length;
    const lineStart = text.lastIndexOf('\n', match.index) + 1;
    const lineEnd = text.indexOf('\n', end);
    links.push({
      ...found('text', url, match.index),
      before: plainText(text.slice(Math.max(lineStart, match.index - contextLength), match.index)),
      text: shown(spelling),
      after: plainText(
        text.slice(end, Math.min(lineEnd === -1 ? text.length : lineEnd, end + contextLength)),
      ),
    });
    if (links.length === maxLinks) break;
  }
  return links;
}

/** An address may hold what the URL parser passes over, and nobody is to see. */
const shown = (address: string): string => plainText(address.slice(0, contextLength)).trim();

/** As written, else without the marks or, where no blanks are written, the words that may belong to the sentence. */
function wantedSpelling(written: string, isWanted: (href: URL) => boolean) {
  if (written.length > maxAddressLength) return undefined;
  const bare = written.replace(/\P{ASCII}.*$/su, '');
  for (const start of new Set([written, bare])) {
    for (const spelling of withoutTrailing(start)) {
      const url = URL.parse(spelling);
      if (url !== null && isWanted(url)) return { spelling, url };
    }
  }
  return undefined;
}

/** An address, then less and less of the marks at its end: which of them are its own is not written. */
function* withoutTrailing(written: string): Generator<string> {
  yield written;
  for (let end = written.length - 1; end >= written.length - maxTrailing; end -= 1) {
    if (!trailing.has(written.charAt(end))) return;
    yield written.slice(0, end);
  }
}

function readJson(text: string, isWanted: (href: URL) => boolean): TextReading {
  const links: FoundLink[] = [];
  let title = '';
  const walk = (value: unknown, key: string, depth: number): void => {
    if (typeof value === 'string') {
      if ((key === 'name' || key === 'title') && title === '') title = value.slice(0, contextLength);
      const mayBeAddress = links.length < maxLinks && value.length <= maxAddressLength;
      const url = mayBeAddress ? URL.parse(value) : null;
      if (url !== null && isWanted(url))
        links.push({ ...found('json', url, 0), before: '', text: shown(value), after: '' });
    } else if (typeof value === 'object' && value !== null && depth < maxJsonDepth) {
      for (const [name, each] of Object.entries(value))
        walk(each, Array.isArray(value) ? key : name, depth + 1);
    }
  };
  try {
    walk(JSON.parse(text), '', 0);
  } catch {
    // Not JSON after all, or cut off: it has no values to look at.
  }
  return { links, title };
}

function found(
  element: string,
  url: URL,
  position: number,
): Pick<FoundLink, 'element' | 'href' | 'rel' | 'position' | 'inContent' | 'isHidden'> {
  return { element, href: url.href, rel: [], position, inContent: true, isHidden: false };
}
