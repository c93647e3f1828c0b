import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { sendConditional } from './display/conditional.ts';
import { safeJson } from './linkback/safe-json.ts';
import type { Needs } from './moderation/access.ts';

declare module 'fastify' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only interfaces can be added to
  interface FastifyContextConfig {
    /** What is only said of a route: nothing is checked or shaped by it, as by its schema. */
    described?: FastifySchema;
  }
}

export type DescribeOptions = {
  readonly version: string;
  /** The name of the moderation page's cookie. */
  readonly cookieName: string;
};

/** A route as the server has it. */
export type MountedRoute = {
  readonly method: string;
  readonly url: string;
  readonly needs: Needs | undefined;
  /** Whether it says of itself that it is part of something else, and is not described. */
  readonly isHidden: boolean;
};

/** Gathers every route that is added from now on, with what it says of itself; gives the list of them. */
export function describeRoutes(
  server: FastifyInstance,
  { version, cookieName }: DescribeOptions,
): () => readonly MountedRoute[] {
  const routes: MountedRoute[] = [];
  server.addHook('onRoute', ({ method, url, config, schema }) => {
    for (const each of [method].flat())
      routes.push({ method: each, url, needs: config?.needs, isHidden: schema?.hide === true });
  });
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'linkbackd',
        version,
        summary: 'Receives, verifies, moderates and displays linkbacks.',
        description: readFileSync(new URL('./openapi.md', import.meta.url), 'utf8'),
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: tags.map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token.' },
          cookie: { type: 'apiKey', in: 'cookie', name: cookieName, description: 'Of the moderation page.' },
          csrf: {
            type: 'apiKey',
            in: 'header',
            name: 'x-linkbackd-csrf',
            description: 'With a cookie, for whatever changes something: what the session says.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const { needs, described } = route.config ?? {};
      const security = securityOf(needs, String(route.method));
      return {
        url: withoutWildcard(url),
        schema: {
          ...schema,
          ...describedAt(url, described),
          ...(security === undefined ? {} : { security }),
        },
      };
    },
    transformObject: (document) =>
      'openapiObject' in document ? nameSchemas(document.openapiObject) : document.swaggerObject,
  });
  return () => routes;
}

const tags = [
  ['Receiving', 'Where pings come in, each in the words of its dialect, and what became of them.'],
  ['Reading', 'What everybody may read: verified and approved linkbacks.'],
  ['Session', 'The moderation page, and coming in to it.'],
  ['Moderation', 'Linkbacks as their owner sees them, and decisions on them.'],
  ['Rules', 'Decisions that stand.'],
  ['Sites', 'Whose pages may be targets.'],
  ['Tokens', 'Who may use this API.'],
  ['Webhooks', 'Addresses that are told of what happens.'],
  ['Operation', 'Whether it runs, and what it can do.'],
] as const;

/** What is said of a route, without parameters that this address of it does not have. */
function describedAt(url: string, described: FastifySchema = {}): FastifySchema {
  const { params, ...rest } = described;
  if (params === undefined) return rest;
  const { properties } = params as { readonly properties: Readonly<Record<string, unknown>> };
  const own = Object.entries(properties).filter(([name]) => namesOf(url).includes(name));
  return { ...rest, params: { type: 'object', properties: Object.fromEntries(own) } };
}

/** OpenAPI knows none. */
function withoutWildcard(url: string): string {
  return url.replace(/\*$/u, ':path');
}

function namesOf(url: string): readonly string[] {
  return [...withoutWildcard(url).matchAll(/:(\w+)/gu)].map(([, name = '']) => name);
}

type Security = readonly Readonly<Record<string, readonly string[]>>[];

function securityOf(needs: Needs | undefined, method: string): Security | undefined {
  if (needs === undefined || needs === 'nothing') return undefined;
  const roles = needs === 'token' ? [] : [needs];
  return [{ bearer: roles }, method === 'GET' ? { cookie: roles } : { cookie: roles, csrf: [] }];
}

/**
 * Puts each schema that has a title among the components, and a reference in each of its places: clients that are
 * generated have types of these names.
 *
 * Throws: when two different schemas have one title.
 */
function nameSchemas<Document extends object>(document: Document): Document {
  const named = new Map<string, unknown>();
  const withReferences = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(withReferences);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, literal.has(key) ? value : withReferences(value)]),
    );
    const { title } = copy;
    if (typeof title !== 'string') return copy;
    if (named.has(title) && !isDeepStrictEqual(named.get(title), copy))
      throw new Error(`Two schemas are called ${title}.`);
    named.set(title, copy);
    return { $ref: `#/components/schemas/${title}` };
  };
  const { paths, components } = document as { readonly paths: unknown; readonly components?: object };
  const described = withReferences(paths);
  return {
    ...document,
    paths: described,
    components: { ...components, schemas: Object.fromEntries([...named].sort()) },
  };
}

/** Below these there are values, not schemas. */
const literal: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'example', 'examples', 'value']);

export type ServeDescriptionOptions = {
  readonly baseUrl: () => string;
  /** The path of the public address, where it has one. */
  readonly prefix: string;
};

/** Serves the description at `/openapi.json` for programs, and at `/docs` for people. */
export async function serveDescription(
  app: FastifyInstance,
  { baseUrl, prefix }: ServeDescriptionOptions,
): Promise<void> {
  let text: string | undefined;
  app.get('/openapi.json', { config: { described: openapiJson } }, (request, reply) => {
    text ??= safeJson({ ...app.swagger(), servers: [{ url: baseUrl() }] });
    return sendConditional(request, reply, 'application/json; charset=utf-8', text, 'fresh');
  });

  await app.register(swaggerUi, {
    routePrefix: '/docs',
    indexPrefix: prefix,
    staticCSP: docsPolicy,
    theme: { title: 'The API of linkbackd' },
    uiConfig: { layout: 'BaseLayout', deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0 },
    // As seen from /docs/json, so that it is tried out where it is read.
    transformSpecification: (document) => ({ ...document, servers: [{ url: prefix === '' ? '/' : prefix }] }),
    transformSpecificationClone: false,
  });
}

/** The page is not of our making: it sets styles by script, and has small pictures in its style sheet. */
const docsPolicy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
} as const;

const openapiJson: FastifySchema = {
  tags: ['Operation'],
  operationId: 'getDescription',
  summary: 'Get this description',
  response: {
    200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
  },
};
