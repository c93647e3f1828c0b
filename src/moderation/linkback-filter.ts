import { Type, type TProperties, type TSchema } from 'typebox';
import { dialects, linkbackTypes, moderations, verifications } from '../linkback/linkback.ts';
import type { ModerationFilter } from '../linkback/owner-ports.ts';
import type { Holder } from './token.ts';

/** Which linkbacks are meant, as it is asked for. */
export type AskedFilter = Omit<ModerationFilter, 'since'> & { readonly since?: string };

const properties = {
  site: Type.Optional(Type.String({ maxLength: 64, description: 'The name of a site.' })),
  moderation: Type.Optional(Type.Enum([...moderations], { description: 'By the owner’s word.' })),
  verification: Type.Optional(Type.Enum([...verifications], { description: 'By the last look.' })),
  protocol: Type.Optional(Type.Enum([...dialects], { description: 'Announced in this dialect.' })),
  type: Type.Optional(Type.Enum([...linkbackTypes], { description: 'Of this type.' })),
  host: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'From this host, or one below it.',
      examples: ['spam.example'],
    }),
  ),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'With these words in its addresses, title, author or excerpt.',
    }),
  ),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Received at this time or later.' })),
};

/** The parameters of {@link AskedFilter}, and what else may be asked for. */
export function filterSchema(more: TProperties = {}): TSchema {
  return Type.Object({ ...properties, ...more }, { additionalProperties: false });
}

/** What is meant: never more than what is the holder's. */
export function readFilter({ since, host, ...rest }: AskedFilter, { site }: Holder): ModerationFilter {
  return {
    ...rest,
    ...(site === null ? {} : { site }),
    ...(host === undefined ? {} : { host: host.toLowerCase().replace(/^www\./u, '') }),
    ...(since === undefined ? {} : { since: Date.parse(since) }),
  };
}
