import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Directory } from '../linkback/directory.ts';
import { Mistake } from '../linkback/mistake.ts';
import { scopes, type Token, type TokenStore } from '../linkback/owner-ports.ts';
import { holderOf } from './access.ts';
import { notFound, notOfAllSites, sendProblem } from './answers.ts';
import {
  Instant,
  iso,
  isoOrNull,
  Named,
  OrNull,
  owned,
  wholeList,
  WholeList,
  type Json,
} from './described.ts';
import { assertAhead, issueToken, type Holder } from './token.ts';

export type TokensRoutesOptions = {
  readonly store: TokenStore;
  readonly directory: Pick<Directory, 'siteOf'>;
  /** Whether a token stands in the settings: whoever has that can never be locked out. */
  readonly hasAdminToken: boolean;
  readonly now: () => number;
  readonly newId: () => string;
};

const words = {
  name: Type.String({
    minLength: 1,
    maxLength: 100,
    description: 'Stands in the events of what it is used for.',
  }),
  scopes: Type.Array(Type.Enum([...scopes]), {
    minItems: 1,
    uniqueItems: true,
    description: '"moderate" gives "read", too, and "admin" gives everything.',
  }),
  site: OrNull(
    Type.String({ minLength: 1, maxLength: 64, description: 'The one site it is for; null for all.' }),
  ),
  expiresAt: OrNull(Instant('When it ends; null for never.')),
};

const Schema = Type.Object(
  {
    id: Type.String(),
    ...words,
    lastUsedAt: OrNull(Instant('When it was last used, to the minute.')),
    createdAt: Instant('When it was made.'),
    isCurrent: Type.Boolean({ description: 'Whether it is the one that this was asked with.' }),
  },
  { title: 'Token', description: 'What is known of a token; the token itself is stored nowhere.' },
);

const MadeSchema = Type.Object(
  { ...Schema.properties, token: Type.String({ description: 'The token itself, shown this once.' }) },
  { title: 'MadeToken' },
);

const NewToken = Type.Object(
  {
    name: words.name,
    scopes: words.scopes,
    site: Type.Optional(words.site),
    expiresAt: Type.Optional(words.expiresAt),
  },
  { title: 'NewToken', additionalProperties: false },
);

const TokenChange = Type.Object(
  { name: Type.Optional(words.name), expiresAt: Type.Optional(words.expiresAt) },
  { title: 'TokenChange', additionalProperties: false, minProperties: 1 },
);

type ById = { Params: { id: string } };

const base = '/api/tokens';
const byId = { tag: 'Tokens', params: Named('id', 'The token’s id.') } as const;

/**
 * Serves the tokens: who may use this API, for what, on which site and until when.
 *
 * A token of one site sees and makes tokens of that site only. The last token that may do everything everywhere cannot
 * be ended here, unless another one stands in the settings.
 */
export function manageTokens(app: FastifyInstance, options: TokensRoutesOptions, done: () => void): void {
  const { store, directory, now, newId } = options;
  const find = async (id: string, { sees }: Holder): Promise<Token | undefined> =>
    (await store.tokens()).find((token) => token.id === id && sees(token.site));
  const isLastKey = async (id: string): Promise<boolean> => {
    if (options.hasAdminToken) return false;
    const keys = (await store.tokens()).filter((token) => isKey(token, now()));
    return keys.length === 1 && keys[0]?.id === id;
  };

  app.get(base, list, async (request) => {
    const holder = holderOf(request);
    const tokens = await store.tokens();
    return wholeList(
      tokens.filter(({ site }) => holder.sees(site)).map((token) => toTokenJson(token, holder.tokenId)),
    );
  });

  app.post<{ Body: Static<typeof NewToken> }>(base, add, async (request, reply) => {
    const holder = holderOf(request);
    const { name, site = holder.site, expiresAt = null } = request.body;
    if (!holder.sees(site)) return notOfAllSites(reply);
    if (site !== null && directory.siteOf(site) === undefined)
      throw new Mistake(`There is no site "${site}".`);
    const asked = { name, scopes: request.body.scopes, site, expiresAt: instantOf(expiresAt) };
    const { token, stored } = issueToken(asked, newId(), now());
    await store.saveToken(stored);
    return reply.code(201).send({ ...toTokenJson(stored, holder.tokenId), token });
  });

  app.patch<ById & { Body: Static<typeof TokenChange> }>(`${base}/:id`, change, async (request, reply) => {
    const holder = holderOf(request);
    const token = await find(request.params.id, holder);
    if (token === undefined) return notFound(reply, 'token of this id');
    const { name = token.name, expiresAt } = request.body;
    const ends = expiresAt === undefined ? token.expiresAt : instantOf(expiresAt);
    if (expiresAt !== undefined) assertAhead(ends, now());
    const changed = { ...token, name, expiresAt: ends };
    await store.saveToken(changed);
    return toTokenJson(changed, holder.tokenId);
  });

  app.delete<ById>(`${base}/:id`, revoke, async (request, reply) => {
    const token = await find(request.params.id, holderOf(request));
    if (token === undefined) return notFound(reply, 'token of this id');
    if (await isLastKey(token.id)) return sendProblem(reply, 409, lockedOut);
    await store.deleteToken(token.id);
    return reply.code(204).send();
  });
  done();
}

const lockedOut =
  'You would lock yourself out: no other token may do everything. Make one first, or set ADMIN_TOKEN.';

/** Whether it opens everything now. */
function isKey({ scopes: held, site, expiresAt }: Token, now: number): boolean {
  return held.includes('admin') && site === null && (expiresAt === null || expiresAt > now);
}

function instantOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** What is known of a token, to whoever asks with the one of this id. */
export function toTokenJson(token: Token, currentId: string | null): Json {
  const { id, name, site, expiresAt, lastUsedAt, createdAt } = token;
  const json: Static<typeof Schema> = {
    id,
    name,
    scopes: [...token.scopes],
    site,
    expiresAt: isoOrNull(expiresAt),
    lastUsedAt: isoOrNull(lastUsedAt),
    createdAt: iso(createdAt),
    isCurrent: id === currentId,
  };
  return json;
}

const list = owned('admin', {
  operationId: 'listTokens',
  tag: 'Tokens',
  summary: 'List tokens',
  description: 'Without the one of the settings.',
  gives: { 200: WholeList(Schema, 'All tokens.') },
});

const add = owned('admin', {
  operationId: 'addToken',
  tag: 'Tokens',
  summary: 'Make a token',
  description: 'It is shown this once.',
  body: NewToken,
  gives: { 201: MadeSchema },
  refuses: [503],
});

const change = owned('admin', {
  ...byId,
  operationId: 'changeToken',
  summary: 'Rename a token, or say when it ends',
  body: TokenChange,
  gives: { 200: Schema },
  refuses: [503],
});

const revoke = owned('admin', {
  ...byId,
  operationId: 'revokeToken',
  summary: 'Revoke a token',
  description: 'At once, with every session that came in with it.',
  gives: { 204: null },
  refuses: [409, 503],
});
