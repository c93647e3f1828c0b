import { getBOMEncoding, normalizeEncoding, TextDecoder } from '@exodus/bytes/encoding.js';
import sniffEncoding from 'html-encoding-sniffer';

/** How far a declaration is looked for when the first kilobyte has none; real pages put long comments first. */
const latePrescanBytes = 64 * 1024;
const prescanBytes = 1024;

export type DecodedText = { readonly text: string; readonly encoding: string };

/**
 * Turns a page's bytes into text: byte order mark, HTTP charset, meta in the first kilobyte, meta later in the head,
 * XML declaration; undeclared text is UTF-8 when it can be, else windows-1252.
 *
 * Bad bytes become U+FFFD. Encodings that hide markup from filters (UTF-7, ISO-2022-KR …) are never decoded.
 *
 * @param isCut whether the bytes end early, so that an unfinished last character is no error
 * Spec: WHATWG Encoding; HTML "determining the character encoding".
 */
export function decodePage(bytes: Uint8Array, contentType: string, isCut: boolean): DecodedText {
  const encoding = declaredEncoding(bytes, contentType) ?? (isUtf8(bytes, isCut) ? 'UTF-8' : 'windows-1252');
  if (encoding === 'replacement') return { text: '\uFFFD', encoding };
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

function declaredEncoding(bytes: Uint8Array, contentType: string): string | undefined {
  const label = charsetParameter(contentType);
  const http = label === undefined ? {} : { transportLayerEncodingLabel: label };
  const sniff = (maxPrescanBytes: number): string =>
    sniffEncoding(bytes, { ...http, defaultEncoding: '', maxPrescanBytes });
  const declared = sniff(prescanBytes) || sniff(headLength(bytes));
  if (declared !== '') return declared;
  return sniffEncoding(bytes, { xml: true, defaultEncoding: '' }) || undefined;
}

/** The `charset` parameter of a Content-Type header, as the sender wrote it. */
export function charsetParameter(contentType: string): string | undefined {
  return /;\s*charset\s*=\s*"?([^";\s]+)/iu.exec(contentType)?.[1];
}

/** Where the head ends, so that a `<meta>` that is somebody's example in the text does not count. */
function headLength(bytes: Uint8Array): number {
  const start = Buffer.from(
    bytes.buffer,
    bytes.byteOffset,
    Math.min(bytes.length, latePrescanBytes),
  ).toString('latin1');
  const end = start.search(/<\/head|<body/iu);
  return end === -1 ? start.length : end;
}

/** Whether bytes are well-formed UTF-8; with `isCut`, an unfinished character at the end is none. */
export function isUtf8(bytes: Uint8Array, isCut: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}

/** Encodings in which XML messages are read; the names are those of the encoding standard, after its label table. */
const xmlEncodings: ReadonlySet<string> = new Set(['utf-8', 'windows-1252', 'utf-16le', 'utf-16be']);

export type DecodedXml = { readonly text: string } | { readonly failed: 'unsupported' | 'invalid' };

/**
 * Decodes an XML message: byte order mark, else HTTP charset, else XML declaration, else UTF-8; strictly.
 *
 * UTF-16 is read with a byte order mark only. A declaration that says UTF-16 in bytes that can be read without is
 * mistaken, and taken for UTF-8, as HTML does.
 *
 * Spec: RFC 7303 section 3.
 */
export function decodeXml(bytes: Uint8Array, contentType: string): DecodedXml {
  const mark = getBOMEncoding(bytes);
  const http = mark === null ? charsetParameter(contentType) : undefined;
  const label = mark ?? http ?? declaredInXml(bytes) ?? 'utf-8';
  const encoding = normalizeEncoding(label) ?? '';
  const isUtf16 = encoding.startsWith('utf-16');
  if (!xmlEncodings.has(encoding) || (isUtf16 && mark === null && http !== undefined))
    return { failed: 'unsupported' };
  try {
    const readAs = isUtf16 && mark === null ? 'utf-8' : encoding;
    return { text: new TextDecoder(readAs, { fatal: true }).decode(bytes) };
  } catch {
    return { failed: 'invalid' };
  }
}

function declaredInXml(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, prescanBytes)).toString(
    'latin1',
  );
  return /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/u.exec(start)?.[1];
}
