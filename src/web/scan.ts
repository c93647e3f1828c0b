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
import { hides } from './hidden.ts';
import { PageLinks, type FoundLink, type LinkStart } from './page-links.ts';
import { PageSays } from './page-says.ts';
import { PageText } from './page-text.ts';

/** More open elements than this are an attack: parsing gets slower with each. */
export const maxDepth = 256;
/** Tags and attributes together; real pages have a tenth. */
export const maxNodes = 50_000;
const pieceLength = 16 * 1024;
const maxAddressLength = 8192;
const maxHeadLength = 64 * 1024;

/** What one pass over a page tells. Texts are decoded, and plain but for their length. */
export type Scan = {
  readonly links: readonly FoundLink[];
  /** How many links to other hosts there were as far as it was read. */
  readonly outboundLinks: number;
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

type OpenElement = {
  readonly name: string;
  readonly isBlock: boolean;
  readonly isSurrounding: boolean;
  readonly isHidden: boolean;
  /** SVG and MathML, whose titles are not the page's. */
  readonly isForeign: boolean;
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
  /** Open elements, with those whose content is skipped. */
  private depth = 0;

  private readonly text = new PageText();
  private readonly says = new PageSays();
  private readonly open: OpenElement[] = [];
  private surroundingsOpen = 0;
  private hiddenOpen = 0;
  private outboundLinks = 0;
  private foreignOpen = 0;
  private skipped: { name: string; depth: number } | undefined;
  private headEnd: number | undefined;

  private readonly links: PageLinks;

  constructor(options: ScanOptions, html: string) {
    this.options = options;
    this.html = html;
    this.base = options.url;
    this.links = new PageLinks(this.text, (found) => {
      if (options.isEnough(found)) this.stop('enough');
    });
  }

  onattribute(): void {
    this.count();
  }

  onopentag(name: string, attributes: Readonly<Record<string, string>>): void {
    this.count();
    this.depth += 1;
    if (this.depth > maxDepth) this.stop('too-complex');
    if (this.skipped !== undefined) {
      if (this.skipped.name === name) this.skipped.depth += 1;
      return;
    }
    if (!headOnly.has(name) && !this.isInNoscript()) this.endHead();
    this.openElement(name, attributes);
    this.says.begin(name, attributes, this.foreignOpen > 0);
    if (name === 'base') this.noteBase(attributes['href']);
    if (Object.hasOwn(linkAttributes, name)) this.noteLink(name, attributes);
    if (opaque.has(name)) this.skipped = { name, depth: 1 };
  }

  ontext(text: string): void {
    if (this.skipped === undefined) this.addText(text);
    else if (this.skipped.name === 'title') this.says.hearTitle(text);
  }

  onclosetag(name: string): void {
    this.depth -= 1;
    if (this.skipped !== undefined) {
      if (this.skipped.name !== name) return;
      this.skipped.depth -= 1;
      if (this.skipped.depth > 0) return;
      this.skipped = undefined;
    }
    if (name === 'head') this.endHead();
    this.says.end(name);
    this.closeElement(name);
  }

  result(): Scan {
    this.says.endAll();
    const { title, heading, language, relAuthor, published } = this.says;
    return {
      links: this.links.all(),
      outboundLinks: this.outboundLinks,
      title,
      heading,
      language,
      relAuthor,
      published,
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

  /** What only readers without scripts get may stand in the head, whatever it is: counting pixels often do. */
  private isInNoscript(): boolean {
    return this.headEnd === undefined && this.open.some((each) => each.name === 'noscript');
  }

  private endHead(): void {
    this.headEnd ??= this.parser?.startIndex ?? 0;
  }

  private openElement(name: string, attributes: Readonly<Record<string, string>>): void {
    if (breaks.has(name)) this.addText(' ');
    if (name === 'a') {
      this.links.end();
      this.says.end('a');
    }
    const isBlock = blocks.has(name);
    const isSurrounding = surroundings.has(name) || surroundingRoles.has(attributes['role'] ?? '');
    const isForeign = name === 'svg' || name === 'math';
    const isHidden = hides(attributes);
    if (isBlock) {
      this.text.openBlock();
      this.says.hear(' ');
    }
    if (isSurrounding) this.surroundingsOpen += 1;
    if (isHidden) this.hiddenOpen += 1;
    if (isForeign) this.foreignOpen += 1;
    this.open.push({ name, isBlock, isSurrounding, isHidden, isForeign });
  }

  private closeElement(name: string): void {
    if (name === 'a') this.links.end();
    const at = this.open.findLastIndex((each) => each.name === name);
    if (at === -1) return;
    for (const element of this.open.splice(at).reverse()) {
      if (element.isBlock) {
        this.text.closeBlock();
        this.says.hear(' ');
      }
      if (element.isSurrounding) this.surroundingsOpen -= 1;
      if (element.isHidden) this.hiddenOpen -= 1;
      if (element.isForeign) this.foreignOpen -= 1;
    }
    this.links.settle();
  }

  private addText(raw: string): void {
    this.text.add(raw);
    this.says.hear(raw);
    this.links.settle();
  }

  /** Spec: HTML, the first `base` with an address counts, and is itself relative to the page's own. */
  private noteBase(href: string | undefined): void {
    if (this.hasBase || href === undefined) return;
    this.hasBase = true;
    this.base = URL.parse(href, this.options.url.href) ?? this.base;
  }

  private noteLink(name: string, attributes: Readonly<Record<string, string>>): void {
    const alt = attributes['alt'] ?? '';
    if (name === 'img') this.links.seePicture(alt);
    const href = this.addressOf(name, attributes);
    if (href === undefined) return;
    if (name === 'a' && href.host !== this.options.url.host) this.outboundLinks += 1;
    const rel = relOf(attributes);
    if (name === 'a' && rel.includes('author')) this.says.beginAuthor(href.href);
    const link: LinkStart = {
      element: name,
      href: href.href,
      rel,
      position: this.parser?.startIndex ?? 0,
      inContent: this.surroundingsOpen === 0,
      isHidden: this.hiddenOpen > 0,
      alt,
    };
    if (this.links.mayBegin(link) && this.options.isWanted(href)) this.links.begin(link);
  }

  private addressOf(name: string, attributes: Readonly<Record<string, string>>): URL | undefined {
    const attribute = linkAttributes[name]?.find((each) => attributes[each] !== undefined);
    const address = attribute === undefined ? undefined : attributes[attribute];
    if (address === undefined || address.length > maxAddressLength) return undefined;
    const href = URL.parse(address, this.base.href);
    return href !== null && /^https?:$/u.test(href.protocol) ? href : undefined;
  }
}

/** In characters: nobody looks at more, and it is stored. */
const maxRelLength = 200;

function relOf(attributes: Readonly<Record<string, string>>): string[] {
  const words = (attributes['rel'] ?? '').slice(0, maxRelLength).toLowerCase().split(/\s+/u);
  return words.filter((each) => each !== '');
}
