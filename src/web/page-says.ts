import { plainText } from './plain-text.ts';

/** Longest text taken for a title, heading or name, in UTF-16 units; it is cut to its own limit later. */
const maxLength = 10_000;

type Attributes = Readonly<Record<string, string>>;

/** The elements whose text says something of the page. */
const telling = { title: 'title', heading: 'h1', author: 'a' } as const;

/** What a page says of itself as it goes by; owns what is being said, hence a class. Texts are plain, '' is silence. */
export class PageSays {
  heading = '';
  language = '';
  published = '';
  relAuthor: { readonly name: string; readonly href: string } | null = null;

  private firstTitle: string | undefined;
  private listening: { readonly to: keyof typeof telling; text: string } | undefined;

  get title(): string {
    return this.firstTitle ?? '';
  }

  /** Takes note of an element that begins; `isForeign` within SVG and MathML, whose titles are not the page's. */
  begin(name: string, attributes: Attributes, isForeign: boolean): void {
    if (name === 'html') this.language ||= attributes['lang'] ?? attributes['xml:lang'] ?? '';
    if (name === 'title' && this.firstTitle === undefined && !isForeign)
      this.listening = { to: 'title', text: '' };
    if (name === 'h1' && this.heading === '') this.listening ??= { to: 'heading', text: '' };
    if (name === 'time' && this.published === '' && isPublishedTime(attributes)) {
      this.published = attributes['datetime'] ?? '';
    }
  }

  /** Takes note of the first link that is said to lead to the author. */
  beginAuthor(href: string): void {
    if (this.relAuthor !== null) return;
    this.relAuthor = { name: '', href };
    this.listening ??= { to: 'author', text: '' };
  }

  hear(text: string): void {
    if (this.listening !== undefined) this.listening.text += text;
  }

  end(name: string): void {
    if (this.listening !== undefined && telling[this.listening.to] === name) this.endAll();
  }

  /** The page ends, whatever is still open. */
  endAll(): void {
    const heard = this.listening;
    this.listening = undefined;
    if (heard === undefined) return;
    const text = plainText(heard.text.slice(0, maxLength)).trim();
    if (heard.to === 'title') this.firstTitle = text;
    else if (heard.to === 'heading') this.heading = text;
    else this.relAuthor = { name: text, href: this.relAuthor?.href ?? '' };
  }
}

function isPublishedTime(attributes: Attributes): boolean {
  const { class: names = '', itemprop = '' } = attributes;
  const isNamed = /\b(?:published|dt-published|entry-date)\b/u.test(names);
  return 'pubdate' in attributes || itemprop === 'datePublished' || isNamed;
}
