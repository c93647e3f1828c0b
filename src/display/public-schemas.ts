import { Type, type TSchema } from 'typebox';
import { dialects, linkbackTypes } from '../linkback/linkback.ts';

const OrNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const Text = (description: string, ...examples: string[]): TSchema =>
  Type.String({ description, ...(examples.length === 0 ? {} : { examples }) });
const Address = (description: string, ...examples: string[]): TSchema =>
  Type.String({ format: 'uri', description, ...(examples.length === 0 ? {} : { examples }) });
const Instant = (description: string): TSchema =>
  Type.String({ format: 'date-time', description, examples: ['2026-03-02T09:00:00.000Z'] });

/** A linkback as everybody may read it, for the API's description. */
export const PublicLinkbackSchema: TSchema = Type.Object(
  {
    id: Text('The same for as long as there is this linkback.', '01940b4e-6f2c-7c4a-9a3f-0d5b6e7f8a91'),
    site: Text('The name of the site whose page is linked to.', 'blog'),
    type: Type.Enum([...linkbackTypes], { description: 'What the page says of the target.' }),
    protocol: Type.Enum([...dialects], { description: 'The first dialect whose link rule held.' }),
    protocols: Type.Array(Type.Enum([...dialects]), { description: 'Every dialect whose link rule held.' }),
    source: Type.Object({
      url: Address('The page that links.', 'https://leadmeon.example/we-not-me'),
      title: OrNull(Text('Its title, as plain text.', 'Creating “WE” | Lead Me On')),
      author: Type.Object({
        name: OrNull(Text('As plain text.', 'Jane')),
        url: OrNull(Address('A page of theirs.')),
        photo: OrNull(Address('A picture of theirs, as they name it: it was not looked at.')),
      }),
      published: OrNull(Instant('When it was published, by its own word.')),
      language: OrNull(Text('A language tag.', 'en')),
    }),
    target: Address('The page that is linked to.', 'https://blog.example/shifting-the-way-we-co-create'),
    fragment: OrNull(Text('The part of the target that is meant.', 'more')),
    excerpt: OrNull(
      Type.Object(
        {
          before: Type.String({ examples: ['the rub. '] }),
          link: Type.String({ examples: ['Collective leadership'] }),
          after: Type.String({ examples: [' creates an unwieldy, but more flexible “we”'] }),
        },
        { description: 'The words around the link and its own, as plain text.' },
      ),
    ),
    display: OrNull(
      Text(
        'The excerpt as one line, marked where text was cut.',
        '[…] the rub. Collective leadership creates an unwieldy, but more flexible “we” […]',
      ),
    ),
    receivedAt: Instant('When the first ping came.'),
    verifiedAt: OrNull(Instant('When the link was first seen.')),
    updatedAt: Instant('When something about it changed last.'),
  },
  { description: 'A linkback that is verified and approved.' },
);

export const PublicListSchema: TSchema = Type.Object({
  items: Type.Array(PublicLinkbackSchema),
  next: OrNull(Text('The cursor of the following page, for "after"; null on the last one.')),
});
