import { Type, type Static, type TSchema } from 'typebox';
import type { LinkbackEvent } from '../linkback/event.ts';
import { dialects, moderations, verifications, type Evidence, type Linkback } from '../linkback/linkback.ts';
import type { Attempt, JobState, Some } from '../linkback/owner-ports.ts';
import { Instant, iso, OrNull, type Json } from './described.ts';
import { ModeratedSchema, moderatedWith, toModerated } from './moderated-linkback.ts';

const EvidenceSchema = Type.Object(
  {
    rule: Type.Enum(['exact', 'lenient'], { description: 'How the link was compared with the target.' }),
    element: Type.String({ examples: ['a'] }),
    href: Type.String({ description: 'The address that the link names.' }),
    rel: Type.Array(Type.String()),
    position: Type.Integer({ description: 'Characters from the start of the page.' }),
    inContent: Type.Boolean({ description: 'False in headers, footers, menus and asides.' }),
    linksFound: Type.Integer({ description: 'How many links to the target the page holds.' }),
    finalUrl: Type.String({ description: 'Where redirects led.' }),
    vouch: Type.Optional(
      Type.Object(
        { url: Type.String(), holds: Type.Boolean(), detail: Type.String() },
        {
          description: 'The page that vouches for the source.',
        },
      ),
    ),
    isHidden: Type.Optional(
      Type.Boolean({ description: 'Whether readers of the page do not see the link.' }),
    ),
    outboundLinks: Type.Optional(Type.Integer({ description: 'Links of the page to other hosts.' })),
  },
  { title: 'Evidence', description: 'How the link was found, and where.' },
);

const AnnouncementSchema = Type.Object(
  {
    protocol: Type.Enum([...dialects]),
    source: Type.String({ description: 'As the sender spells it.' }),
    target: Type.String({ description: 'As the sender spells it.' }),
    held: Type.Boolean({ description: 'Whether this dialect’s link rule held at the last look.' }),
    firstAt: Instant('When it was first said.'),
    lastAt: Instant('When it was last said.'),
  },
  { title: 'Announcement' },
);

const AttemptSchema = Type.Object(
  { at: Instant('When.'), detail: Type.String({ examples: ['HTTP status 503'] }) },
  { title: 'Attempt', description: 'A look that found no link, and why.' },
);

const JobSchema = Type.Object(
  {
    state: Type.Enum(['waiting', 'leased', 'dead']),
    dueAt: Instant('When it is looked at next.'),
    setbacks: Type.Integer(),
    looks: Type.Integer(),
    unfinished: Type.Integer(),
  },
  { title: 'Job', description: 'A look that is promised.' },
);

const EventSchema = Type.Object(
  {
    at: Instant('When.'),
    by: Type.Object({
      kind: Type.Enum(['look', 'policy', 'rule', 'signals', 'person']),
      name: Type.Optional(Type.String({ description: 'Of the token, the policy, or the id of the rule.' })),
    }),
    why: Type.String(),
    machine: Type.Enum(['verification', 'moderation']),
    from: Type.Enum([...verifications, ...moderations]),
    to: Type.Enum([...verifications, ...moderations]),
  },
  { title: 'Event', description: 'A move, or fresh content: then it goes from where it stands to there.' },
);

const MoreSchema = Type.Object({
  evidence: OrNull(EvidenceSchema),
  announcements: Type.Array(AnnouncementSchema),
  attempts: Type.Array(AttemptSchema),
  job: OrNull(JobSchema),
  events: Type.Array(EventSchema),
  others: Type.Object(
    {
      count: Type.Integer({ description: 'How many there are, counted up to a thousand.' }),
      items: Type.Array(ModeratedSchema, { description: 'The latest, ten at most.' }),
    },
    { description: 'What else came from this source’s host to this site.' },
  ),
});

export const DetailSchema: TSchema = moderatedWith(MoreSchema.properties, 'LinkbackDetail');

export type Detail = {
  readonly linkback: Linkback;
  readonly events: readonly LinkbackEvent[];
  readonly attempts: readonly Attempt[];
  readonly job: JobState | undefined;
  readonly others: Some<Linkback>;
};

/** Everything that is known: the evidence, who announced it, what was tried, every move so far, its host's others. */
export function toDetail({ linkback, events, attempts, job, others }: Detail): Json {
  const json: Static<typeof MoreSchema> = {
    evidence: linkback.evidence === null ? null : toEvidence(linkback.evidence),
    announcements: linkback.announcements.map(({ dialect, source, target, held, firstAt, lastAt }) => {
      return { protocol: dialect, source, target, held, firstAt: iso(firstAt), lastAt: iso(lastAt) };
    }),
    attempts: attempts.map(({ at, detail }) => ({ at: iso(at), detail })),
    job: job === undefined ? null : { ...job, dueAt: iso(job.dueAt) },
    events: events.map((event) => ({ ...event, at: iso(event.at) })),
    others: { count: others.count, items: others.items.map(toModerated) },
  };
  return { ...toModerated(linkback), ...json };
}

function toEvidence({ rel, ...rest }: Evidence): Static<typeof EvidenceSchema> {
  return { ...rest, rel: [...rel] };
}
