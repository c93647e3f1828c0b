import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Accept, Filed } from '../../linkback/accept.ts';
import { answerTo, type Answered } from '../../linkback/answered.ts';
import { isRefusal, type Reason, type Refusal } from '../../linkback/refusal.ts';
import { bodyOf, takeBodiesAsBytes } from '../raw-body.ts';
import { receiving } from './described.ts';
import { callFaults, faults, wireFaultTexts, type Fault } from './faults.ts';
import {
  formatFault,
  formatResult,
  maxMessageBytes,
  readCall,
  wireFaults,
  type AnswerValue,
  type WireFault,
} from './wire.ts';

export type PingbackOptions = {
  readonly accept: Accept;
  /** Waits for the verdict on a ping: verified, the reason why not, or undefined when it takes longer. */
  readonly awaitVerdict: (filed: Filed) => Promise<'verified' | Reason | undefined>;
  readonly statusUrl: (statusId: string) => string;
  /** The approved sources of a page, oldest first; undefined when it takes no pingbacks here. */
  readonly publicSources: (
    target: string,
    site: string | undefined,
  ) => Promise<readonly string[] | undefined>;
  readonly answered: Answered;
};

/** What a method gives back: a value, a fault, or a refusal, which the table turns into a fault. */
type Result = { readonly value: AnswerValue } | { readonly fault: Fault } | Refusal;

type Caller = { readonly ip: string; readonly site: string | undefined };
type Method = (
  params: readonly string[],
  caller: Caller,
  options: PingbackOptions,
) => Promise<Result> | Result;

/** The methods, each with the number of its parameters; all of them are strings. */
const methods: Readonly<Record<string, { readonly takes: number; readonly call: Method }>> = {
  'pingback.ping': { takes: 2, call: ping },
  'pingback.extensions.getPingbacks': { takes: 1, call: getPingbacks },
  'system.listMethods': { takes: 0, call: () => ({ value: Object.keys(methods) }) },
  'system.getCapabilities': { takes: 0, call: () => ({ value: capabilities }) },
};

const capabilities = {
  xmlrpc: { specUrl: 'http://www.xmlrpc.com/spec', specVersion: 1 },
  faults_interop: {
    specUrl: 'http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php',
    specVersion: 20010516,
  },
  pingback: { specUrl: 'https://www.hixie.ch/specs/pingback/pingback-1.0', specVersion: 1 },
};

/**
 * Receives pingbacks over XML-RPC at `/pingback` and `/{site}/xmlrpc`.
 *
 * There is no `system.multicall`: one call of it can carry hundreds of pings.
 *
 * Limits:  bodies of 16 KiB.
 * Refuses: everything in `faults.ts`, as a fault in an HTTP 200.
 * Spec:    Pingback 1.0 sections 2 and 3; XML-RPC.
 */
export function receivePingbacks(app: FastifyInstance, options: PingbackOptions, done: () => void): void {
  // Senders call it what they like, and only the charset counts; left to itself, Fastify answers 415 to what is no type.
  app.addHook('onRequest', ({ raw: { headers } }, _reply, next) => {
    headers['content-type'] = `text/xml;${headers['content-type'] ?? ''}`;
    next();
  });
  takeBodiesAsBytes(app, maxMessageBytes);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOurs = error.statusCode === undefined || error.statusCode >= 500;
    options.answered(isOurs ? 'our-fault' : 'malformed', reply.elapsedTime);
    if (!isOurs) {
      return sendFault(reply, error.statusCode === 413 ? wireFault('too-large') : faults.malformed);
    }
    request.log.error(error, 'answering a pingback failed');
    return sendFault(reply, faults['our-fault']);
  });
  for (const [url, operationId] of addresses) {
    app.post(url, { config: { described: { ...receiving, operationId } } }, (request, reply) =>
      answer(request, reply, options),
    );
    app.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url,
      schema: { hide: true },
      handler: (_request, reply) => refuseMethod(reply),
    });
  }
  done();
}

/** Where pingbacks come in, and what generated clients call it. */
const addresses = [
  ['/pingback', 'sendPingback'],
  ['/:site/xmlrpc', 'sendPingbackToSite'],
] as const;

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  options: PingbackOptions,
): Promise<FastifyReply> {
  const call = readCall(bodyOf(request), request.headers['content-type'] ?? '');
  if ('malformed' in call) {
    options.answered('malformed', reply.elapsedTime);
    return sendFault(reply, wireFault(call.malformed));
  }
  const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  if (method === undefined) return sendFault(reply, callFaults['unknown-method']);
  const params = call.params.filter((param) => typeof param === 'string');
  if (params.length !== call.params.length || params.length !== method.takes) {
    return sendFault(reply, callFaults['wrong-parameters']);
  }
  const { site } = request.params as { site?: string };
  const result = await method.call(params, { ip: request.ip, site }, options);
  if (method === methods['pingback.ping']) options.answered(answerTo(result), reply.elapsedTime);
  if (isRefusal(result)) {
    if (result.retryAfterSeconds !== undefined) reply.header('retry-after', result.retryAfterSeconds);
    return sendFault(reply, faults[result.refused]);
  }
  return 'fault' in result ? sendFault(reply, result.fault) : sendXml(reply, formatResult(result.value));
}

async function ping(params: readonly string[], caller: Caller, options: PingbackOptions): Promise<Result> {
  const [source = '', target = ''] = params;
  const site = caller.site === undefined ? {} : { site: caller.site };
  const filed = await options.accept({ dialect: 'pingback', source, target, senderIp: caller.ip, ...site });
  if (isRefusal(filed)) return filed;
  if (filed.verification === 'verified') return { refused: 'already-registered' };
  const verdict = await options.awaitVerdict(filed);
  const status = options.statusUrl(filed.statusId);
  if (verdict === undefined)
    return { value: `The pingback is queued and will be verified. Its status: ${status}` };
  if (verdict === 'verified')
    return { value: `The pingback is verified and registered. Its status: ${status}` };
  return { refused: verdict };
}

async function getPingbacks(
  params: readonly string[],
  caller: Caller,
  options: PingbackOptions,
): Promise<Result> {
  const sources = await options.publicSources(params[0] ?? '', caller.site);
  return sources === undefined ? { refused: 'target-closed' } : { value: sources };
}

function wireFault(malformed: WireFault): Fault {
  return { code: wireFaults[malformed], text: wireFaultTexts[malformed] };
}

function sendFault(reply: FastifyReply, { code, text }: Fault): FastifyReply {
  return sendXml(reply, formatFault(code, text));
}

/** HTTP 200 whatever the answer: senders take anything else for a failure of the transport. */
function sendXml(reply: FastifyReply, xml: string): FastifyReply {
  return reply.code(200).type('text/xml; charset=UTF-8').send(xml);
}

function refuseMethod(reply: FastifyReply): FastifyReply {
  return reply
    .code(405)
    .header('allow', 'POST')
    .type('text/plain; charset=utf-8')
    .send('This is an XML-RPC endpoint for pingbacks: it takes POST requests only.\n');
}
