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

const reads = (
  operationId: string,
  summary: string,
  schema: TSchema,
  faults: readonly (400 | 401)[],
): Described =>
  reading(operationId, summary, {
    description: asWebmentionIo,
    querystring: mentionParameters,
    response: conditionalAnswers([jsonOf(schema, 'What is public.')], faults),
  });

/** What the API's description says of webmention.io's routes; other spellings of them are left out. */
export const mentionSchemas: Readonly<Record<string, Described>> = {
  '/api/mentions.jf2': reads('getMentionsJf2', 'Linkbacks as JF2', Jf2, [400, 401]),
  '/api/mentions.json': reads(
    'getMentionsJson',
    "Linkbacks as webmention.io's older JSON",
    Links,
    [400, 401],
  ),
  '/api/count': reads('countMentions', 'How many linkbacks of each type a page has', Count, [400]),
  '/api/deleted.jf2': reads('getDeletedMentions', 'What was public and is not any more', Deleted, [400, 401]),
};
