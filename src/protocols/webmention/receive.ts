import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Accept, Ping } from '../../linkback/accept.ts';
import { answerTo, type Answered } from '../../linkback/answered.ts';
import { problem, problemType } from '../../linkback/problem.ts';
import { isRefusal, refuse, type Refusal } from '../../linkback/refusal.ts';
import { bodyOf, takeBodiesAsBytes } from '../raw-body.ts';
import { form, receiving } from './described.ts';
import { faults } from './faults.ts';
import { maxRequestBytes, readFields, readRequest, type WebmentionFields } from './wire.ts';

export type WebmentionOptions = {
  readonly accept: Accept;
  readonly statusUrl: (statusId: string) => string;
  /** Whether the site wants a page that vouches for this source. */
  readonly needsVouch: (source: string, target: string) => Promise<boolean>;
  /** A page with the form for people, which sends to the page's own address. */
  readonly formPage: (form: FilledForm) => string;
  readonly answered: Answered;
};

/** What a person has filled in, and what is wrong with it. */
export type FilledForm = WebmentionFields & {
  readonly wrong?: string;
  /** Whether there is to be a page that vouches for the source. */
  readonly wantsVouch?: boolean;
};

/**
 * Receives webmentions at `/webmention` and `/{site}/webmention`; people get a form there.
 *
 * Limits:  bodies of 8 KiB.
 * Refuses: everything in `faults.ts` that is known before the source is fetched.
 * Spec:    Webmention 3.2.
 */
export function receiveWebmentions(app: FastifyInstance, options: WebmentionOptions, done: () => void): void {
  takeBodiesAsBytes(app, maxRequestBytes);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOurs = error.statusCode === undefined || error.statusCode >= 500;
    if (isOurs) request.log.error(error, 'answering a webmention failed');
    const refusal = { refused: isOurs ? 'our-fault' : 'malformed' } as const;
    if (request.method === 'POST') options.answered(refusal.refused, reply.elapsedTime);
    return refuseIt(request, reply, refusal, options);
  });
  for (const [url, to] of addresses) {
    const sending = { ...receiving, operationId: `sendWebmention${to}` };
    const filled = {
      schema: { querystring: Filled },
      config: { described: { ...form, operationId: `getWebmentionForm${to}` } },
    };
    app.post(url, { config: { described: sending } }, (request, reply) => receive(request, reply, options));
    app.get<{ Querystring: WebmentionFields }>(url, filled, ({ query }, reply) =>
      sendForm(reply, 200, query, options),
    );
  }
  done();
}

/** Where webmentions come in, and what generated clients add to its names. */
const addresses = [
  ['/webmention', ''],
  ['/:site/webmention', 'ToSite'],
] as const;

/** Not for good, unlike others of this reason: the same may be sent again, with a vouch. */
const vouchFirst: Refusal = refuse('access-denied');

/** A link to the form may fill it in. */
const Filled = Type.Object({
  source: Type.Optional(Type.String()),
  target: Type.Optional(Type.String()),
  vouch: Type.Optional(Type.String()),
});

async function receive(
  request: FastifyRequest,
  reply: FastifyReply,
  options: WebmentionOptions,
): Promise<FastifyReply> {
  const sent = [bodyOf(request), request.headers['content-type'] ?? ''] as const;
  const asked = readRequest(...sent);
  if (asked === undefined) {
    options.answered('malformed', reply.elapsedTime);
    return refuseIt(request, reply, { refused: 'malformed' }, options, readFields(...sent));
  }
  const { site } = request.params as { site?: string };
  const ping: Ping = {
    dialect: 'webmention',
    source: asked.source,
    target: asked.target,
    senderIp: request.ip,
    ...(site === undefined ? {} : { site }),
    ...(asked.vouch === undefined ? {} : { vouch: asked.vouch }),
  };
  const filed = await options.accept(ping, async () => {
    const isLacking = asked.vouch === undefined && (await options.needsVouch(asked.source, asked.target));
    return isLacking ? vouchFirst : undefined;
  });
  options.answered(answerTo(filed), reply.elapsedTime);
  if (filed === vouchFirst) return askForVouch(request, reply, options, asked);
  if (isRefusal(filed)) return refuseIt(request, reply, filed, options, asked);
  const status = options.statusUrl(filed.statusId);
  // A person wants to see what becomes of it; a program gets its address.
  if (wantsPage(request)) return reply.code(303).header('location', status).send();
  const text = faults[filed.verification === 'verified' ? 'already-registered' : 'upstream'].text;
  return reply
    .code(201)
    .header('location', status)
    .type('text/plain; charset=utf-8')
    .send(`${text} Its status: ${status}\n`);
}

/** Spec: Vouch: the sender may send the same again, with a vouch. */
function askForVouch(
  request: FastifyRequest,
  reply: FastifyReply,
  options: WebmentionOptions,
  asked: WebmentionFields,
): FastifyReply {
  if (wantsPage(request)) return sendForm(reply, 449, { ...asked, wantsVouch: true }, options);
  const detail = 'Name a page that vouches for the source, in the field "vouch", and send it again.';
  const answer = { type: 'about:blank', title: 'Retry With vouch', status: 449, detail };
  return reply.code(449).type(problemType).send(JSON.stringify(answer));
}

function refuseIt(
  request: FastifyRequest,
  reply: FastifyReply,
  { refused, retryAfterSeconds }: Refusal,
  options: WebmentionOptions,
  asked: WebmentionFields = {},
): FastifyReply {
  const { status, text } = faults[refused];
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (wantsPage(request)) return sendForm(reply, status, { ...asked, wrong: text }, options);
  return reply
    .code(status)
    .type(problemType)
    .send(JSON.stringify({ ...problem(status, text), reason: refused }));
}

function sendForm(
  reply: FastifyReply,
  status: number,
  form: FilledForm,
  options: WebmentionOptions,
): FastifyReply {
  return reply
    .code(status)
    .header('x-robots-tag', 'noindex')
    .type('text/html; charset=utf-8')
    .send(options.formPage(form));
}

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true;
}
