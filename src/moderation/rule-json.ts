import { Type, type Static, type TProperties, type TSchema } from 'typebox';
import { dialects } from '../linkback/linkback.ts';
import { ruleActions, type Rule } from '../linkback/rule.ts';
import { Instant, iso, OrNull, type Json } from './described.ts';

const Criterion = (maxLength: number, description: string, example: string) =>
  OrNull(Type.String({ minLength: 1, maxLength, description, examples: [example] }));

/** What an owner writes of a rule. */
const words = {
  site: OrNull(
    Type.String({ minLength: 1, maxLength: 64, description: 'The name of a site; null for all.' }),
  ),
  action: Type.Enum([...ruleActions], {
    description:
      'What happens to a linkback that matches: "block" refuses its pings, "reject" takes and rejects them, "hold" waits for the owner, "approve" shows it once verified. Of several rules the strictest decides.',
  }),
  sourceHost: Criterion(253, 'The source’s host, or one above it.', 'spam.example'),
  sourcePrefix: Criterion(2048, 'What the source’s address starts with.', 'https://blogs.example/spammer/'),
  author: Criterion(2048, 'The name or the address of the author, as the page says it.', 'Jane'),
  targetPath: Criterion(2048, 'The target’s path, or one above it.', '/about'),
  dialect: OrNull(Type.Enum([...dialects])),
  note: Type.String({ maxLength: 1000, description: 'Why; it stands in the events.' }),
};

const Schema = Type.Object(
  {
    id: Type.String(),
    ...words,
    createdBy: Type.String({ description: 'The name of the token.' }),
    createdAt: Instant('When it was made.'),
  },
  { title: 'Rule', description: 'A standing decision; everything that is not null must hold.' },
);

export const RuleSchema: TSchema = Schema;

const optional: TProperties = Object.fromEntries(
  Object.entries(words).map(([name, schema]) => [name, Type.Optional(schema)]),
);

/** A new rule: an action, and at least one criterion. */
export const NewRuleSchema: TSchema = Type.Object(
  { ...optional, action: words.action },
  { title: 'NewRule', additionalProperties: false },
);

export const RuleChangeSchema: TSchema = Type.Object(optional, {
  title: 'RuleChange',
  additionalProperties: false,
  minProperties: 1,
});

export function toRuleJson(rule: Rule): Json {
  const json: Static<typeof Schema> = { ...rule, createdAt: iso(rule.createdAt) };
  return json;
}
