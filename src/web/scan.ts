import { Parser } from 'htmlparser2';
import {
  blocks,
  breaks,
  headOnly,
  linkAttributes,
  opaque,
  surroundingRoles,
  surroundings,
} from './elements.ts';
import { plainText } from './plain-text.ts';

/** More open elements than this are an attack: parsing gets slower with each. */
export const maxDepth = 256;
/** Tags and attributes together; real pages have a tenth. */
export const maxNodes = 50_000;
/** Links to the target that are told apart; a page of nothing else needs no more. */
export const maxLinks = 20;
/** Text kept on each side of a link, in UTF-16 units: more than any excerpt window. */
const contextLength = 2000;
const pieceLength = 16 * 1024;

/** A link to the page that is asked for, with the words around it in its paragraph. */
export type FoundLink = {
  readonly element: string;
  /** Absolute, with its fragment. */
  readonly href: string;
  readonly rel: readonly string[];
  readonly position: number;
  readonly inContent: boolean;
  readonly before: string;
  readonly text: string;
  readonly after: string;
};

/** What one pass over a page tells. Texts are decoded, and plain but for their length. */
export type Scan = {
  readonly links: readonly FoundLink[];
  readonly title: string;
  readonly heading: string;
  readonly language: string;
  readonly relAuthor: { readonly name: string; readonly href: string } | null;
  readonly published: string;
  /** The source text of the head, for facts that are worth a tree. */
  readonly head: string;
  /** Why reading stopped before the end; null when it did not. */
  readonly stopped: 'enough' | 'too-complex' | null;
};

export type ScanOptions = {
  readonly url: URL;
  /** Whether an address is the page that is looked for. */
  readonly isWanted: (href: URL) => boolean;
  /** Whether a link that was found settles the question, so that reading may stop. */
  readonly isEnough: (link: FoundLink) => boolean;
};

/**
 * Reads a page in one pass, without building a tree, for the links to one address and the words around them.
 *
 * Limits: {@link maxDepth} open elements, {@link maxNodes} tags and attributes; beyond either it stops and keeps what
 *         it has. Time and memory grow with the page's length and no faster.
 * Spec:   the HTML parsing rules with scripting off, as far as links and text are concerned.
 */
export function scanHtml(html: string, options: ScanOptions): Scan {
  const reading = new PageReading(options, html);
  const parser = new Parser(reading, { decodeEntities: true });
  reading.parser = parser;
  for (let at = 0; at < html.length && reading.stopped === null; at += pieceLength) {
    parser.write(html.slice(at, at + pieceLength));
  }
  if (reading.stopped === null) parser.end();
  return reading.result();
}

type OpenElement = { readonly name: string; readonly isBlock: boolean; readonly isSurrounding: boolean };

type OpenLink = {
  readonly element: string;
  readonly href: string;
  readonly rel: readonly string[];
  readonly position: number;
  readonly inContent: boolean;
  /** How many blocks were open around it: when fewer are, its paragraph has ended. */
  readonly depth: number;
  readonly before: string;
  readonly start: number;
  /** Where the link's own text ends; undefined while it is open. */
  end: number | undefined;
  /** What images within say, for a link without text. */
  alt: string;
};

/** The pass itself; owns the parser's state, hence a class. */
class PageReading {
  parser: Parser | undefined;
  stopped: Scan['stopped'] = null;

  private readonly options: ScanOptions;
  private readonly html: string;
  private base: URL;
  private hasBase = false;
  private nodes = 0;

  /** The page's text so far, white space folded; a paragraph is a range of it. */
  private text = '';
  private endsInSpace = true;
  private readonly blockStarts: number[] = [0];
  private readonly open: OpenElement[] = [];
  private surroundingsOpen = 0;
  private foreign = 0;
  private skipped: { name: string; depth: number } | undefined;

  private readonly links: FoundLink[] = [];
  private readonly openLinks: OpenLink[] = [];
  private capture: { kind: 'title' | 'heading' | 'author'; text: string } | undefined;
  private title: string | undefined;
  private heading = '';
  private language = '';
  private relAuthor: { name: string; href: string } | null = null;
  private published = '';
  private headEnd: number | undefined;

  constructor(options: ScanOptions, html: string) {
    this.options = options;
    this.html = html;
    this.base = options.url;
  }

  onattribute(): void {
    this.count();
  }

  onopentag(name: string, attributes: Readonly<Record<string, string>>): void {
    this.count();
    if (this.skipped !== undefined) {
      if (this.skipped.name === name) this.skipped.depth += 1;
      return;
    }
    if (!headOnly.has(name)) this.headEnd ??= this.parser?.startIndex ?? 0;
    this.openElement(name, attributes);
    this.noteFacts(name, attributes);
    if (Object.hasOwn(linkAttributes, name)) this.noteLink(name, attributes);
    if (opaque.has(name)) this.skipped = { name, depth: 1 };
  }

  ontext(text: string): void {
    if (this.capture !== undefined) this.capture.text += text;
    if (this.skipped === undefined) this.addText(text);
  }

  onclosetag(name: string): void {
    if (this.skipped !== undefined) {
      if (this.skipped.name !== name) return;
      this.skipped.depth -= 1;
      if (this.skipped.depth > 0) return;
      this.skipped = undefined;
    }
    if (name === 'head') this.headEnd ??= this.parser?.startIndex ?? 0;
    this.endCapture(name);
    this.closeElement(name);
  }

  result(): Scan {
    for (const link of this.openLinks.splice(0)) this.finishLink(link);
    this.keepCapture();
    return {
      links: this.links.sort((one, other) => one.position - other.position),
      title: this.title ?? '',
      heading: this.heading,
      language: this.language,
      relAuthor: this.relAuthor,
      published: this.published,
      head: this.html.slice(0, Math.min(this.headEnd ?? this.html.length, maxHeadLength)),
      stopped: this.stopped,
    };
  }

  private count(): void {
    this.nodes += 1;
    if (this.nodes > maxNodes) this.stop('too-complex');
  }

  private stop(why: 'enough' | 'too-complex'): void {
    this.stopped ??= why;
    this.parser?.pause();
  }

  private openElement(name: string, attributes: Readonly<Record<string, string>>): void {
    if (breaks.has(name)) this.addText(' ');
    const isBlock = blocks.has(name);
    const isSurrounding = surroundings.has(name) || surroundingRoles.has(attributes['role'] ?? '');
    if (name === 'a') this.closeLinks();
    if (isBlock) this.openBlock();
    if (isSurrounding) this.surroundingsOpen += 1;
    if (name === 'svg' || name === 'math') this.foreign += 1;
    this.open.push({ name, isBlock, isSurrounding });
    if (this.open.length > maxDepth) this.stop('too-complex');
  }

  private closeElement(name: string): void {
    if (name === 'a') this.closeLinks();
    const at = this.open.findLastIndex((each) => each.name === name);
    if (at === -1) return;
    for (const element of this.open.splice(at).reverse()) {
      if (element.isBlock) this.closeBlock();
      if (element.isSurrounding) this.surroundingsOpen -= 1;
      if (element.name === 'svg' || element.name === 'math') this.foreign -= 1;
    }
  }

  private openBlock(): void {
    this.addText(' ');
    this.blockStarts.push(this.text.length);
  }

  private closeBlock(): void {
    this.addText(' ');
    this.blockStarts.pop();
    for (const link of [...this.openLinks]) if (link.depth > this.blockStarts.length) this.finishLink(link);
  }

  private addText(raw: string): void {
    const folded = raw.replace(/\s+/gu, ' ');
    const text = this.endsInSpace && folded.startsWith(' ') ? folded.slice(1) : folded;
    if (text === '') return;
    this.text += text;
    this.endsInSpace = text.endsWith(' ');
    for (const link of [...this.openLinks]) {
      if (this.text.length - (link.end ?? link.start) > contextLength) this.finishLink(link);
    }
  }

  private noteFacts(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'html') this.language ||= attributes['lang'] ?? attributes['xml:lang'] ?? '';
    if (name === 'base' && !this.hasBase && attributes['href'] !== undefined) {
      this.hasBase = true;
      this.base = URL.parse(attributes['href'], this.options.url.href) ?? this.base;
    }
    if (name === 'title' && this.title === undefined && this.foreign === 0)
      this.capture = { kind: 'title', text: '' };
    if (name === 'h1' && this.heading === '') this.capture ??= { kind: 'heading', text: '' };
    if (name === 'time' && this.published === '' && isPublishedTime(attributes)) {
      this.published = attributes['datetime'] ?? '';
    }
  }

  private noteLink(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'img') this.noteAlt(attributes['alt'] ?? '');
    const attribute = linkAttributes[name]?.find((each) => attributes[each] !== undefined);
    const address = attribute === undefined ? undefined : attributes[attribute];
    const isTooLong = address === undefined || address.length > maxAddressLength;
    const href = isTooLong ? null : URL.parse(address, this.base.href);
    if (href === null || !/^https?:$/u.test(href.protocol)) return;
    const rel = (attributes['rel'] ?? '')
      .toLowerCase()
      .split(/\s+/u)
      .filter((each) => each !== '');
    if (name === 'a' && rel.includes('author') && this.relAuthor === null) {
      this.relAuthor = { name: '', href: href.href };
      this.capture ??= { kind: 'author', text: '' };
    }
    if (this.links.length + this.openLinks.length < maxLinks && this.options.isWanted(href)) {
      this.openLink(name, href, rel, attributes['alt'] ?? '');
    }
  }

  private noteAlt(alt: string): void {
    for (const link of this.openLinks)
      if (link.end === undefined) link.alt += ` ${alt.slice(0, contextLength)}`;
  }

  private openLink(element: string, href: URL, rel: readonly string[], alt: string): void {
    const start = this.text.length;
    const paragraph = this.blockStarts.at(-1) ?? 0;
    this.openLinks.push({
      element,
      href: href.href,
      rel,
      position: this.parser?.startIndex ?? 0,
      inContent: this.surroundingsOpen === 0,
      depth: this.blockStarts.length,
      before: this.text.slice(Math.max(paragraph, start - contextLength), start),
      start,
      end: element === 'a' ? undefined : start,
      alt: element === 'a' ? '' : alt,
    });
  }

  private closeLinks(): void {
    for (const link of this.openLinks) link.end ??= this.text.length;
  }

  private finishLink(link: OpenLink): void {
    this.openLinks.splice(this.openLinks.indexOf(link), 1);
    const end = link.end ?? this.text.length;
    const text = this.text.slice(link.start, Math.min(end, link.start + contextLength));
    const { element, href, rel, position, inContent, before } = link;
    const found: FoundLink = {
      element,
      href,
      rel,
      position,
      inContent,
      before: plainText(before),
      text: plainText(text.trim() === '' ? link.alt : text),
      after: plainText(this.text.slice(end, end + contextLength)),
    };
    this.links.push(found);
    if (this.options.isEnough(found)) this.stop('enough');
  }

  private endCapture(name: string): void {
    const ends = { title: 'title', heading: 'h1', author: 'a' } as const;
    if (this.capture !== undefined && ends[this.capture.kind] === name) this.keepCapture();
  }

  private keepCapture(): void {
    const captured = this.capture;
    this.capture = undefined;
    if (captured === undefined) return;
    const text = plainText(captured.text.slice(0, maxFactLength)).trim();
    if (captured.kind === 'title') this.title = text;
    else if (captured.kind === 'heading') this.heading = text;
    else this.relAuthor = { name: text, href: this.relAuthor?.href ?? '' };
  }
}

const maxAddressLength = 8192;
const maxHeadLength = 64 * 1024;
const maxFactLength = 10_000;

function isPublishedTime(attributes: Readonly<Record<string, string>>): boolean {
  const { class: names = '', itemprop = '' } = attributes;
  return (
    'pubdate' in attributes ||
    itemprop === 'datePublished' ||
    /\b(?:published|dt-published|entry-date)\b/u.test(names)
  );
}
