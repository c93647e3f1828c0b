import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maxBodyBytes, readBody } from '../../src/web/body.ts';
import { never } from '../support/fetching.ts';
import { waitUntil } from '../support/wait.ts';

/** A stream of the given parts that counts what is taken from it. */
function sourceOf(parts: Iterable<Uint8Array>): { readonly raw: Readable; readonly taken: () => number } {
  let taken = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      taken += part.length;
      yield part;
      // As on the network, others get their turn in between.
      await setImmediate();
    }
  };
  return { raw: Readable.from(counted(), { objectMode: false }), taken: () => taken };
}

function* endless(first: Uint8Array, part: Uint8Array): Generator<Uint8Array> {
  yield first;
  for (;;) yield part;
}

const mebibyte = Buffer.alloc(1024 * 1024);
const gzipHead = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
const zeros = deflateRawSync(mebibyte, { finishFlush: constants.Z_FULL_FLUSH });
/** Deflate blocks with nothing in them, 16 KB of such. */
const nothing = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);
const nothings = Buffer.concat(Array<Buffer>(3277).fill(nothing));

const text = async (raw: Readable, coding?: string | string[]): Promise<string> =>
  Buffer.from((await readBody(raw, coding, never)).bytes).toString();

const sourceOfText = (words: string): Readable => sourceOf([Buffer.from(words)]).raw;

describe('readBody', () => {
  it('reads what is not compressed', async () => {
    expect(await text(sourceOf([Buffer.from('some '), Buffer.from('words')]).raw)).toBe('some words');
    expect(await text(sourceOfText('words'), 'identity')).toBe('words');
    expect(await text(sourceOfText('words'), '')).toBe('words');
  });

  it('reads nothing', async () => {
    expect(await readBody(sourceOf([]).raw, undefined, never)).toEqual({
      bytes: new Uint8Array(0),
      isCut: false,
    });
    expect(await text(sourceOf([gzipSync('')]).raw, 'gzip')).toBe('');
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    [' GZip ', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)('decompresses %j', async (coding, compress) => {
    expect(await text(sourceOf([compress('some words')]).raw, coding)).toBe('some words');
    expect(await text(sourceOf([compress('some words')]).raw, [coding])).toBe('some words');
  });

  it('decompresses what comes byte by byte', async () => {
    const bytes = [...gzipSync('some words')].map((byte) => Uint8Array.of(byte));
    expect(await text(sourceOf(bytes).raw, 'gzip')).toBe('some words');
  });

  it.each(['gzip, gzip', 'gzip,br', 'rot13', 'constructor', '__proto__', 'compress', '*'])(
    'does not read the coding %j',
    async (coding) => {
      await expect(readBody(sourceOfText('words'), coding, never)).rejects.toThrow('content coding');
    },
  );

  it('does not read one coding on top of another', async () => {
    const twice = gzipSync(gzipSync('words'));
    await expect(readBody(sourceOf([twice]).raw, ['gzip', 'gzip'], never)).rejects.toThrow('content coding');
  });

  it.each([
    ['plain bytes', endless(Buffer.alloc(0), Buffer.alloc(16 * 1024)), undefined, maxBodyBytes + 128 * 1024],
    ['zeros in gzip', endless(gzipHead, zeros), 'gzip', 128 * 1024],
    ['zeros in deflate', endless(Buffer.from([0x78, 0x9c]), zeros), 'deflate', 128 * 1024],
  ] as const)('stops at the limit of what comes out: %s', async (_, parts, coding, mostTaken) => {
    const { raw, taken } = sourceOf(parts);
    const body = await readBody(raw, coding, never);
    expect(body.bytes).toHaveLength(maxBodyBytes);
    expect(body.isCut).toBe(true);
    expect(taken()).toBeLessThan(mostTaken);
    await waitUntil(() => raw.destroyed);
  });

  it('stops at the limit of what comes in, though nothing comes out', async () => {
    const { raw, taken } = sourceOf(endless(gzipHead, nothings));
    const body = await readBody(raw, 'gzip', AbortSignal.timeout(5000));
    expect(body).toMatchObject({ isCut: true, bytes: new Uint8Array(0) });
    expect(taken()).toBeLessThan(maxBodyBytes + 256 * 1024);
  });

  it('keeps what came out before the limit of what comes in', async () => {
    const words = deflateRawSync('some words', { finishFlush: constants.Z_FULL_FLUSH });
    const { raw } = sourceOf(endless(Buffer.concat([gzipHead, words]), nothings));
    const body = await readBody(raw, 'gzip', AbortSignal.timeout(5000));
    expect(Buffer.from(body.bytes).toString()).toBe('some words');
    expect(body.isCut).toBe(true);
  });

  it.each([
    ['that stop in the middle', gzipSync('words '.repeat(1000)).subarray(0, 20)],
    ['with a wrong checksum', Buffer.concat([gzipSync('words').subarray(0, -8), Buffer.alloc(8, 1)])],
    ['that are text', Buffer.from('words')],
  ])('throws on gzip data %s', async (_, bytes) => {
    await expect(readBody(sourceOf([bytes]).raw, 'gzip', never)).rejects.toThrow();
  });

  it.each([undefined, 'gzip'])('throws when the connection breaks, coding %s', async (coding) => {
    const raw = new Readable({ read: () => undefined });
    raw.push(gzipSync('words'));
    const reading = readBody(raw, coding, never);
    raw.destroy(new Error('the line broke'));
    await expect(reading).rejects.toThrow('the line broke');
  });

  it.each([undefined, 'gzip'])('stops with the signal’s reason, coding %s', async (coding) => {
    const stop = new AbortController();
    const raw = new Readable({ read: () => undefined });
    const reading = readBody(raw, coding, stop.signal);
    stop.abort(new Error('out of time'));
    await expect(reading).rejects.toThrow('out of time');
    await waitUntil(() => raw.destroyed);
  });

  it('does not begin after the signal has fired', async () => {
    const { raw, taken } = sourceOf([Buffer.from('words')]);
    await expect(readBody(raw, undefined, AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
    expect(taken()).toBeLessThanOrEqual(5);
  });
});
