import type { FastifyReply } from 'fastify';
import { Type, type TProperties, type TSchema } from 'typebox';
import {
  dialects,
  linkbackTypes,
  type Dialect,
  type Linkback,
  type LinkbackType,
} from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import type { Page, PublicQuery, PublicStore } from '../linkback/ports.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { findSite, type Site } from '../linkback/site.ts';
import { keyOfPage, type PageLooks } from './page-key.ts';

export type ReadOptions = {
  readonly store: PublicStore & PageLooks;
  readonly sites: () => readonly Site[];
  /** The service's public address without a trailing slash. */
  readonly baseUrl: () => string;
};

/** Most linkbacks in one answer. */
export const maxLimit = 100;

/** Whose linkbacks: those of a page, or of a whole site. */
export type AskedWhose = { readonly target?: string; readonly site?: string };

/** What a list can be asked for. */
export type Asked = AskedWhose & {
  readonly protocol?: Dialect;
  readonly type?: LinkbackType;
  readonly since?: string;
  readonly order?: PublicQuery['order'];
  readonly limit: number;
  readonly after?: string;
};

const whose = {
  target: Type.Optional(
    Type.String({
      maxLength: 2048,
      description: 'The page that is linked to, in any spelling that means the same page.',
      examples: ['https://blog.example/post'],
    }),
  ),
  site: Type.Optional(Type.String({ maxLength: 64, description: 'The name of a site.', examples: ['blog'] })),
};

const filters = {
  protocol: Type.Optional(
    Type.Enum([...dialects], { description: 'Only those that were announced in this dialect.' }),
  ),
  type: Type.Optional(Type.Enum([...linkbackTypes], { description: 'Only those of this type.' })),
  since: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'Only those that were verified at this time or later.',
      examples: ['2026-01-31T00:00:00Z'],
    }),
  ),
};

const paging = (limit: number): TProperties => ({
  order: Type.Optional(
    Type.Enum(['oldest', 'newest'], { description: 'Which come first; the oldest, unless said otherwise.' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: maxLimit, default: limit, description: 'How many at most.' }),
  after: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'The cursor of the following page: "next" of the one before.',
    }),
  ),
});

/** The parameters of what is about a page or a site, with what a route takes besides. */
export function whoseQuery(more: TProperties = {}): TSchema {
  return Type.Object({ ...whose, ...more });
}

/** The parameters of a list that comes without filters and pages. */
export function feedQuery(): TSchema {
  return whoseQuery(filters);
}

/** The parameters of a list, so long unless asked for otherwise. */
export function listQuery(limit: number, more: TProperties = {}): TSchema {
  return whoseQuery({ ...filters, ...paging(limit), ...more });
}

/** A page of ours by the key its linkbacks are filed under, a site by its name, or both. */
export type Scope = { readonly targetKey?: string; readonly site?: string };

/** Finds whose linkbacks are meant; `nobody` for a page of no site, undefined when nothing was named that could be. */
export async function findScope(
  { target: text, site: slug }: AskedWhose,
  { store, sites }: Pick<ReadOptions, 'sites'> & { readonly store: PageLooks },
): Promise<Scope | 'nobody' | undefined> {
  const bySite = slug === undefined ? {} : { site: slug };
  if (text === undefined) return slug === undefined ? undefined : bySite;
  const target = parsePageUrl(text);
  if (target === undefined) return undefined;
  const site = findSite(sites(), target);
  return site === undefined ? 'nobody' : { ...bySite, targetKey: await keyOfPage(store, site, target) };
}

/** Answers that neither a page nor a site was named. */
export function refuseScope(reply: FastifyReply): FastifyReply {
  const detail = 'Name a page by target=, an absolute http or https address, or a site by site=.';
  return reply
    .code(400)
    .type(problemType)
    .send(JSON.stringify(problem(400, detail)));
}

/**
 * The linkbacks that were asked for; undefined when a problem has been answered.
 *
 * A page of no site has none: a widget on it shows an empty list, not an error.
 */
export async function findLinkbacks(
  asked: Asked,
  reply: FastifyReply,
  options: ReadOptions,
): Promise<Page<Linkback> | undefined> {
  const scope = await findScope(asked, options);
  if (scope === undefined) {
    void refuseScope(reply);
    return undefined;
  }
  return scope === 'nobody' ? { items: [], next: null } : options.store.publicList(toQuery(asked, scope));
}

function toQuery({ since, protocol, type, after, order, limit }: Asked, scope: Scope): PublicQuery {
  return {
    ...scope,
    order: order ?? 'oldest',
    limit,
    ...(protocol === undefined ? {} : { protocol }),
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(after === undefined ? {} : { after }),
  };
}

/** An address of ours with what was asked for in its query, apart from what is undefined. */
export function addressOf(
  path: string,
  asked: Readonly<Record<string, string | number | boolean | undefined>>,
  { baseUrl }: Pick<ReadOptions, 'baseUrl'>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `${baseUrl()}${path}${query.size === 0 ? '' : `?${query.toString()}`}`;
}

export function markOf({ sites }: Pick<ReadOptions, 'sites'>, slug: string): string {
  return sites().find((site) => site.slug === slug)?.quoting.mark ?? '[…]';
}
