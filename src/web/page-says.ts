import { plainText } from './plain-text.ts';

/** Longest text taken for a title, heading or name, in UTF-16 units; it is cut to its own limit later. */
const maxLength = 10_000;

type Listening = { readonly to: keyof typeof telling; text: string };

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
  private listening: Listening[] = [];

  get title(): string {
    return this.firstTitle ?? '';
  }

  /** Takes note of an element that begins; `isForeign` within SVG and MathML, whose titles are not the page's. */
  begin(name: string, attributes: Attributes, isForeign: boolean): void {
    if (name === 'html') this.language ||= attributes['lang'] ?? attributes['xml:lang'] ?? '';
    if (name === 'title' && this.firstTitle === undefined && !isForeign) this.listenTo('title');
    if (name === 'h1' && this.heading === '') this.listenTo('heading');
    if (name === 'time' && this.published === '' && isPublishedTime(attributes)) {
      this.published = attributes['datetime'] ?? '';
    }
  }

  /** Takes note of the first link that is said to lead to the author. */
  beginAuthor(href: string): void {
    if (this.relAuthor !== null) return;
    this.relAuthor = { name: '', href };
    this.listenTo('author');
  }

  /** Hears the page's text: whatever separates words is a blank. */
  hear(text: string): void {
    for (const each of this.listening) if (each.to !== 'title') each.text += text;
  }

  /** Hears what a title says, which is no text of the page. */
  hearTitle(text: string): void {
    for (const each of this.listening) if (each.to === 'title') each.text += text;
  }

  end(name: string): void {
    for (const each of this.listening) if (telling[each.to] === name) this.keep(each);
    this.listening = this.listening.filter((each) => telling[each.to] !== name);
  }

  /** The page ends, whatever is still open. */
  endAll(): void {
    for (const each of this.listening.splice(0)) this.keep(each);
  }

  private listenTo(to: Listening['to']): void {
    if (this.listening.every((each) => each.to !== to)) this.listening.push({ to, text: '' });
  }

  private keep(heard: Listening): void {
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
