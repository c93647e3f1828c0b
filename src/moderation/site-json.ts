import { Type, type Static, type TProperties, type TSchema } from 'typebox';
import type { SiteDraft } from '../linkback/site-parts.ts';
import { excerptStyles, policies, type Site } from '../linkback/site.ts';
import { OrNull, type Json } from './described.ts';

/** What to paste into pages, as whoever knows how to says it; the API gives it on as it is. */
export type SetupOf = (site: Site) => Json;

const address = Type.String({ minLength: 1, maxLength: 2048 });
const points = Type.Integer({ minimum: 1, maximum: 1000 });

/** What an owner chooses for a site. */
const choices = {
  addresses: Type.Array(address, {
    minItems: 1,
    maxItems: 20,
    description:
      'Where its pages are, its own address first, then its aliases; below them everything is its.',
    examples: [['https://blog.example/', 'https://www.blog.example/']],
  }),
  policy: Type.Enum([...policies], {
    description: 'What happens to a verified linkback on which nobody has decided.',
  }),
  quoting: Type.Object(
    {
      style: Type.Enum([...excerptStyles]),
      window: Type.Integer({
        minimum: 20,
        maximum: 500,
        description: 'Characters on each side of the link.',
      }),
      mark: Type.String({ maxLength: 20, description: 'Stands where text was cut.' }),
    },
    { additionalProperties: false, description: 'How it quotes.' },
  ),
  blockedHosts: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
    maxItems: 1000,
    description: 'Source hosts that are refused, with everything below them.',
  }),
  closedPaths: Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
    maxItems: 1000,
    description: 'Paths, with everything below them, that take no linkbacks.',
  }),
  requiresVouch: Type.Boolean({
    description: 'Whether a webmention from a host not approved yet must name a page that vouches for it.',
  }),
  isLenient: Type.Boolean({
    description: 'Whether a webmention’s link may be spelled otherwise than its target.',
  }),
  takesOwn: Type.Boolean({ description: 'Whether its own posts may link to each other.' }),
  closeAfterDays: OrNull(
    Type.Integer({
      minimum: 1,
      maximum: 36_500,
      description: 'After so many days a page takes no more linkbacks.',
    }),
  ),
  thresholds: Type.Object(
    { holdAt: points, spamAt: points },
    {
      additionalProperties: false,
      description: 'From how many points a linkback is held, or filed as spam.',
    },
  ),
};

const slug = Type.String({
  minLength: 1,
  maxLength: 63,
  description: 'Its name, which stands in addresses; unless it is given, the first label of its host.',
  examples: ['blog'],
});

const Schema = Type.Object(
  {
    slug,
    ...choices,
    isConfigured: Type.Boolean({
      description: 'Whether it is from the setting SITES, where alone it can be changed.',
    }),
    setup: Type.Object(
      {
        target: Type.String(),
        headers: Type.Record(Type.String(), Type.String()),
        elements: Type.String(),
        rdf: Type.String(),
        list: Type.String(),
        widget: Type.String(),
      },
      { title: 'Setup', description: 'What to paste into its pages, as shown for the first one.' },
    ),
  },
  { title: 'Site', description: 'One owner’s set of pages.' },
);

export const SiteSchema: TSchema = Schema;

const optional: TProperties = Object.fromEntries(
  Object.entries(choices).map(([name, schema]) => [name, Type.Optional(schema)]),
);

/** A new site: at least its address; what is left out is as the settings say. */
export const NewSiteSchema: TSchema = Type.Object(
  { slug: Type.Optional(slug), ...optional, addresses: choices.addresses },
  { title: 'NewSite', additionalProperties: false },
);

export const SiteChangeSchema: TSchema = Type.Object(optional, {
  title: 'SiteChange',
  additionalProperties: false,
  minProperties: 1,
});

export type NewSite = SiteDraft & { readonly addresses: readonly string[] };

export function toSiteJson(site: Site, isConfigured: boolean, setupOf: SetupOf): Json {
  const json: Omit<Static<typeof Schema>, 'setup'> = {
    slug: site.slug,
    addresses: site.addresses.map(({ href }) => href),
    policy: site.policy,
    quoting: site.quoting,
    blockedHosts: [...site.blockedHosts],
    closedPaths: [...site.closedPaths],
    requiresVouch: site.requiresVouch,
    isLenient: site.isLenient,
    takesOwn: site.takesOwn,
    closeAfterDays: site.closeAfterDays,
    thresholds: site.thresholds,
    isConfigured,
  };
  return { ...json, setup: setupOf(site) };
}
