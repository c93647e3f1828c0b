import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Linkback } from '../linkback/linkback.ts';
import type { StatusStore } from '../linkback/ports.ts';
import { reasons, reasonSentences, type Reason } from '../linkback/refusal.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { safeJson } from './conditional.ts';
import { answers, asItIs, jsonOf, reading, textOf } from './described.ts';
import { html, type Html } from './html.ts';
import { page, stylePath } from './page.ts';
import { iso, isoOrNull } from './public-linkback.ts';

/** How long a status page lives after the last ping that was given its address, in milliseconds. */
export const statusLifeMs: number = 30 * 24 * 3600 * 1000;

export type StatusOptions = {
  readonly store: StatusStore;
  readonly now: () => number;
  readonly baseUrl: () => string;
};

/** What became of a ping. `queued` is all that is not decided by a look at the source yet. */
type Status = {
  readonly status: 'queued' | 'verified' | 'refused' | 'gone';
  readonly reason: Reason | null;
  readonly detail: string;
  readonly source: string;
  readonly target: string;
  readonly receivedAt: string;
  readonly checkedAt: string | null;
};

/**
 * Serves `/status/{id}`: JSON for programs, a page for browsers.
 *
 * The id is unguessable, and what it shows is what its sender knows or may know: nothing about the owner's decision
 * beyond "published or not yet", about people, or about networks.
 */
export function readStatus(app: FastifyInstance, options: StatusOptions, done: () => void): void {
  app.setSerializerCompiler(asItIs);
  app.get<{ Params: { id: string } }>('/status/:id', { schema: statusSchema }, async (request, reply) => {
    reply.header('x-robots-tag', 'noindex').header('cache-control', 'no-store').header('vary', 'accept');
    const linkback = await options.store.byStatusId(request.params.id, options.now() - statusLifeMs);
    const wantsPage = request.headers.accept?.includes('text/html') === true;
    const stylesheet = `${options.baseUrl()}${stylePath}`;
    if (linkback === undefined) {
      if (!wantsPage)
        return reply
          .code(404)
          .type(problemType)
          .send(JSON.stringify(problem(404, unknown)));
      const missing = html`<main>
<h1>No such status</h1>
<p>${unknown}</p>
</main>`;
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(page('No such status', missing, { stylesheet }));
    }
    const status = statusOf(linkback);
    if (!wantsPage) return reply.type('application/json; charset=utf-8').send(safeJson(status));
    return reply
      .type('text/html; charset=utf-8')
      .send(page(titles[status.status], statusBody(status), { stylesheet }));
  });
  done();
}

const StatusSchema = Type.Object({
  status: Type.Enum(['queued', 'verified', 'refused', 'gone']),
  reason: Type.Union([Type.Enum([...reasons]), Type.Null()], { description: 'Why it is refused.' }),
  detail: Type.String({ description: 'The same as a sentence.' }),
  source: Type.String({ format: 'uri' }),
  target: Type.String({ format: 'uri' }),
  receivedAt: Type.String({ format: 'date-time' }),
  checkedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When the source was last looked at with a definite result.',
  }),
});

const statusSchema = reading('getStatus', 'What became of a ping', {
  description: 'JSON, or a page where Accept asks for HTML. It is kept for 30 days after the last ping.',
  params: Type.Object({
    id: Type.String({ description: 'From the answer to the ping: it cannot be guessed.' }),
  }),
  response: answers(
    [jsonOf(StatusSchema, 'What is known so far.'), textOf('text/html', 'A page for people.')],
    [404],
  ),
});

const unknown = 'There is no status here. Status pages are kept for 30 days after the last ping.';

const titles: Readonly<Record<Status['status'], string>> = {
  queued: 'Waiting to be verified',
  verified: 'Verified',
  refused: 'Refused',
  gone: 'Gone',
};

function statusOf(linkback: Linkback): Status {
  const { verification, refusal, moderation } = linkback;
  return {
    status: verification === 'unverified' ? 'queued' : verification,
    reason: refusal,
    detail: sentence(verification, refusal, moderation === 'approved'),
    source: linkback.source,
    target: linkback.target,
    receivedAt: iso(linkback.receivedAt),
    checkedAt: isoOrNull(linkback.checkedAt),
  };
}

function sentence(
  verification: Linkback['verification'],
  refusal: Reason | null,
  isApproved: boolean,
): string {
  switch (verification) {
    case 'unverified':
      return 'The source page will be read soon, and read again if it cannot be reached.';
    case 'verified':
      return isApproved
        ? 'The source links to the target, and the link is shown there.'
        : 'The source links to the target. The owner of the target decides whether to show it.';
    case 'refused':
      return reasonSentences[refusal ?? 'our-fault'];
    case 'gone':
      return 'The source linked to the target once and does so no more.';
    default:
      return verification satisfies never;
  }
}

function statusBody(status: Status): Html {
  return html`<main>
<h1>What became of your ping</h1>
<p class="state ${status.status}"><strong>${titles[status.status]}</strong> ${status.detail}</p>
<dl>
<dt>Source</dt>
<dd>${status.source}</dd>
<dt>Target</dt>
<dd>${status.target}</dd>
<dt>Received</dt>
<dd>${time(status.receivedAt)}</dd>
<dt>Last checked</dt>
<dd>${status.checkedAt === null ? html`not yet` : time(status.checkedAt)}</dd>
</dl>
</main>`;
}

const instants = new Intl.DateTimeFormat('en', {
  dateStyle: 'long',
  timeStyle: 'long',
  timeZone: 'UTC',
  hourCycle: 'h23',
});

function time(at: string): Html {
  return html`<time datetime="${at}">${instants.format(Date.parse(at))}</time>`;
}
