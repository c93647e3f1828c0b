import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { answers, asItIs, reading, textOf } from './described.ts';
import { openStreams, type StreamLimits } from './event-streams.ts';
import type { News } from './news.ts';
import { findScope, refuseScope, whoseQuery, type AskedWhose, type ReadOptions } from './public-query.ts';

export type LiveOptions = Pick<ReadOptions, 'sites'> & {
  readonly store: Pick<ReadOptions['store'], 'targetLook'>;
  readonly news: News;
  readonly limits?: Partial<StreamLimits>;
};

type Asking = FastifyRequest<{ Querystring: AskedWhose & { readonly after?: string } }>;

/**
 * Serves `/api/live`: what happens to the public linkbacks of a page or a site, as it happens.
 *
 * `approved` and `updated` carry the linkback, `removed` its id. Who comes back names the last event they have, and who
 * has just read a list the one that it was read after; when what came since is not kept any more, `missed` says so,
 * and the list is to be read again.
 *
 * Limits: those of {@link openStreams}.
 */
export function watchLive(app: FastifyInstance, options: LiveOptions, done: () => void): void {
  const streams = openStreams(options.limits);
  app.setSerializerCompiler(asItIs);
  app.get('/api/live', { schema: liveSchema, exposeHeadRoute: false }, async (request: Asking, reply) => {
    const scope = await findScope(request.query, options);
    if (scope === undefined) return refuseScope(reply);
    // Nothing will ever happen there: this answer keeps browsers from asking again.
    if (scope === 'nobody') return reply.code(204).send();
    const stream = streams.open(request, reply);
    if (stream === undefined) return reply;
    const last = request.headers['last-event-id'];
    const since = typeof last === 'string' && last !== '' ? last : (request.query.after ?? '');
    stream.onEnd(options.news.follow(scope, since, stream.send));
    return reply;
  });
  app.addHook('preClose', async () => {
    options.news.stop();
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
      'only, "missed" when Last-Event-ID, or "after", names an event that is too long ago: then read the list again.',
    querystring: whoseQuery({
      after: Type.Optional(
        Type.String({
          maxLength: 100,
          description: 'The event that a list was read after: what has happened since is told first.',
        }),
      ),
    }),
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
