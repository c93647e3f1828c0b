import helmet from '@fastify/helmet';
import {
  fastify,
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifySchemaCompiler,
  type FastifyServerOptions,
} from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Config } from './config.ts';
import { connectionLimit, descriptorLimit, limitConnections } from './crowd.ts';
import { unavailableRetrySeconds } from './linkback/accept.ts';
import { problem, problemType } from './linkback/problem.ts';
import { Unavailable } from './linkback/unavailable.ts';
import { credibleForwarding } from './protocols/forwarded.ts';
import { keepSpelling } from './protocols/trackback/receive.ts';
import { answerUnread } from './protocols/unread.ts';

/** How long a request's bytes may take to arrive, in milliseconds; the default is for ever. */
const requestTimeoutMs = 10_000;

export type LoggerOptions = NonNullable<FastifyServerOptions['logger']>;

/** Makes the HTTP server that the rooms' routes are mounted on: its limits, headers, and what it says when all else fails. */
export function buildServer(config: Config, logger: LoggerOptions): FastifyInstance {
  const prefix = config.baseUrl?.pathname.replace(/\/$/u, '') ?? '';
  const withoutPrefix = (url: string): string =>
    prefix !== '' && url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url;
  const server = fastify({
    logger,
    logController: new LogController({ disableRequestLogging: true }),
    // A field that no schema knows is a mistake to be told of; left to itself, Fastify drops it.
    ajv: { customOptions: { removeAdditional: false } },
    trustProxy: trustProxy(config),
    requestTimeout: requestTimeoutMs,
    http: { connectionsCheckingInterval: requestTimeoutMs / 2 },
    forceCloseConnections: 'idle',
    // While stopping, each dialect says "unavailable" in its own words.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    // Behind a proxy that passes the path on as it is, the public address may have one of its own.
    rewriteUrl: ({ url = '/' }) => keepSpelling(withoutPrefix(url)),
    frameworkErrors: (error, { method, url }, reply: FastifyReply) => {
      const { status, type, body } = answerUnread(`${method} ${url}`, error.statusCode ?? 400);
      void reply
        .code(status)
        .type(type)
        .header(...noSniff)
        .send(body);
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || socket.destroyed) return;
      if (socket.writable) socket.write(answerClientError(error, withoutPrefix));
      socket.destroy(error);
    },
  });
  limitConnections(server, connectionLimit(descriptorLimit()));
  server.addHook('onRequest', ({ raw: { headers } }, _reply, next) => {
    const forwarded = headers['x-forwarded-for'];
    if (forwarded !== undefined) headers['x-forwarded-for'] = credibleForwarding(String(forwarded));
    next();
  });
  // Fastify takes the time of a request only where somebody waits for its end.
  server.addHook('onResponse', (_request, _reply, next) => next());
  server.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof Unavailable) {
      request.log.warn(error, 'the store is not ready');
      reply.header('retry-after', unavailableRetrySeconds);
      return sendProblem(reply, 503, 'The database cannot be written at the moment; try again later.');
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error(error, 'answering failed');
    return sendProblem(reply, status, status >= 500 ? 'Something went wrong on our side.' : error.message);
  });
  server.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, 404, 'There is nothing at this address.'),
  );
  server.addHook('onRoute', (route) => {
    if (route.schema?.body !== undefined) route.validatorCompiler ??= readShape;
  });
  server.register(helmet, headers);
  return server;
}

/**
 * Reads what a route with a body is sent: JSON has types of its own, so a body is taken as it is. What stands in a URL
 * is text, and converted; elsewhere Fastify sees to that.
 */
const readShape: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const shape = Compile(schema);
  return (sent: unknown) => {
    const value = shape.Default(httpPart === 'body' ? sent : shape.Convert(sent));
    if (shape.Check(value)) return { value };
    // A field that nobody knows is named twice.
    return { error: shape.Errors(value).filter(({ keyword }) => keyword !== 'boolean') };
  };
};

type ClientError = Parameters<NonNullable<FastifyServerOptions['clientErrorHandler']>>[0];

const noSniff = ['x-content-type-options', 'nosniff'] as const;

/** What Node's own reader of HTTP gives up on, by its name for it; anything else is a 400. */
const clientErrorStatus: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** A whole answer to what Node's own reader of HTTP gives up on: an address with bytes that are not ASCII, say. */
function answerClientError(error: ClientError, withoutPrefix: (url: string) => string): string {
  const line = error.code === 'HPE_INVALID_URL' ? requestLine(error, withoutPrefix) : '';
  const { status, type, body } = answerUnread(line, clientErrorStatus[error.code] ?? 400);
  const head = [
    `HTTP/1.1 ${status} ${problem(status, '').title}`,
    `content-type: ${type}`,
    `content-length: ${Buffer.byteLength(body)}`,
    noSniff.join(': '),
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Method and path as far as they can be told; a request that came in pieces tells nothing. */
function requestLine(error: ClientError, withoutPrefix: (url: string) => string): string {
  const { rawPacket }: { readonly rawPacket?: unknown } = error;
  const start = Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1', 0, maxRequestLine) : '';
  const [, method = '', url = ''] = /^([A-Z]+) (\S*)/u.exec(start) ?? [];
  return `${method} ${withoutPrefix(url)}`;
}

/** So much of a request line is looked at, in bytes. */
const maxRequestLine = 2048;

/** What every answer says to browsers; pages load our own style and nothing else. */
const headers = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'"],
      'connect-src': ["'self'"],
      'form-action': ["'self'"],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"],
      'require-trusted-types-for': ["'script'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  frameguard: { action: 'deny' },
  // Said by the proxy that ends TLS, if at all.
  strictTransportSecurity: false,
} as const;

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type(problemType)
    .send(JSON.stringify(problem(status, detail)));
}

/** Counting hops from us, the first is the proxy that called; without proxies nobody's word is believed. */
function trustProxy({
  trustProxy: trusted,
}: Config): string[] | false | ((address: string, hop: number) => boolean) {
  return typeof trusted === 'number' ? (_address, hop) => hop < trusted : trusted;
}

/** The address we listen on, for when no public address is set. */
export function listeningAt(server: FastifyInstance, { host, port }: Config): string {
  const address = server.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return addressOf(host, actual).href;
}

/** The address of a service at a host and port, as somebody on this machine calls it. */
export function addressOf(host: string, port: number): URL {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return new URL(`http://${name.includes(':') ? `[${name}]` : name}:${port}/`);
}
