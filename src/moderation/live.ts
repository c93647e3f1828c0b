import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Change, Changes } from '../linkback/changes.ts';
import type { Counts, ModerationStore } from '../linkback/owner-ports.ts';
import { holderOf, visitorOf, type AccessOptions, type Visitor } from './access.ts';
import { owned } from './described.ts';
import { toModerated } from './moderated-linkback.ts';

/** A stream of server-sent events to one reader. */
export type Stream = {
  readonly send: (text: string) => void;
  readonly onEnd: (listener: () => void) => void;
  readonly end: () => void;
};

/** Where streams are kept: with heartbeats, a bound on their number, and no patience with who does not read. */
export type Streams = {
  /** Begins a stream; undefined when there is no place for it, which has been answered. */
  readonly open: (request: FastifyRequest, reply: FastifyReply) => Stream | undefined;
  readonly close: () => void;
};

export type LiveOptions = {
  readonly streams: Streams;
  readonly listen: Changes['listen'];
  readonly store: Pick<ModerationStore, 'counts'>;
  readonly access: Pick<AccessOptions, 'tokens' | 'sessions'>;
  readonly pace?: Partial<Pace>;
};

/** In milliseconds. */
export type Pace = {
  /** How often counts, and news of large decisions, are sent at most. */
  readonly gatherMs: number;
  /** How often it is looked whether readers may still be told. */
  readonly checkEveryMs: number;
};

const usualPace: Pace = { gatherMs: 500, checkEveryMs: 2000 };

type Reader = { readonly stream: Stream; readonly site: string | undefined; readonly visitor: Visitor };

/**
 * Serves `/api/moderation/live`: what happens to linkbacks, to their owner, as it happens.
 *
 * `filed` and `changed` carry the linkback, `erased` its id; `counts` follow now and then. What one decision moves
 * with many others is not told one by one: `decided` says so, and the list is to be read again.
 *
 * `missed` says that something has changed elsewhere: then, too.
 *
 * Limits: those of the streams; who signs out, or whose token ends, is told nothing after {@link Pace.checkEveryMs}.
 */
export function watchModeration(app: FastifyInstance, options: LiveOptions, done: () => void): void {
  const { streams, store } = options;
  const pace = { ...usualPace, ...options.pace };
  const readers = new Set<Reader>();
  const gathered = gather(readers, store, (error) => app.log.error(error, 'counting for the page failed'));
  let gathering: NodeJS.Timeout | undefined;

  const sendSoon = (): void => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      void gathered.send();
    }, pace.gatherMs).unref();
  };
  const stopListening = options.listen({
    onChange: (change) => {
      if (readers.size === 0) return;
      if (change.decision === undefined) tell(readers, change);
      else gathered.note(change);
      sendSoon();
    },
    onMissed: () => {
      gathered.noteMissed();
      sendSoon();
    },
  });

  const checking = setInterval(() => {
    for (const reader of readers) {
      endUnlessAllowed(reader, options.access).catch((error: unknown) => {
        app.log.error(error, 'looking whether a reader may still be told failed');
      });
    }
  }, pace.checkEveryMs).unref();

  app.get<{ Querystring: Static<typeof Query> }>('/api/moderation/live', live, async (request, reply) => {
    const site = holderOf(request).site ?? request.query.site;
    const counts = await store.counts(site);
    const stream = streams.open(request, reply);
    if (stream === undefined) return reply;
    const reader = { stream, site, visitor: visitorOf(request) };
    readers.add(reader);
    stream.onEnd(() => readers.delete(reader));
    stream.send(eventText('counts', counts));
    return reply;
  });

  app.addHook('preClose', async () => {
    stopListening();
    clearInterval(checking);
    clearTimeout(gathering);
    streams.close();
  });
  done();
}

const Query = Type.Object(
  { site: Type.Optional(Type.String({ maxLength: 64, description: 'Of this site only.' })) },
  { additionalProperties: false },
);

const live = owned('read', {
  operationId: 'watchModeratedLinkbacks',
  tag: 'Moderation',
  summary: 'Watch linkbacks',
  description:
    'Server-sent events: "filed" and "changed" with the linkback, "erased" with its id, "counts", and "decided" with ' +
    'the id of a decision on many and how many it has moved so far: then read the list again. So after "missed", ' +
    'which says that something has changed that is not told one by one.',
  querystring: Query,
  gives: {
    200: Type.String({
      contentMediaType: 'text/event-stream',
      description: 'A stream of server-sent events that does not end.',
    }),
  },
  refuses: [503],
});

function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function siteOf({ before, after }: Change): string | undefined {
  return (after ?? before)?.site;
}

function isOf(reader: Reader, site: string | undefined): boolean {
  return reader.site === undefined || reader.site === site;
}

function tell(readers: Iterable<Reader>, change: Change): void {
  const { before, after } = change;
  let text: string | undefined;
  for (const reader of readers) {
    if (!isOf(reader, siteOf(change))) continue;
    text ??=
      after === null
        ? eventText('erased', { id: before?.id })
        : eventText(before === null ? 'filed' : 'changed', toModerated(after));
    reader.stream.send(text);
  }
}

type Gathered = {
  readonly note: (change: Change) => void;
  readonly noteMissed: () => void;
  readonly send: () => Promise<void>;
};

/** Gathers what is not told one by one. */
function gather(
  readers: ReadonlySet<Reader>,
  store: LiveOptions['store'],
  onError: (error: unknown) => void,
): Gathered {
  /** By decision, how many linkbacks of each site it has moved so far. */
  const decisions = new Map<string, Map<string, number>>();
  let unsent = new Set<string>();
  let hasMissed = false;

  const sendDecisions = (): void => {
    for (const id of unsent) {
      const moved = decisions.get(id) ?? new Map<string, number>();
      for (const reader of readers) {
        const counts = [...moved].filter(([site]) => isOf(reader, site)).map(([, count]) => count);
        const count = counts.reduce((sum, each) => sum + each, 0);
        if (count > 0) reader.stream.send(eventText('decided', { id, count }));
      }
    }
    // One that has not gone on since the last time is over.
    for (const id of decisions.keys()) if (!unsent.has(id)) decisions.delete(id);
    unsent = new Set();
  };

  return {
    note: (change) => {
      const { decision: id = '' } = change;
      const site = siteOf(change) ?? '';
      const moved = decisions.get(id) ?? new Map<string, number>();
      decisions.set(id, moved.set(site, (moved.get(site) ?? 0) + 1));
      unsent.add(id);
    },
    noteMissed: () => {
      hasMissed = true;
    },
    send: async () => {
      sendDecisions();
      if (hasMissed) for (const { stream } of readers) stream.send(eventText('missed', {}));
      hasMissed = false;
      const counts = new Map<string | undefined, Counts>();
      try {
        for (const { site } of readers) {
          if (!counts.has(site)) counts.set(site, await store.counts(site));
        }
        for (const { stream, site } of readers) {
          // Who came meanwhile has been told.
          if (counts.has(site)) stream.send(eventText('counts', counts.get(site)));
        }
      } catch (error) {
        onError(error);
      }
    },
  };
}

/** A token may be revoked, a session may end: the guard at the door has seen neither. */
async function endUnlessAllowed(
  { stream, visitor }: Reader,
  { tokens, sessions }: LiveOptions['access'],
): Promise<void> {
  const { holder, session } = visitor;
  const valid = await (session === undefined
    ? tokens.byHash(holder.tokenHash)
    : sessions.find(session.cookie));
  if (valid === undefined) stream.end();
}
