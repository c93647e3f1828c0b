import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Directory } from '../linkback/directory.ts';
import type { SiteStore } from '../linkback/owner-ports.ts';
import {
  assertApart,
  changeSite,
  makeSite,
  type SiteChoices,
  type SiteDraft,
} from '../linkback/site-parts.ts';
import type { Site } from '../linkback/site.ts';
import { holderOf } from './access.ts';
import { notFound, notOfAllSites, sendProblem } from './answers.ts';
import { Named, owned, wholeList, WholeList, type Json } from './described.ts';
import {
  NewSiteSchema,
  SiteChangeSchema,
  SiteSchema,
  toSiteJson,
  type NewSite,
  type SetupOf,
} from './site-json.ts';
import type { Holder } from './token.ts';

export type SitesOptions = {
  readonly store: SiteStore;
  readonly directory: Directory;
  readonly usualChoices: SiteChoices;
  readonly setupOf: SetupOf;
};

type BySlug = { Params: { slug: string } };

const base = '/api/sites';
const bySlug = { tag: 'Sites', params: Named('slug', 'The site’s name.') } as const;

/**
 * Serves the sites. Those of the settings can be read here, and changed there only.
 *
 * A token of one site sees that one, and changes its choices, but not where its pages are: else it could take those of
 * others.
 */
export function manageSites(app: FastifyInstance, options: SitesOptions, done: () => void): void {
  const { store, directory, usualChoices, setupOf } = options;
  const toJson = (site: Site): Json => toSiteJson(site, directory.isConfigured(site.slug), setupOf);
  const find = (slug: string, { sees }: Holder): Site | undefined =>
    sees(slug) ? directory.siteOf(slug) : undefined;
  const save = async (site: Site, others: readonly Site[]): Promise<Site> => {
    assertApart(site, others);
    await store.saveSite(site);
    await directory.reload();
    return site;
  };

  app.get(base, list, (request) => {
    const { sees } = holderOf(request);
    return wholeList(
      directory
        .sites()
        .filter(({ slug }) => sees(slug))
        .map(toJson),
    );
  });

  app.post<{ Body: NewSite }>(base, add, async (request, reply) => {
    if (!holderOf(request).sees(null)) return notOfAllSites(reply);
    const site = await save(makeSite(request.body, usualChoices), directory.sites());
    return reply.code(201).send(toJson(site));
  });

  app.patch<BySlug & { Body: Omit<SiteDraft, 'slug'> }>(`${base}/:slug`, change, async (request, reply) => {
    const holder = holderOf(request);
    const site = find(request.params.slug, holder);
    if (site === undefined) return notFound(reply, 'site of this name');
    if (directory.isConfigured(site.slug)) return isConfigured(reply, site);
    if (request.body.addresses !== undefined && !holder.sees(null)) return notOfAllSites(reply);
    const others = directory.sites().filter(({ slug }) => slug !== site.slug);
    return toJson(await save(changeSite(site, request.body), others));
  });

  app.delete<BySlug>(`${base}/:slug`, remove, async (request, reply) => {
    const holder = holderOf(request);
    const site = find(request.params.slug, holder);
    if (site === undefined) return notFound(reply, 'site of this name');
    if (directory.isConfigured(site.slug)) return isConfigured(reply, site);
    if (!holder.sees(null)) return notOfAllSites(reply);
    await store.deleteSite(site.slug);
    await directory.reload();
    return reply.code(204).send();
  });
  done();
}

function isConfigured(reply: FastifyReply, { slug }: Site): FastifyReply {
  return sendProblem(reply, 409, `The site "${slug}" stands in the settings, and can be changed there only.`);
}

const list = owned('read', {
  operationId: 'listSites',
  tag: 'Sites',
  summary: 'List sites',
  gives: { 200: WholeList(SiteSchema, 'All sites.') },
});

const add = owned('admin', {
  operationId: 'addSite',
  tag: 'Sites',
  summary: 'Add a site',
  description: 'What is left out is chosen as the settings say. Its pages may be targets at once.',
  body: NewSiteSchema,
  gives: { 201: SiteSchema },
  refuses: [409, 503],
});

const change = owned('admin', {
  ...bySlug,
  operationId: 'changeSite',
  summary: 'Change a site',
  body: SiteChangeSchema,
  gives: { 200: SiteSchema },
  refuses: [409, 503],
});

const remove = owned('admin', {
  ...bySlug,
  operationId: 'deleteSite',
  summary: 'Delete a site',
  description: 'Its linkbacks stay.',
  gives: { 204: null },
  refuses: [409, 503],
});
