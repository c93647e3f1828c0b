import { hostOf, parsePageUrl } from './page-url.ts';
import type { TrustStore } from './ports.ts';
import { findSite, type Site } from './site.ts';

/** Makes the question whether a site wants a vouch for a source: only when it says so, and has not approved its host. */
export function makeNeedsVouch(
  sites: () => readonly Site[],
  store: TrustStore,
): (source: string, target: string) => Promise<boolean> {
  return async (sourceText, targetText) => {
    const [source, target] = [parsePageUrl(sourceText), parsePageUrl(targetText)];
    const site = target === undefined ? undefined : findSite(sites(), target);
    // What is no ping at all is refused for what it is.
    if (source === undefined || site?.requiresVouch !== true) return false;
    return !(await store.isApprovedHost(site.slug, hostOf(source)));
  };
}
