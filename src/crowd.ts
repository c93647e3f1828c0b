import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problem, problemType } from './linkback/problem.ts';

/** What a process may have open for its own work, fetches and the database above all, while callers crowd in. */
const keptForWork = 256;

/** How long a connection beyond the limit may take to say what it wants, in milliseconds, before it is hung up on. */
const sayWithinMs = 2000;

/** What those are told whom there is no room for; when to come back, in seconds. */
const retryAfterSeconds = 30;

type Socket = FastifyRequest['raw']['socket'];

/** How many connections of callers there may be at once where a process may have so many files and sockets open. */
export function connectionLimit(descriptors: number): number {
  return Math.max(descriptors - keptForWork, Math.floor((descriptors * 3) / 8));
}

/** How many files and sockets this process may have open; Infinity where the system does not tell. */
export function descriptorLimit(limitsFile = '/proc/self/limits'): number {
  try {
    return Number(/^Max open files\s+(\d+)/mu.exec(readFileSync(limitsFile, 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/**
 * Tells callers to come back later when there are too many of them at once.
 *
 * A process that has no descriptors left can neither take calls nor fetch pages, and whoever calls gets no answer.
 *
 * Limits: `most` connections; a quarter more may still say what they want and are answered 503, beyond that nobody is
 *         listened to.
 */
export function limitConnections(server: FastifyInstance, most: number): void {
  const turnedAway = new WeakSet<Socket>();
  let open = 0;
  let isCrowded = false;

  server.server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
      if (open <= most / 2) isCrowded = false;
    });
    if (open <= most) return;
    turnedAway.add(socket);
    if (!isCrowded)
      server.log.warn({ connections: open }, 'too many callers at once; the rest is told to come back');
    isCrowded = true;
    if (open > most * 1.25) socket.end(refusal, () => socket.destroy());
    else setTimeout(() => socket.destroy(), sayWithinMs).unref();
  });
  server.addHook('onRequest', (request, reply, next) => {
    if (!turnedAway.has(request.raw.socket)) {
      next();
      return;
    }
    void reply
      .code(503)
      .headers({ 'retry-after': retryAfterSeconds, connection: 'close' })
      .type(problemType)
      .send(detail);
  });
}

const detail = JSON.stringify(problem(503, 'There are too many callers at the moment; try again later.'));

const refusal = [
  'HTTP/1.1 503 Service Unavailable',
  `content-type: ${problemType}`,
  `content-length: ${Buffer.byteLength(detail)}`,
  `retry-after: ${retryAfterSeconds}`,
  'connection: close',
  '',
  detail,
].join('\r\n');
