import type { LinkbackEvent } from '../linkback/event.ts';
import { heldProtocols, isPublic, type Linkback } from '../linkback/linkback.ts';
import type { Attempt, JobState } from '../linkback/owner-ports.ts';
import { reasonSentences } from '../linkback/refusal.ts';

/** Everything an owner may know about a linkback in a list; times are ISO 8601 in UTC. */
export function toModerated(linkback: Linkback): Record<string, unknown> {
  const { facts, excerpt, refusal } = linkback;
  return {
    id: linkback.id,
    site: linkback.site,
    type: linkback.type,
    protocol: linkback.protocol,
    protocols: heldProtocols(linkback),
    moderation: linkback.moderation,
    verification: linkback.verification,
    refusal: refusal === null ? null : { reason: refusal, detail: reasonSentences[refusal] },
    public: isPublic(linkback),
    source: {
      url: linkback.source,
      host: linkback.sourceHost,
      title: facts?.title ?? null,
      author: facts?.author ?? null,
      published: time(facts?.publishedAt ?? null),
      language: facts?.language ?? null,
    },
    target: linkback.target,
    fragment: linkback.fragment,
    excerpt,
    receivedAt: time(linkback.receivedAt),
    checkedAt: time(linkback.checkedAt),
    verifiedAt: time(linkback.verifiedAt),
    updatedAt: time(linkback.updatedAt),
  };
}

export type Detail = {
  readonly linkback: Linkback;
  readonly events: readonly LinkbackEvent[];
  readonly attempts: readonly Attempt[];
  readonly job: JobState | undefined;
};

/** The same with the evidence, who announced it, what was tried, and every move so far. */
export function toDetail({ linkback, events, attempts, job }: Detail): Record<string, unknown> {
  return {
    ...toModerated(linkback),
    evidence: linkback.evidence,
    announcements: linkback.announcements.map(({ dialect, source, target, held, firstAt, lastAt }) => {
      return { protocol: dialect, source, target, held, firstAt: time(firstAt), lastAt: time(lastAt) };
    }),
    attempts: attempts.map(({ at, detail }) => ({ at: time(at), detail })),
    job: job === undefined ? null : { ...job, dueAt: time(job.dueAt) },
    events: events.map((event) => ({ ...event, at: time(event.at) })),
  };
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
