import { readFileSync } from 'node:fs';

/** The senders whose requests are kept in `test/fixtures/requests/`, byte for byte as they send them. */
export const rawRequestNames = ['wordpress-pingback', 'serendipity-pingback', 'python-xmlrpc'] as const;

export type RawRequestName = (typeof rawRequestNames)[number];

export type RawRequestParts = {
  readonly source: string;
  readonly target: string;
  /** Host and port of the endpoint. */
  readonly host: string;
  /** Path and query of the endpoint; `/pingback` when left out. */
  readonly path?: string;
};

const blank = '\r\n\r\n';
const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const asItIs = (text: string): string => text;

/** What stands in a file for each part, and how its sender escapes text in XML. */
type Marks = Readonly<Record<'source' | 'target' | 'host', string>> & { readonly escape: typeof escapeXml };

const braces = { source: '{{source}}', target: '{{target}}', host: '{{host}}' };

const marks: Readonly<Record<RawRequestName, Marks>> = {
  'wordpress-pingback': {
    source: 'http://127.0.0.2:18480/2024/02/03/send-header/',
    target: 'http://127.0.0.1:18490/post-1',
    host: '127.0.0.1:18490',
    escape: escapeXml,
  },
  // It escapes nothing: a source with a query of two fields is not well-formed when it arrives.
  'serendipity-pingback': { ...braces, escape: asItIs },
  'python-xmlrpc': { ...braces, escape: escapeXml },
};

/** A sender's request with its addresses filled in and its Content-Length put right: write it to a socket. */
export function rawRequest(name: RawRequestName, parts: RawRequestParts): Buffer {
  const { source, target, path = '/pingback' } = parts;
  const mark = marks[name];
  const [head = '', body = ''] = readRawRequest(name).split(blank);
  const filled = body
    .replace(mark.source, () => mark.escape(source))
    .replace(mark.target, () => mark.escape(target));
  const headers = head
    .replace('POST /pingback ', () => `POST ${path} `)
    .replaceAll(`${mark.host}/pingback`, () => parts.host + path)
    .replaceAll(mark.host, () => parts.host)
    .replace(/^Content-Length: \d+$/mu, `Content-Length: ${Buffer.byteLength(filled)}`);
  return Buffer.from(headers + blank + filled);
}

function readRawRequest(name: RawRequestName): string {
  return readFileSync(new URL(`../fixtures/requests/${name}.http`, import.meta.url), 'utf8');
}
