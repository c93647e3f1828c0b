import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Bytes read over the wire, and bytes kept after decompression: the rest of the page is cut off and not missed. */
export const maxBodyBytes: number = 1024 * 1024;

/** From `floorAfterMs` on, a body must come at this many bytes a second on average. */
const floorBytesPerSecond = 1024;
const floorAfterMs = 5000;

export type Body = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True when the page is longer than what we read. */
  readonly isCut: boolean;
};

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
  deflate: createInflate,
} as const;

/**
 * Reads a response body, decompressing it ourselves so that what comes out can be counted.
 *
 * Limits: {@link maxBodyBytes} in and out, after which it stops reading; slower than {@link floorBytesPerSecond} after
 *         {@link floorAfterMs} is an error.
 * Throws: on a coding that is unknown or stacked, on damaged or unfinished data, and when the signal fires.
 */
export async function readBody(
  raw: Readable,
  coding: string | string[] | undefined,
  signal: AbortSignal,
): Promise<Body> {
  const decoder = decoderFor(coding);
  const out = decoder === undefined ? raw : raw.pipe(decoder);
  const floor = new AbortController();
  const all = AbortSignal.any([signal, floor.signal]);
  let bytesIn = 0;
  raw.on('data', (chunk: Buffer) => {
    bytesIn += chunk.length;
    // Counted here, for what is compressed may come to nothing for ever.
    if (bytesIn > maxBodyBytes) decoder?.destroy(new EnoughRead());
  });
  const startedAt = performance.now();
  const watch = setInterval(() => {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > floorAfterMs && bytesIn < (elapsedMs / 1000) * floorBytesPerSecond) {
      floor.abort(new Error('the body comes too slowly'));
    }
  }, 1000);
  // A source stream that fails does not end what it is piped into.
  raw.on('error', (error) => out.destroy(error));
  try {
    return await collect(out, all);
  } finally {
    clearInterval(watch);
    raw.destroy();
    out.destroy();
  }
}

function decoderFor(coding: string | string[] | undefined) {
  const name = (Array.isArray(coding) ? coding.join(',') : (coding ?? '')).trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (!Object.hasOwn(decoders, name))
    throw new Error(`the content coding ${JSON.stringify(name)} is not one we know`);
  return decoders[name as keyof typeof decoders]();
}

/** No failure: ends a body that has brought as many bytes as we read. */
class EnoughRead extends Error {}

async function collect(out: Readable, signal: AbortSignal): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = (): void => {
    out.destroy(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of out as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBodyBytes - length));
      length += chunk.length;
      if (length >= maxBodyBytes) return joined(chunks, true);
    }
    return joined(chunks, false);
  } catch (error) {
    if (error instanceof EnoughRead) return joined(chunks, true);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** A copy of its own: the buffers of the network are pooled, and this one is handed to another thread. */
function joined(chunks: readonly Buffer[], isCut: boolean): Body {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, isCut };
}
