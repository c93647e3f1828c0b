import { Type, type Static, type TSchema } from 'typebox';
import {
  dialects,
  heldProtocols,
  isPublic,
  linkbackTypes,
  moderations,
  verifications,
  type Linkback,
} from '../linkback/linkback.ts';
import { reasons, reasonSentences } from '../linkback/refusal.ts';
import { signalNames } from '../linkback/signal.ts';
import { Instant, iso, isoOrNull, OrNull, type Json } from './described.ts';

const Text = (description: string, ...examples: string[]) => Type.String({ description, examples });

const SignalSchema = Type.Object(
  {
    name: Type.Enum([...signalNames]),
    weight: Type.Number({ description: 'Points for spam, or against it when they are negative.' }),
    sentence: Text('Why, in a sentence.', 'The page hides the link from its readers.'),
  },
  { title: 'Signal', description: 'One piece of evidence for spam or against it.' },
);

const AuthorSchema = Type.Object(
  { name: OrNull(Type.String()), url: OrNull(Type.String()), photo: OrNull(Type.String()) },
  { title: 'Author', description: 'Who wrote the page, by its own word.' },
);

const ExcerptSchema = Type.Object(
  {
    before: Type.String(),
    link: Type.String(),
    after: Type.String(),
    cutBefore: Type.Boolean({ description: 'Whether text was cut before it.' }),
    cutAfter: Type.Boolean(),
  },
  { title: 'MarkedExcerpt', description: 'The words around the link, and its own, as plain text.' },
);

const SourceSchema = Type.Object({
  url: Text('The page that links.', 'https://leadmeon.example/we-not-me'),
  host: Text('Its host, without "www.".', 'leadmeon.example'),
  title: OrNull(Type.String({ description: 'Null before it was read.' })),
  author: OrNull(AuthorSchema),
  published: OrNull(Instant('When it was published, by its own word.')),
  language: OrNull(Text('A language tag.', 'en')),
});

/** What is known of a linkback in a list; what there is of one alone is in `linkback-detail.ts`. */
const properties = {
  id: Text('The same for as long as there is this linkback.', '01940b4e-6f2c-7c4a-9a3f-0d5b6e7f8a91'),
  site: Text('The name of the site whose page is linked to.', 'blog'),
  type: Type.Enum([...linkbackTypes]),
  protocol: Type.Enum([...dialects], { description: 'The dialect that announced it first.' }),
  protocols: Type.Array(Type.Enum([...dialects]), { description: 'The dialects whose link rule held.' }),
  moderation: Type.Enum([...moderations], { description: 'Where it stands by the owner’s word.' }),
  verification: Type.Enum([...verifications], { description: 'Where it stands by the last look.' }),
  refusal: OrNull(
    Type.Object({
      reason: Type.Enum([...reasons]),
      detail: Type.String({ description: 'The reason as a sentence.' }),
    }),
  ),
  public: Type.Boolean({ description: 'Whether everybody sees it: verified and approved.' }),
  source: SourceSchema,
  target: Text('The page that is linked to.', 'https://blog.example/shifting-the-way-we-co-create'),
  fragment: OrNull(Text('The part of the target that is meant.', 'more')),
  excerpt: OrNull(ExcerptSchema),
  signals: Type.Array(SignalSchema),
  score: Type.Number({ description: 'The points of all signals in sum.' }),
  receivedAt: Instant('When the first ping came.'),
  checkedAt: OrNull(Instant('When a look last had a definite result.')),
  verifiedAt: OrNull(Instant('When the link was first seen.')),
  updatedAt: Instant('When something about it changed last.'),
};

const Schema = Type.Object(properties, {
  title: 'ModeratedLinkback',
  description: 'A linkback with everything that an owner sees of it in a list.',
});

export const ModeratedSchema: TSchema = Schema;

/** The same with more about it, under a name of its own. */
export function moderatedWith(more: Readonly<Record<string, TSchema>>, title: string): TSchema {
  return Type.Object({ ...properties, ...more }, { title });
}

/** Everything an owner may know about a linkback in a list. */
export function toModerated(linkback: Linkback): Json {
  const { facts, excerpt, refusal, signals } = linkback;
  const json: Static<typeof Schema> = {
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
      published: isoOrNull(facts?.publishedAt ?? null),
      language: facts?.language ?? null,
    },
    target: linkback.target,
    fragment: linkback.fragment,
    excerpt,
    signals: [...signals],
    score: linkback.score,
    receivedAt: iso(linkback.receivedAt),
    checkedAt: isoOrNull(linkback.checkedAt),
    verifiedAt: isoOrNull(linkback.verifiedAt),
    updatedAt: iso(linkback.updatedAt),
  };
  return json;
}
