import { problem, problemType } from '../linkback/problem.ts';
import { faults as pingbackFaults } from './pingback/faults.ts';
import { formatFault } from './pingback/wire.ts';
import { faults as trackbackFaults } from './trackback/faults.ts';
import { formatAnswer } from './trackback/wire.ts';
import { faults as webmentionFaults } from './webmention/faults.ts';

/** An answer to a request that never reached its route, for its address or its head cannot be read. */
export type UnreadAnswer = { readonly status: number; readonly type: string; readonly body: string };

type Dialect = { readonly takes: RegExp; readonly say: () => UnreadAnswer };

const dialects: readonly Dialect[] = [
  {
    takes: /^POST \/(?:pingback|[^/?#]+\/xmlrpc)(?:[?# ]|$)/u,
    say: () => ({
      status: 200,
      type: 'text/xml; charset=UTF-8',
      body: formatFault(pingbackFaults.malformed.code, pingbackFaults.malformed.text),
    }),
  },
  {
    takes: /^(?:POST|GET) \/trackback\//u,
    say: () => ({
      status: trackbackFaults.malformed.status,
      type: 'text/xml; charset=utf-8',
      body: formatAnswer(trackbackFaults.malformed.message ?? undefined),
    }),
  },
  {
    takes: /^POST \/(?:[^/?#]+\/)?webmention(?:[?# ]|$)/u,
    say: () => {
      const { status, text } = webmentionFaults.malformed;
      return answerProblem(status, text, { reason: 'malformed' });
    },
  },
];

/**
 * Says no to what cannot be read, in the words of the dialect whose route it was meant for.
 *
 * `line` is the start of the request line, method and path: all that there may be. A request for none of the dialects,
 * and one whose head is too large or comes too slowly, is told so as any other API tells it.
 */
export function answerUnread(line: string, status: number): UnreadAnswer {
  const isAddress = status === 400 || status === 414;
  const dialect = isAddress ? dialects.find(({ takes }) => takes.test(line)) : undefined;
  return dialect?.say() ?? answerProblem(status, unreadable[status] ?? 'The request cannot be read.');
}

const unreadable: Readonly<Record<number, string>> = {
  408: 'The request came too slowly.',
  414: 'The address is too long.',
  431: 'The head of the request is too large.',
};

function answerProblem(
  status: number,
  detail: string,
  more: Readonly<Record<string, string>> = {},
): UnreadAnswer {
  return { status, type: problemType, body: JSON.stringify({ ...problem(status, detail), ...more }) };
}
