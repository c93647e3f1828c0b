import { plainText } from './plain-text.ts';
import type { PageText } from './page-text.ts';

/** Links to the target that are told apart; after them only such as differ from all before, up to {@link maxKinds}. */
export const maxLinks = 20;
/** Spellings of the target, by which elements and whether in the content, that are told apart. */
export const maxKinds = 60;
/** Text kept of a link and on each side of it, in UTF-16 units: more than any excerpt window. */
const contextLength = 2000;

/** A link to the page that is asked for, with the words around it in its paragraph. */
export type FoundLink = {
  readonly element: string;
  /** Absolute, with its fragment. */
  readonly href: string;
  readonly rel: readonly string[];
  readonly position: number;
  readonly inContent: boolean;
  /** Whether the page keeps it from its readers' eyes. */
  readonly isHidden: boolean;
  readonly before: string;
  readonly text: string;
  readonly after: string;
};

/** What is known of a link when its tag has been read. */
export type LinkStart = Pick<
  FoundLink,
  'element' | 'href' | 'rel' | 'position' | 'inContent' | 'isHidden'
> & {
  /** What stands for it where it is no text. */
  readonly alt: string;
};

type OpenLink = {
  readonly begun: LinkStart;
  /** How many blocks were open around it: when fewer are, its paragraph has ended. */
  readonly depth: number;
  readonly before: string;
  readonly start: number;
  /** Where the link's own text ends; undefined while it is open. */
  end: number | undefined;
  /** What images within say, for a link without text. */
  alt: string;
};

/**
 * The links of a page as it goes by, each found when the text behind it has been read.
 *
 * Owns the links whose paragraph goes on, hence a class.
 */
export class PageLinks {
  private readonly text: PageText;
  private readonly tell: (found: FoundLink) => void;
  private readonly found: FoundLink[] = [];
  private readonly kinds = new Set<string>();
  private open: OpenLink[] = [];

  /** Tells of each link when it is found. */
  constructor(text: PageText, tell: (found: FoundLink) => void) {
    this.text = text;
    this.tell = tell;
  }

  /** Whether a link would be told apart from those before it. */
  mayBegin(link: LinkStart): boolean {
    if (this.found.length + this.open.length < maxLinks) return true;
    return this.kinds.size < maxKinds && !this.kinds.has(kindOf(link));
  }

  begin(link: LinkStart): void {
    this.kinds.add(kindOf(link));
    const start = this.text.length;
    // Only an `a` has content.
    const isOpen = link.element === 'a';
    this.open.push({
      begun: link,
      depth: this.text.depth,
      before: this.text.endOfParagraph(contextLength),
      start,
      end: isOpen ? undefined : start,
      alt: isOpen ? '' : link.alt,
    });
  }

  /** The end of an `a`, written or implied. */
  end(): void {
    for (const link of this.open) link.end ??= this.text.length;
  }

  /** A picture within whatever link is open. */
  seePicture(alt: string): void {
    for (const link of this.open) {
      if (link.end === undefined && link.alt.length < contextLength) link.alt += ` ${alt}`;
    }
  }

  /** Finds the links behind which there is text enough, or whose paragraph has ended. */
  settle(): void {
    if (this.open.length === 0) return;
    const isOver = ({ depth, start, end }: OpenLink): boolean =>
      depth > this.text.depth || this.text.length - (end ?? start) > contextLength;
    const over = this.open.filter(isOver);
    if (over.length === 0) return;
    this.open = this.open.filter((link) => !over.includes(link));
    for (const link of over) this.keep(link);
  }

  /** The page ends: all links there were, in its order. */
  all(): readonly FoundLink[] {
    for (const link of this.open.splice(0)) this.keep(link);
    return this.found.sort((one, other) => one.position - other.position);
  }

  private keep({ begun, before, start, end = this.text.length, alt }: OpenLink): void {
    const text = plainText(this.text.slice(start, Math.min(end, start + contextLength)));
    const after = plainText(this.text.slice(end, end + contextLength));
    const isPicture = text.trim() === '';
    const { element, href, rel, position, inContent, isHidden } = begun;
    const link: FoundLink = {
      element,
      href,
      rel,
      position,
      inContent,
      isHidden,
      before: plainText(before),
      text: isPicture ? plainText(alt.slice(0, contextLength)) : text,
      // The blank behind a picture was folded into the one before it.
      after: isPicture && after !== '' ? ` ${after.trimStart()}` : after,
    };
    this.found.push(link);
    this.tell(link);
  }
}

/** What the choice among links goes by. */
function kindOf({ element, href, inContent }: LinkStart): string {
  return `${element} ${inContent} ${href}`;
}
