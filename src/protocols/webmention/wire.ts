import { decodeField, readForm } from '../../web/form.ts';

/** Longest request body, in bytes. */
export const maxRequestBytes: number = 8 * 1024;

export type WebmentionRequest = { readonly source: string; readonly target: string; readonly vouch?: string };

/** What of a webmention somebody has filled in, be it enough or not. */
export type WebmentionFields = Partial<WebmentionRequest>;

const type = /^application\/x-www-form-urlencoded\s*(?:;|$)/iu;

/**
 * Reads a webmention: a form with one `source` and one `target`, and perhaps a `vouch`; undefined when it is none.
 *
 * Spec: Webmention 3.1.3; Vouch.
 */
export function readRequest(body: Uint8Array, contentType: string): WebmentionRequest | undefined {
  const { source, target, ...more } = readFields(body, contentType);
  return source === undefined || target === undefined ? undefined : { source, target, ...more };
}

/**
 * Reads the fields of a webmention as far as they are there.
 *
 * Others are ignored. A field that comes twice could mean two things to two programs, and is none to us.
 */
export function readFields(body: Uint8Array, contentType: string): WebmentionFields {
  if (!type.test(contentType)) return {};
  const form = readForm(body);
  const field = <Name extends string>(name: Name): Partial<Record<Name, string>> => {
    const [bytes, ...more] = form.get(name) ?? [];
    if (bytes === undefined || more.length > 0) return {};
    const text = decodeField(bytes, ['utf-8']).text.trim();
    // The compiler takes a computed key for any text.
    return text === '' ? {} : ({ [name]: text } as Partial<Record<Name, string>>);
  };
  return { ...field('source'), ...field('target'), ...field('vouch') };
}
