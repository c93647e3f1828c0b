/** Bytes as tests write them down. */

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
export const utf8 = (text: string): Uint8Array => Buffer.from(text);
export const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
export const utf16le = (text: string): Uint8Array => Buffer.from(text, 'utf16le');
export const utf16be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
