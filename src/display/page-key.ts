import type { TargetStore } from '../linkback/ports.ts';
import { targetKey, type Site } from '../linkback/site.ts';

export type PageLooks = Pick<TargetStore, 'targetLook'>;

/** The key under which a page's linkbacks are filed: its own, or that of the page it is known to be another name of. */
export async function keyOfPage(looks: PageLooks, site: Site, page: URL): Promise<string> {
  const key = targetKey(site, page);
  const name = (await looks.targetLook(key))?.page ?? null;
  return name === null ? key : targetKey(site, new URL(name));
}
