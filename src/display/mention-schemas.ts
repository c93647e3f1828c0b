import { Type, type TSchema } from 'typebox';
import { linkbackTypes } from '../linkback/linkback.ts';
import { conditionalAnswers, jsonOf, reading, type Described } from './described.ts';
import { mentionParameters } from './mention-query.ts';
import { relations } from './mention-shapes.ts';

const OrNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const properties = linkbackTypes.map((type) => relations[type]);

const Paging = Type.Object(
  {
    'per-page': Type.Integer(),
    page: Type.Integer(),
    total: Type.Integer(),
    'total-pages': Type.Integer(),
  },
  { description: 'Pages are counted from 0.' },
);

const Author = Type.Object({
  type: Type.Literal('card'),
  name: Type.String(),
  photo: Type.String(),
  url: Type.String(),
});

const Entry = Type.Object(
  {
    type: Type.Literal('entry'),
    author: Author,
    url: Type.String(),
    published: OrNull(Type.String()),
    'wm-received': Type.String(),
    'wm-id': Type.Integer({ description: 'Grows with each linkback that becomes public; for since_id.' }),
    'wm-source': Type.String(),
    'wm-target': Type.String(),
    'wm-protocol': Type.String(),
    'wm-property': Type.Enum(properties),
    name: Type.Optional(Type.String()),
    content: Type.Optional(Type.Object({ html: Type.String(), text: Type.String() })),
    rsvp: Type.Optional(Type.String()),
  },
  { additionalProperties: true, description: 'Beside these, the property of wm-property names the target.' },
);

const Jf2 = Type.Object({
  type: Type.Literal('feed'),
  name: Type.String(),
  children: Type.Array(Entry),
  paging: Paging,
});

const Links = Type.Object({
  links: Type.Array(Type.Object({}, { additionalProperties: true })),
  paging: Paging,
});

const Count = Type.Object({
  count: Type.Integer(),
  type: Type.Record(Type.String(), Type.Integer(), { description: 'How many of each type.' }),
});

const Deleted = Type.Object({
  type: Type.Literal('feed'),
  name: Type.String(),
  children: Type.Array(
    Type.Object({
      'wm-id': Type.Integer(),
      'wm-source': OrNull(Type.String({ description: 'Null when it was erased.' })),
      'wm-target': Type.String(),
      'wm-deleted': Type.String(),
    }),
  ),
});

const asWebmentionIo = 'The shape and the parameters of webmention.io: a theme changes one host name.';

type Means = {
  readonly summary: string;
  readonly schema: TSchema;
  readonly faults: readonly (400 | 401 | 429)[];
  /** Each spelling of its path, with what generated clients call it. */
  readonly paths: Readonly<Record<string, string>>;
};

const whole = [400, 401, 429] as const;

/** What is asked for, and under how many paths: webmention.io has several for some, and so have the plugins. */
const meanings: readonly Means[] = [
  {
    summary: 'Linkbacks as JF2',
    schema: Jf2,
    faults: whole,
    paths: { '/api/mentions.jf2': 'getMentionsJf2', '/api/links.jf2': 'getLinksJf2' },
  },
  {
    summary: "Linkbacks as webmention.io's older JSON",
    schema: Links,
    faults: whole,
    paths: {
      '/api/mentions.json': 'getMentionsJson',
      '/api/mentions': 'getMentions',
      '/api/links.json': 'getLinksJson',
      '/api/links': 'getLinks',
    },
  },
  {
    summary: 'How many linkbacks of each type a page has',
    schema: Count,
    faults: [400],
    paths: { '/api/count': 'countMentions', '/api/count.json': 'countMentionsJson' },
  },
  {
    summary: 'What was public and is not any more',
    schema: Deleted,
    faults: whole,
    paths: { '/api/deleted.jf2': 'getDeletedMentions' },
  },
  {
    summary: 'One sample of everything, to build a theme with',
    schema: Jf2,
    faults: [400],
    paths: { '/api/example/mentions.jf2': 'getExampleMentions' },
  },
  {
    summary: 'How many samples of each type there are',
    schema: Count,
    faults: [400],
    paths: { '/api/example/count': 'countExampleMentions' },
  },
];

function describedAs({ summary, schema, faults, paths }: Means): readonly (readonly [string, Described])[] {
  const [first] = Object.keys(paths);
  return Object.entries(paths).map(([path, operationId]) => [
    path,
    reading(operationId, summary, {
      description: path === first ? asWebmentionIo : `Another spelling of \`${first ?? ''}\`.`,
      querystring: mentionParameters,
      response: conditionalAnswers([jsonOf(schema, 'What is public.')], faults),
    }),
  ]);
}

/** What the API's description says of each of webmention.io's routes. */
export const mentionSchemas: ReadonlyMap<string, Described> = new Map(meanings.flatMap(describedAs));
