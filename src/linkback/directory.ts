import type { RuleStore, SiteStore } from './owner-ports.ts';
import type { Rule } from './rule.ts';
import type { Site } from './site.ts';

/** The sites that are served and the rules that stand, as they are now. */
export type Directory = {
  readonly sites: () => readonly Site[];
  readonly siteOf: (slug: string) => Site | undefined;
  /** Whether a site stands in the settings, and can be changed there only. */
  readonly isConfigured: (slug: string) => boolean;
  /** The rules of a site, and those of all sites. */
  readonly rulesOf: (slug: string) => readonly Rule[];
  /** Reads again what is stored: after a change, and now and then for the changes of others. */
  readonly reload: () => Promise<void>;
};

/** Makes the directory: the sites of the settings, which no stored one can replace, and those of the store. */
export function makeDirectory(configured: readonly Site[], store: SiteStore & RuleStore): Directory {
  let sites = configured;
  let rules: readonly Rule[] = [];
  let begun = 0;
  let shown = 0;
  const isConfigured = (slug: string): boolean => configured.some((site) => site.slug === slug);
  return {
    sites: () => sites,
    siteOf: (slug) => sites.find((site) => site.slug === slug),
    isConfigured,
    rulesOf: (slug) => rules.filter(({ site }) => site === null || site === slug),
    reload: async () => {
      const turn = (begun += 1);
      const [stored, standing] = await Promise.all([store.storedSites(), store.rules()]);
      // Reads may end in another order than they began: one that began before a change must not hide it.
      if (turn < shown) return;
      shown = turn;
      sites = [...configured, ...stored.filter(({ slug }) => !isConfigured(slug))];
      rules = standing;
    },
  };
}
