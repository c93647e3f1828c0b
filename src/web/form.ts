import { TextDecoder } from '@exodus/bytes/encoding.js';
import { Parser } from 'htmlparser2';
import { isUtf8 } from './charset.ts';
import { blocks, breaks } from './elements.ts';
import { plainText } from './plain-text.ts';

/** The fields of a form as bytes: which characters they are is known only when all of them have been seen. */
export type FormBytes = ReadonlyMap<string, readonly Uint8Array<ArrayBuffer>[]>;

/** More fields than this are no form of any dialect. */
const maxFields = 100;

/**
 * Reads a form body as far as bytes go.
 *
 * A framework that percent-decodes as UTF-8 has destroyed what was written in another charset.
 *
 * Limits: {@link maxFields}; of a body with more none is read, for a field may come twice in what would be left out.
 * Spec:   WHATWG URL, application/x-www-form-urlencoded parsing.
 */
export function readForm(body: Uint8Array): FormBytes {
  const fields = new Map<string, Uint8Array<ArrayBuffer>[]>();
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > maxFields) return fields;
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/su.exec(pair) ?? [];
    const key = Buffer.from(percentDecoded(name)).toString('latin1');
    fields.set(key, [...(fields.get(key) ?? []), percentDecoded(value)]);
  }
  return fields;
}

function percentDecoded(text: string): Uint8Array<ArrayBuffer> {
  const spaced = text.replace(/\+/gu, ' ');
  const bytes = spaced.replace(/%([0-9a-f]{2})/giu, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

/**
 * Decodes a field: the first label that the encoding standard knows, else UTF-8 when it can be, else windows-1252.
 *
 * An escape character is no part of any text, but of ISO-2022-JP, which is well-formed UTF-8 by accident.
 */
export function decodeField(
  bytes: Uint8Array,
  labels: readonly (string | undefined)[],
): { text: string; isGuess: boolean } {
  for (const label of labels) {
    const decoder = label === undefined ? undefined : decoderFor(label);
    if (decoder !== undefined) return { text: decoder.decode(bytes), isGuess: false };
  }
  if (isUtf8(bytes, false) && !bytes.includes(escapeByte))
    return { text: new TextDecoder('utf-8').decode(bytes), isGuess: false };
  return { text: new TextDecoder('windows-1252').decode(bytes), isGuess: true };
}

const escapeByte = 0x1b;

/** Labels of encodings that hide markup have no decoder, and neither have unknown ones. */
function decoderFor(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label.trim());
  } catch {
    return undefined;
  }
}

/** Makes plain text of what a sender may have written as HTML: references decoded once, tags dropped. */
export function textOfHtml(html: string): string {
  let text = '';
  const separate = (name: string): void => {
    if (blocks.has(name) || breaks.has(name)) text += ' ';
  };
  const parser = new Parser({
    ontext: (piece) => (text += piece),
    onopentagname: separate,
    onclosetag: separate,
  });
  parser.end(html);
  return plainText(text).trim();
}
