import { readDocument, type Reading, type ReadingTask } from '../../src/web/document.ts';

/** The page whose links are wanted, and the site it belongs to. */
export const target = 'https://target.example/2020/01/02/post/';
export const siteAddresses: readonly string[] = ['https://target.example/', 'https://www.target.example/'];

/** A link to the target with this text. */
export const link = (text = 'link', names = ''): string =>
  `<a href="${target}"${names === '' ? '' : ` class="${names}"`}>${text}</a>`;

/** A page as it was fetched, HTML in UTF-8 unless said otherwise. */
export function taskOf(page: string | Uint8Array, over: Partial<ReadingTask> = {}): ReadingTask {
  return {
    bytes: new Uint8Array(Buffer.from(page)),
    isCut: false,
    contentType: 'text/html; charset=utf-8',
    url: 'https://source.example/blog/post.html',
    target,
    addresses: siteAddresses,
    ...over,
  };
}

export const readPage = (page: string | Uint8Array, over: Partial<ReadingTask> = {}): Reading =>
  readDocument(taskOf(page, over));

/** The first link's paragraph as one line, the link's own text in brackets. */
export function paragraph(page: string): string {
  const [first] = readPage(page).links;
  return first === undefined ? 'no link' : `${first.before}[${first.text}]${first.after}`.trim();
}
