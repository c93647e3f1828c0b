import { decodeField, readForm } from '../../web/form.ts';

/** Longest request body, in bytes. */
export const maxRequestBytes: number = 8 * 1024;

export type WebmentionRequest = { readonly source: string; readonly target: string; readonly vouch?: string };

const type = /^application\/x-www-form-urlencoded\s*(?:;|$)/iu;

/**
 * Reads a webmention: a form with one `source` and one `target`, and perhaps a `vouch`; undefined when it is none.
 *
 * Other fields are ignored. A field that comes twice could mean two things to two programs, and is none to us.
 *
 * Spec: Webmention 3.1.3; Vouch.
 */
export function readRequest(body: Uint8Array, contentType: string): WebmentionRequest | undefined {
  if (!type.test(contentType)) return undefined;
  const form = readForm(body);
  const field = (name: string): string | undefined => {
    const [bytes, ...more] = form.get(name) ?? [];
    if (bytes === undefined || more.length > 0) return undefined;
    const text = decodeField(bytes, ['utf-8']).text.trim();
    return text === '' ? undefined : text;
  };
  const [source, target, vouch] = [field('source'), field('target'), field('vouch')];
  if (source === undefined || target === undefined) return undefined;
  return { source, target, ...(vouch === undefined ? {} : { vouch }) };
}
