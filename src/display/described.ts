import type { FastifySchema } from 'fastify';
import { Type, type TSchema } from 'typebox';
import { problemSchema } from '../linkback/problem.ts';

/** What the API's description says of a route; Fastify validates by `querystring` and `params` only. */
export type Described = FastifySchema & {
  /** What generated clients call it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
};

export type Answer = { readonly type: string; readonly schema: TSchema; readonly description: string };

export const Problem: TSchema = problemSchema;

/** An answer that is text of some type. */
export function textOf(type: string, description: string, example?: string): Answer {
  const schema = Type.String(example === undefined ? {} : { examples: [example] });
  return { type, schema, description };
}

/** An answer of ours in JSON. */
export function jsonOf(schema: TSchema, description: string): Answer {
  return { type: 'application/json', schema, description };
}

const problems: Readonly<Record<number, string>> = {
  400: 'The parameters make no sense.',
  401: 'The token is not valid.',
  404: 'There is no such thing.',
  406: 'This route answers with a stream of events only.',
  429: 'Too many from one caller; Retry-After says when to come again.',
  503: 'Not at the moment; Retry-After says when to come again.',
};

/** The answers of a route: one that is wanted in one or more types, and the problems it may tell of instead. */
export function answers(
  wanted: readonly Answer[],
  faults: readonly (keyof typeof problems)[],
): Readonly<Record<string, object>> {
  const content = Object.fromEntries(wanted.map(({ type, schema }) => [type, { schema }]));
  const ok = { description: wanted[0]?.description ?? '', content };
  const refused = faults.map((status): [number, object] => [
    status,
    { description: problems[status], content: { 'application/problem+json': { schema: Problem } } },
  ]);
  return { 200: ok, ...Object.fromEntries<object>(refused) };
}

/** The answers of a route that may be asked again with the ETag of its last answer. */
export function conditionalAnswers(
  wanted: readonly Answer[],
  faults: readonly (keyof typeof problems)[] = [400],
): Readonly<Record<string, object>> {
  const unchanged = { description: 'Nothing has changed since the answer with this ETag.', type: 'null' };
  return { ...answers(wanted, faults), 304: unchanged };
}

/** Says what a route is for those who read about the public's side of the API. */
export function reading(
  operationId: string,
  summary: string,
  rest: Omit<Described, 'operationId' | 'summary' | 'tags'>,
): Described {
  return { operationId, summary, ...rest, tags: ['Reading'] };
}

/** A route that is part of a page, and nobody's business besides. */
export const undescribed: FastifySchema & { readonly hide: true } = { hide: true };

/** Our answers are text when they are sent: no schema shapes them, whatever it describes. */
export const asItIs = (): ((value: unknown) => string) => (value) => JSON.stringify(value);
