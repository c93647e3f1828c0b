import { STATUS_CODES } from 'node:http';

/** What an HTTP API says when it cannot do what was asked. Spec: RFC 9457. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
};

export const problemType = 'application/problem+json; charset=utf-8';

export function problem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/** A problem's JSON Schema, for descriptions of APIs. */
export const problemSchema = {
  title: 'Problem',
  description: 'An error, by RFC 9457.',
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', examples: ['about:blank'] },
    title: { type: 'string', examples: ['Not Found'] },
    status: { type: 'integer', examples: [404] },
    detail: {
      type: 'string',
      description: 'What was wrong, as a sentence.',
      examples: ['There is no rule here.'],
    },
  },
} as const;
