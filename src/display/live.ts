import { setImmediate } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Change, Changes } from '../linkback/changes.ts';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import { safeJson } from './conditional.ts';
import { answers, asItIs, reading, textOf } from './described.ts';
import { openStreams, type EventStream, type StreamLimits } from './event-streams.ts';
import { keyOfPage } from './page-key.ts';
import { toPublic } from './public-linkback.ts';
import {
  findScope,
  markOf,
  refuseScope,
  whoseQuery,
  type AskedWhose,
  type ReadOptions,
  type Scope,
} from './public-query.ts';

export type LiveOptions = Pick<ReadOptions, 'sites'> & {
  readonly store: Pick<ReadOptions['store'], 'targetLook'>;
  readonly listen: Changes['listen'];
  /** Tells the events of this run of the service from those of an earlier one. */
  readonly run: string;
  readonly limits?: Partial<StreamLimits>;
};

/** Events kept for readers who were away for a moment. */
const maxKept = 200;

const missed = 'event: missed\ndata: {}\n\n';

/** A linkback as the public saw it, and where. */
type Seen = { readonly site: string; readonly key: string; readonly json: string };
type News = { readonly serial: number; readonly id: string; readonly was?: Seen; readonly is?: Seen };

/**
 * Serves `/api/live`: what happens to the public linkbacks of a page or a site, as it happens.
 *
 * `approved` and `updated` carry the linkback, `removed` its id. Who comes back names the last event they have; when
 * what came after it is not kept any more, `missed` says so, and the list is to be read again.
 *
 * Limits: those of {@link openStreams}; the last 200 events are kept, while anybody listens, and of more than 200 at
 *         once there is only `missed`.
 */
export function watchLive(app: FastifyInstance, options: LiveOptions, done: () => void): void {
  const streams = openStreams(options.limits);
  const readers = new Set<{ readonly stream: EventStream; readonly scope: Scope }>();
  let kept: News[] = [];
  let serial = 0;
  const nameOf = (at: number): string => `${options.run}-${at}`;

  const tell = async ({ before, after }: Change): Promise<void> => {
    const [was, is] = [await seen(before, options), await seen(after, options)];
    if (was !== undefined && is !== undefined && sameToAll(was, is)) return;
    const id = after?.id ?? before?.id ?? '';
    serial += 1;
    const news = { serial, id, ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { is }) };
    kept = [...kept.slice(1 - maxKept), news];
    for (const { stream, scope } of readers) stream.send(eventFor(scope, news, nameOf));
  };
  /** Says that too much has happened to tell it one by one, or that nobody was there to be told. */
  const tellOfMuch = (): void => {
    serial += 1;
    kept = [];
    for (const { stream } of readers) stream.send(`id: ${nameOf(serial)}\n${missed}`);
  };
  const untold = makeQueue(tell, tellOfMuch, (error) => app.log.error(error, 'telling of a change failed'));
  const stopListening = options.listen((change) => {
    if (!isSeen(change.before) && !isSeen(change.after)) return;
    if (readers.size === 0) tellOfMuch();
    else untold(change);
  });

  /** What a reader has missed since an event. */
  const missedSince = (name: string, scope: Scope): string => {
    if (name === nameOf(serial)) return '';
    const at = kept.findIndex((news) => nameOf(news.serial - 1) === name);
    if (at < 0) return missed;
    return kept
      .slice(at)
      .map((news) => eventFor(scope, news, nameOf))
      .join('');
  };

  app.setSerializerCompiler(asItIs);
  app.get(
    '/api/live',
    { schema: liveSchema, exposeHeadRoute: false },
    async (request: FastifyRequest<{ Querystring: AskedWhose }>, reply) => {
      const scope = await findScope(request.query, options);
      if (scope === undefined) return refuseScope(reply);
      // Nothing will ever happen there: this answer keeps browsers from asking again.
      if (scope === 'nobody') return reply.code(204).send();
      const stream = streams.open(request, reply);
      if (stream === undefined) return reply;
      const reader = { stream, scope };
      readers.add(reader);
      stream.onEnd(() => readers.delete(reader));
      const last = request.headers['last-event-id'];
      if (typeof last === 'string' && last !== '') stream.send(missedSince(last, scope));
      stream.send(`id: ${nameOf(serial)}\n\n`);
      return reply;
    },
  );
  app.addHook('preClose', async () => {
    stopListening();
    streams.close();
  });
  done();
}

const liveSchema = reading(
  'watchLinkbacks',
  'What happens to the linkbacks of a page or a site, as it happens',
  {
    description:
      'Server-sent events: "approved" and "updated" with the linkback as /api/linkbacks gives it, "removed" with its id ' +
      'only, "missed" when Last-Event-ID names an event that is too long ago: then read the list again.',
    querystring: whoseQuery(),
    response: {
      ...answers(
        [
          textOf(
            'text/event-stream',
            'A stream that does not end.',
            'id: 0193-7\nevent: removed\ndata: {"id":"01940b4e-6f2c-7c4a-9a3f-0d5b6e7f8a91"}\n\n',
          ),
        ],
        [400, 429, 503],
      ),
      204: { description: 'The page is of no site here: nothing will ever happen.', type: 'null' },
    },
  },
);

/**
 * Makes a queue of changes that are told one after the other, what happened first at first.
 *
 * A decision may move thousands at once. Others get their turn between each two; of more than can be kept, `tooMany`.
 */
function makeQueue(
  tell: (change: Change) => Promise<void>,
  tooMany: () => void,
  onError: (error: unknown) => void,
): (change: Change) => void {
  let waiting: Change[] = [];
  let isTelling = false;
  const tellAll = async (): Promise<void> => {
    isTelling = true;
    for (let change = waiting.shift(); change !== undefined; change = waiting.shift()) {
      await tell(change).catch(onError);
      await setImmediate();
      if (waiting.length <= maxKept) continue;
      waiting = [];
      tooMany();
    }
    isTelling = false;
  };
  return (change) => {
    // One more than is kept says already that it is too many.
    if (waiting.length <= maxKept) waiting.push(change);
    if (!isTelling) void tellAll();
  };
}

function isSeen(linkback: Linkback | null): linkback is Linkback {
  return linkback !== null && isPublic(linkback);
}

async function seen(linkback: Linkback | null, options: LiveOptions): Promise<Seen | undefined> {
  if (!isSeen(linkback)) return undefined;
  const site = options.sites().find(({ slug }) => slug === linkback.site);
  const key = site === undefined ? '' : await keyOfPage(options.store, site, new URL(linkback.target));
  return { site: linkback.site, key, json: safeJson(toPublic(linkback, markOf(options, linkback.site))) };
}

/** A look that found nothing new is no news. */
function sameToAll(was: Seen, is: Seen): boolean {
  const lasting = ({ json }: Seen): string => json.replace(/"updatedAt":"[^"]*"/u, '');
  return was.site === is.site && was.key === is.key && lasting(was) === lasting(is);
}

/** The event that a change is to those who watch a page or a site; nothing when it is none of theirs. */
function eventFor(scope: Scope, { serial, id, was, is }: News, nameOf: (at: number) => string): string {
  const wasThere = was !== undefined && isIn(was, scope);
  if (is !== undefined && isIn(is, scope))
    return `id: ${nameOf(serial)}\nevent: ${wasThere ? 'updated' : 'approved'}\ndata: ${is.json}\n\n`;
  return wasThere ? `id: ${nameOf(serial)}\nevent: removed\ndata: ${safeJson({ id })}\n\n` : '';
}

function isIn(seen: Seen, { targetKey = seen.key, site = seen.site }: Scope): boolean {
  return seen.key === targetKey && seen.site === site;
}
