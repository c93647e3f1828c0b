import type { FastifyInstance, FastifyReply, FastifySchema } from 'fastify';
import { problem, problemType } from './linkback/problem.ts';
import { Damaged, Slow, Stopped } from './linkback/unavailable.ts';
import type { Metrics } from './metrics.ts';
import type { AskLeave, Leave } from './moderation/numbers-leave.ts';

/** A database that takes longer to write one row is called slow, and not waited for, in milliseconds. */
const readyWithinMs = 2000;
/** When to ask again whether the service is ready, in seconds. */
const askAgainSeconds = 30;

export type OperateOptions = {
  /** Resolves when the store can read and write. */
  readonly check: () => Promise<void>;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly askLeave: AskLeave;
  /** Instead of {@link readyWithinMs}. */
  readonly withinMs?: number;
};

/**
 * Serves what those who run the service ask: `/healthz`, whether the process is alive, `/readyz`, whether it can do its
 * work, and `/metrics`, its numbers.
 *
 * Limits:  `/healthz` asks nobody; `/readyz` answers within {@link readyWithinMs}, however slow the database is.
 * Refuses: `/metrics` to those without a token, as the owner's API does.
 */
export function operate(server: FastifyInstance, options: OperateOptions, done: () => void): void {
  const look = makeLook(options.check, options.withinMs ?? readyWithinMs);
  server.addHook('onRequest', (_request, reply, next) => {
    reply.header('cache-control', 'no-store');
    next();
  });
  server.get('/healthz', { config: { described: alive } }, () => ({ status: 'alive' }));
  server.get('/readyz', { config: { described: ready } }, async (request, reply) => {
    const { database, error } = await look();
    if (database === 'up') return { status: 'ready', database };
    request.log.warn({ err: error, database }, 'the store is not ready');
    return reply.code(503).header('retry-after', askAgainSeconds).send({ status: 'unavailable', database });
  });
  server.get('/metrics', { config: { described: numbers } }, async (request, reply) => {
    const leave = await options.askLeave(request.headers.authorization, request.ip);
    if (leave !== 'yes') return refuse(reply, leave);
    return reply.type(options.metrics.contentType).send(await options.metrics.text());
  });
  done();
}

/** How the database stands: what it is called, and the error that says so. */
type Standing = {
  readonly database: 'up' | 'slow' | 'stopped' | 'damaged' | 'cannot write';
  readonly error?: unknown;
};

/** Makes the look at the database; while one is under way nobody begins another. */
function makeLook(check: () => Promise<void>, withinMs: number): () => Promise<Standing> {
  let underWay: Promise<Standing> | undefined;
  const look = async (): Promise<Standing> => {
    try {
      await check();
      return { database: 'up' };
    } catch (error) {
      return { database: standingBy(error), error };
    } finally {
      underWay = undefined;
    }
  };
  return async () => {
    const slow = Promise.withResolvers<Standing>();
    const timer = setTimeout(slow.resolve, withinMs, { database: 'slow' });
    try {
      return await Promise.race([(underWay ??= look()), slow.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function standingBy(error: unknown): Standing['database'] {
  if (error instanceof Damaged) return 'damaged';
  if (error instanceof Slow) return 'slow';
  return error instanceof Stopped ? 'stopped' : 'cannot write';
}

function refuse(reply: FastifyReply, leave: Exclude<Leave, 'yes'>): FastifyReply {
  if (leave === 'nobody') {
    reply.header('www-authenticate', 'Bearer realm="linkbackd"');
    return sendProblem(
      reply,
      401,
      'Send a token as "Authorization: Bearer …": METRICS_TOKEN, or one that reads.',
    );
  }
  if (leave === 'no')
    return sendProblem(reply, 403, 'This token may not: it takes the scope "read" of all sites.');
  reply.header('retry-after', leave.retryAfterSeconds ?? 0);
  return sendProblem(reply, 429, 'Too many wrong tokens came from your address; try again later.');
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type(problemType)
    .send(JSON.stringify(problem(status, detail)));
}

const stateOf = (properties: object): object => ({
  'application/json': {
    schema: { type: 'object', properties: { status: { type: 'string' }, ...properties } },
  },
});

const database = {
  database: {
    type: 'string',
    description:
      '`up`; `slow` when it did not answer in time; `stopped` when it is not there; `cannot write` when its disk is full or ' +
      'another program has locked it; `damaged`.',
  },
};

const alive: FastifySchema = {
  tags: ['Operation'],
  operationId: 'getHealth',
  summary: 'See whether the process is alive',
  response: { 200: { description: 'It is.', content: stateOf({}) } },
};

const ready: FastifySchema = {
  tags: ['Operation'],
  operationId: 'getReadiness',
  summary: 'See whether it can do its work',
  response: {
    200: { description: 'It can read and write its database.', content: stateOf(database) },
    503: { description: 'It cannot, at the moment.', content: stateOf(database) },
  },
};

const text = { 'text/plain': { schema: { type: 'string' } } };

const numbers: FastifySchema = {
  tags: ['Operation'],
  operationId: 'getMetrics',
  summary: 'Get its numbers, for Prometheus',
  description:
    'Needs the metrics token of the settings as a bearer, or a token of the scope `read` for all sites.',
  security: [{ bearer: [] }],
  response: { 200: { description: 'The text format of Prometheus, 0.0.4.', content: text } },
};
