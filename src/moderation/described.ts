import type { FastifySchema } from 'fastify';
import { Type, type TNull, type TSchema, type TString, type TUnion } from 'typebox';
import { problemSchema } from '../linkback/problem.ts';
import type { Needs } from './access.ts';

/** An object of ours as JSON; its schema says what is in it. */
export type Json = Readonly<Record<string, unknown>>;

/** What the API's description says of a route, and what the route asks of its callers. */
export type Owned = {
  readonly schema: FastifySchema & Readonly<Record<string, unknown>>;
  readonly config: { readonly needs: Needs };
};

export type About = {
  /** What generated clients call it. */
  readonly operationId: string;
  readonly tag: 'Session' | 'Moderation' | 'Rules' | 'Sites' | 'Tokens' | 'Webhooks';
  readonly summary: string;
  readonly description?: string;
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly body?: TSchema;
  /** What it answers when all is well, by status; null for an answer without a body. */
  readonly gives: Readonly<Record<number, TSchema | null>>;
  /** What it may refuse besides what all routes may. */
  readonly refuses?: readonly (keyof typeof problems)[];
};

const problems = {
  400: 'What was sent cannot be taken.',
  401: 'There is no valid token or cookie.',
  403: 'The token lacks the scope or is for another site, or a change by cookie did not come from our page.',
  404: 'There is no such thing, or it belongs to a site that is not the caller’s.',
  409: 'It cannot be beside what is there already.',
  413: 'What was sent is too long.',
  415: 'What was sent is no JSON.',
  429: 'Too many wrong tokens came from this address; Retry-After says when to come again.',
  503: 'The database cannot be written at the moment; Retry-After says when to come again.',
} as const;

/** Says what a route of the owner is: for those who call it, for those who generate clients, and for its guard. */
export function owned(needs: Needs, about: About): Owned {
  const { operationId, tag, summary, description, params, querystring, body } = about;
  const said = [description, scopeSentence(needs)].filter((each) => each !== undefined);
  return {
    config: { needs },
    schema: {
      operationId,
      tags: [tag],
      summary,
      ...(said.length === 0 ? {} : { description: said.join(' ') }),
      ...(params === undefined ? {} : { params }),
      ...(querystring === undefined ? {} : { querystring }),
      ...(body === undefined ? {} : { body }),
      response: { ...wanted(about), ...refusals(needs, about) },
    },
  };
}

function scopeSentence(needs: Needs): string | undefined {
  if (needs === 'nothing') return undefined;
  return needs === 'token' ? 'Needs any valid token.' : `Needs the scope \`${needs}\`.`;
}

function wanted({ summary, gives }: About): Json {
  const answers = Object.entries(gives).map(([status, schema]) => [
    status,
    {
      description: summary,
      ...(schema === null ? { type: 'null' } : { content: { [mediaTypeOf(schema)]: { schema } } }),
    },
  ]);
  return Object.fromEntries(answers) as Json;
}

/** JSON, unless the schema says otherwise. */
function mediaTypeOf(schema: TSchema): string {
  return 'contentMediaType' in schema ? String(schema.contentMediaType) : 'application/json';
}

function refusals(needs: Needs, { body, querystring, params, refuses = [] }: About): Json {
  const statuses = new Set<keyof typeof problems>([
    ...(body === undefined && querystring === undefined ? [] : [400 as const]),
    ...(needs === 'nothing' ? [] : [401 as const, 429 as const]),
    ...(needs === 'nothing' || needs === 'token' ? [] : [403 as const]),
    ...(params === undefined ? [] : [404 as const]),
    ...(body === undefined ? [] : [413 as const, 415 as const]),
    ...refuses,
  ]);
  const content = { 'application/problem+json': { schema: problemSchema } };
  return Object.fromEntries(
    [...statuses].map((status) => [status, { description: problems[status], content }]),
  );
}

export function OrNull<Schema extends TSchema>(schema: Schema): TUnion<[Schema, TNull]> {
  return Type.Union([schema, Type.Null()]);
}

export function Instant(description: string): TString {
  return Type.String({ format: 'date-time', description, examples: ['2026-03-02T09:00:00.000Z'] });
}

/** The name that stands in a route's path for one of many things. */
export function Named(name: string, description: string): TSchema {
  return Type.Object({ [name]: Type.String({ minLength: 1, maxLength: 200, description }) });
}

/** A whole list: everything at once, in the form that lists with pages have. */
export function WholeList(items: TSchema, description: string): TSchema {
  const next = Type.Null({ description: 'There is no following page.' });
  return Type.Object({ items: Type.Array(items), next }, { description });
}

export function wholeList(items: readonly Json[]): Json {
  return { items, next: null };
}

export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
