import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../linkback/allowance.ts';
import { problem, problemType } from '../linkback/problem.ts';

export type StreamLimits = {
  /** Streams open at once, and those of one caller; an IPv6 caller is a /64. */
  readonly total: number;
  readonly perCaller: number;
  /** How many bytes a reader may be behind. */
  readonly maxBehindBytes: number;
  /** How often a word is sent so that proxies do not take a stream for dead. */
  readonly heartbeatMs: number;
};

const usualLimits: StreamLimits = {
  total: 1000,
  perCaller: 32,
  maxBehindBytes: 65_536,
  heartbeatMs: 20_000,
};

/** When a caller that found no place may come again, in seconds. */
const retryAfterSeconds = 60;
/** When a browser comes again after its stream has ended, in milliseconds: not all of them at once. */
const comeAgainMs = { least: 3000, spread: 4000 } as const;

export type EventStream = {
  /** Sends text in the form of server-sent events; a reader who is too far behind is let go instead. */
  readonly send: (text: string) => void;
  readonly onEnd: (listener: () => void) => void;
  /** Ends it from our side. */
  readonly end: () => void;
};

export type EventStreams = {
  /** Begins a stream; undefined when there is no place for it, which has been answered. */
  readonly open: (request: FastifyRequest, reply: FastifyReply) => EventStream | undefined;
  readonly count: () => number;
  /** Ends every stream, and begins none any more. */
  readonly close: () => void;
};

type Open = { readonly raw: FastifyReply['raw']; isBehind: boolean };

/**
 * Keeps the streams of server-sent events that are open.
 *
 * A reader who does not read is let go: when they are {@link StreamLimits.maxBehindBytes} behind, or when they took
 * nothing from one heartbeat to the next.
 *
 * Limits: 1000 streams, 32 of one caller; beyond, 503 and 429.
 * Spec:   HTML, server-sent events.
 */
export function openStreams(change: Partial<StreamLimits> = {}): EventStreams {
  const limits = { ...usualLimits, ...change };
  const streams = new Set<Open>();
  const callers = new Map<string, number>();
  let isClosed = false;
  let heartbeat: NodeJS.Timeout | undefined;

  const send = (stream: Open, text: string): void => {
    const { raw } = stream;
    if (raw.destroyed || raw.writableEnded) return;
    raw.write(text);
    if (raw.writableLength > limits.maxBehindBytes) raw.destroy();
  };
  const beat = (): void => {
    for (const stream of streams) {
      if (stream.isBehind && stream.raw.writableNeedDrain) stream.raw.destroy();
      send(stream, ':\n\n');
      stream.isBehind = stream.raw.writableNeedDrain;
    }
  };
  const forget = (stream: Open, caller: string): void => {
    streams.delete(stream);
    const left = (callers.get(caller) ?? 1) - 1;
    if (left === 0) callers.delete(caller);
    else callers.set(caller, left);
    if (streams.size === 0) clearInterval(heartbeat);
  };

  return {
    open: (request, reply) => {
      const caller = callerOf(request.ip);
      const ofCaller = callers.get(caller) ?? 0;
      if (isClosed || streams.size >= limits.total) {
        refuse(reply, 503, 'There are too many readers at the moment.');
        return;
      }
      if (ofCaller >= limits.perCaller) {
        refuse(reply, 429, 'You have too many streams open.');
        return;
      }
      const stream = { raw: begin(reply), isBehind: false };
      if (streams.size === 0) heartbeat = setInterval(beat, limits.heartbeatMs).unref();
      streams.add(stream);
      callers.set(caller, ofCaller + 1);
      const ends = [() => forget(stream, caller)];
      stream.raw.once('close', () => {
        for (const end of ends) end();
      });
      return {
        send: (text) => send(stream, text),
        onEnd: (listener) => ends.push(listener),
        end: () => end(stream),
      };
    },
    count: () => streams.size,
    close: () => {
      isClosed = true;
      streams.forEach(end);
    },
  };
}

/** A reader who has not taken what was said is not waited for. */
function end({ raw }: Open): void {
  if (raw.writableLength > 0) raw.destroy();
  else raw.end();
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  // What ends with its stream keeps no server from stopping.
  connection: 'close',
} as const;

/** Sends the head of a stream, and takes the answer out of the framework's hands. */
function begin(reply: FastifyReply): FastifyReply['raw'] {
  const { raw } = reply;
  reply.hijack();
  // A reader who leaves in the middle of a word is no defect.
  raw.on('error', () => raw.destroy());
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...streamHeaders })) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200);
  raw.write(`retry: ${comeAgainMs.least + Math.floor(Math.random() * comeAgainMs.spread)}\n\n`);
  return raw;
}

function refuse(reply: FastifyReply, status: 429 | 503, detail: string): undefined {
  void reply
    .code(status)
    .header('retry-after', retryAfterSeconds)
    .type(problemType)
    .send(JSON.stringify(problem(status, detail)));
}
