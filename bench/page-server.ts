import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDns } from '../test/support/dns.ts';
import { hostilePages } from '../test/support/hostile-pages.ts';
import { makeRandom } from '../test/support/random.ts';
import { answerParent } from './program.ts';
import { makeWords } from './seed-text.ts';

/** Where the pages are, and the name server that finds every host there. */
export type PageServer = { readonly port: number; readonly dns: string };

/**
 * A process that serves pages to verify, by any host's name:
 *
 * - `/hostile?shape=&bytes=&target=`, a hostile page with a link;
 * - `/page/BYTES/N?target=`, a usual page of that size with a link, whose words no other page has;
 * - `/silent/N`, which never answers;
 * - anything else is a page of ours.
 */
const random = makeRandom(7);
const words = makeWords(random);

/** What stands before and after a page's own words, by its size in bytes. */
const frames = new Map<number, readonly [string, string]>();

function frameOf(bytes: number): readonly [string, string] {
  const known = frames.get(bytes);
  if (known !== undefined) return known;
  const paragraph = (): string =>
    `<p>${words.sentence(40)}, <em>${words.sentence(3)}</em> and ` +
    `<a href="/${words.slug(3)}">${words.sentence(4)}</a>: ${words.sentence(30)}.</p>\n`;
  const nav = Array.from({ length: 8 }, () => `<li><a href="/${words.slug(1)}">${words.word()}</a></li>`);
  const head =
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${words.sentence(6)}</title>` +
    `<link rel="stylesheet" href="/style.css"><meta name="author" content="${words.sentence(2)}"></head>\n` +
    `<body><nav><ul>${nav.join('')}</ul></nav><main><article><h1>${words.sentence(6)}</h1>\n`;
  const foot = '</article></main><footer><p>The end.</p></footer></body></html>\n';
  const fill = (until: number): string => {
    let text = '';
    while (text.length < until - 400) text += paragraph();
    return text;
  };
  const inside = bytes - head.length - foot.length;
  // The link stands two thirds down the page.
  const made = [head + fill((inside * 2) / 3), fill(inside / 3) + foot] as const;
  frames.set(bytes, made);
  return made;
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, kind, bytes = '0', number = '0'] = url.pathname.split('/');
  if (kind === 'silent') return;
  const link = `<a href="${url.searchParams.get('target') ?? ''}">a link</a>`;
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  if (kind === 'hostile') {
    const shape = hostilePages.find(({ name }) => name === url.searchParams.get('shape'));
    response.end(shape?.make(Number(url.searchParams.get('bytes')), link) ?? 'ours');
  } else if (kind === 'page') {
    const [before, after] = frameOf(Number(bytes));
    const own = `Page ${number} of ${request.headers.host ?? ''}`;
    response.end(`${before}<p>${own} says of ${link} what nobody else has said.</p>\n${after}`);
  } else response.end('<title>Ours</title>');
});

const dns = await startDns(() => ['127.0.0.1']);
server.listen(0, '127.0.0.1', () => {
  const said: PageServer = { port: (server.address() as AddressInfo).port, dns: dns.server };
  answerParent(said, () => ({}));
});
