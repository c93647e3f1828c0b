import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Accept, Filed } from '../../linkback/accept.ts';
import { answerTo, type Answered } from '../../linkback/answered.ts';
import { isRefusal, type Refusal } from '../../linkback/refusal.ts';
import { bodyOf, takeBodiesAsBytes } from '../raw-body.ts';
import { listing, receiving } from './described.ts';
import { faults } from './faults.ts';
import { formatAnswer, formatList, maxRequestBytes, readRequest, type ListedPing } from './wire.ts';

export type TrackbackOptions = {
  readonly accept: Accept;
  /** The page at a path of a site, by the site's slug; undefined when there is no such site. */
  readonly pageAt: (slug: string, pathAndQuery: string) => string | undefined;
  /** The approved linkbacks of a page, oldest first; undefined when it takes none. */
  readonly publicPings: (target: string, site: string) => Promise<readonly ListedPing[] | undefined>;
  readonly answered: Answered;
};

type Asked = { readonly slug: string; readonly target: string | undefined; readonly query: URLSearchParams };

/**
 * Receives TrackBack pings at `/trackback/{site}/{path of the target, with its query}`.
 *
 * GET never pings: with `__mode=rss` it lists, else it leads to the page. The server's URLs must have gone through
 * {@link keepSpelling}.
 *
 * Limits:  bodies of 32 KiB.
 * Refuses: everything in `faults.ts` that is known before the source is fetched.
 * Spec:    TrackBack 1.2.
 */
export function receiveTrackbacks(app: FastifyInstance, options: TrackbackOptions, done: () => void): void {
  takeBodiesAsBytes(app, maxRequestBytes);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOurs = error.statusCode === undefined || error.statusCode >= 500;
    if (isOurs) request.log.error(error, 'answering a TrackBack ping failed');
    const refusal = { refused: isOurs ? 'our-fault' : 'malformed' } as const;
    if (request.method === 'POST') options.answered(refusal.refused, reply.elapsedTime);
    return refuseIt(reply, refusal);
  });
  for (const [url, what] of addresses) {
    const pinging = { ...receiving, operationId: `ping${what}` };
    const reading = { ...listing, operationId: `get${what}Pings` };
    app.post(url, { config: { described: pinging } }, (request, reply) => receive(request, reply, options));
    app.get(url, { config: { described: reading } }, (request, reply) => show(request, reply, options));
  }
  done();
}

/** Where pings come in, and what that is the address of. */
const addresses = [
  ['/trackback/:site', 'Site'],
  ['/trackback/:site/*', 'Page'],
] as const;

async function receive(
  request: FastifyRequest,
  reply: FastifyReply,
  options: TrackbackOptions,
): Promise<FastifyReply> {
  const result = await take(request, options);
  options.answered(answerTo(result), reply.elapsedTime);
  return isRefusal(result) ? refuseIt(reply, result) : sendXml(reply, 200, formatAnswer(undefined));
}

async function take(request: FastifyRequest, options: TrackbackOptions): Promise<Filed | Refusal> {
  const { slug, target } = askedFor(request, options);
  const ping = readRequest(bodyOf(request), request.headers['content-type'] ?? '');
  if (ping === undefined) return { refused: 'malformed' };
  if (target === undefined) return { refused: 'target-closed' };
  const { url: source, claims } = ping;
  return options.accept({
    dialect: 'trackback',
    source,
    target,
    senderIp: request.ip,
    site: slug,
    claims,
  });
}

async function show(
  request: FastifyRequest,
  reply: FastifyReply,
  options: TrackbackOptions,
): Promise<FastifyReply> {
  const { slug, target, query } = askedFor(request, options);
  const pings = target === undefined ? undefined : await options.publicPings(target, slug);
  if (target === undefined || pings === undefined) return refuseIt(reply, { refused: 'target-closed' });
  if (query.get('__mode') === 'rss') return sendXml(reply, 200, formatList(target, pings));
  // Version 1.0 pinged by GET; a page that is only read ahead of time must not.
  if (query.has('url')) return refuseIt(reply, { refused: 'malformed' });
  return reply.code(302).header('location', target).send();
}

/** The target as it is spelled in the ping URL. */
function askedFor(request: FastifyRequest, options: TrackbackOptions): Asked {
  const { site: slug, '*': path = '' } = request.params as { site: string; '*'?: string };
  const search = /\?([^#]*)/u.exec(request.url)?.[1] ?? '';
  const own = search
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('__mode='))
    .join('&');
  const target = options.pageAt(slug, `/${path}${own === '' ? '' : `?${own}`}`);
  return { slug, query: new URLSearchParams(search), target };
}

/**
 * Escapes the target's path in a ping URL once more, for the router decodes what it matches: paths come out as they
 * are spelled, and those in another charset than UTF-8 come out at all.
 */
export function keepSpelling(url: string): string {
  const [, start, path = '', rest = ''] = /^(\/trackback\/[^/?#]*\/)([^?#]*)(.*)$/su.exec(url) ?? [];
  return start === undefined ? url : `${start}${path.replaceAll('%', '%25')}${rest}`;
}

function refuseIt(reply: FastifyReply, { refused, retryAfterSeconds }: Refusal): FastifyReply {
  const { status, message } = faults[refused];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return sendXml(reply, status, formatAnswer(message ?? undefined));
}

function sendXml(reply: FastifyReply, status: number, xml: string): FastifyReply {
  return reply.code(status).type('text/xml; charset=utf-8').send(xml);
}
