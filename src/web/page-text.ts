/**
 * A page's text as it goes by: white space folded, and ranges of it that are paragraphs.
 *
 * Owns the text while a page is read, hence a class. A paragraph is what stands in the nearest block; the blocks within
 * it are part of it, with a space where they begin and end.
 */
export class PageText {
  private text = '';
  private endsInSpace = true;
  private readonly blockStarts: number[] = [0];

  get length(): number {
    return this.text.length;
  }

  /** How many blocks are open: a paragraph that was begun at a greater depth has ended. */
  get depth(): number {
    return this.blockStarts.length;
  }

  add(raw: string): void {
    // A byte order mark is called white space, but parts no words: it goes when the text becomes plain.
    const folded = raw.replace(/[^\S\ufeff]+/gu, ' ');
    const text = this.endsInSpace && folded.startsWith(' ') ? folded.slice(1) : folded;
    if (text === '') return;
    // The text itself is a rope: looking at its end would flatten it each time.
    this.text += text;
    this.endsInSpace = text.endsWith(' ');
  }

  openBlock(): void {
    this.add(' ');
    this.blockStarts.push(this.text.length);
  }

  closeBlock(): void {
    this.add(' ');
    this.blockStarts.pop();
  }

  /** So many of the paragraph's last characters so far, in UTF-16 units. */
  endOfParagraph(maxLength: number): string {
    return this.text.slice(Math.max(this.blockStarts.at(-1) ?? 0, this.text.length - maxLength));
  }

  slice(start: number, end: number): string {
    return this.text.slice(start, end);
  }
}
