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
