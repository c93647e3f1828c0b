/** Forms as strangers send them: nothing here is shared with the program under test. */

/** Names and values in their order; bytes are sent as they are, text as UTF-8. */
export type Fields = readonly (readonly [name: string, value: string | Uint8Array])[];

export const formType = 'application/x-www-form-urlencoded';

/** Writes a form body with every byte of it escaped that a browser would escape. */
export function formBody(fields: Fields): string {
  return fields.map(([name, value]) => `${escapeBytes(name)}=${escapeBytes(value)}`).join('&');
}

export function postForm(
  endpoint: string,
  fields: Fields,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return postBody(endpoint, formBody(fields), { 'content-type': formType, ...headers });
}

export function postBody(
  endpoint: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(endpoint, { method: 'POST', headers, body, redirect: 'manual' });
}

/** What a browser says it takes. */
export const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } as const;

function escapeBytes(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Array.from(bytes, escapeByte).join('');
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9*\-._]/u.test(character)) return character;
  return character === ' ' ? '+' : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}
