import { mention } from './announce.ts';
import { openSight, type Browser, type Look, type Page, type Sight } from './chromium.ts';
import { linkingPage } from './linking-page.ts';
import { ownerOf } from './owner.ts';
import type { Service } from './service.ts';
import type { Web } from './web.ts';

/** The moderation page in a window of its own, with somebody signed in. */
export type Desk = Sight & {
  /** Presses keys, one after the other, as somebody at the page does. */
  readonly press: (...keys: readonly string[]) => Promise<void>;
  /** The titles in the list, in order. */
  readonly titles: () => Promise<readonly string[]>;
  /** What the list above says of how many there are. */
  readonly countOf: (tab: string) => Promise<string>;
};

/** Signs in with the service's token, at a place of the page. */
export async function openDesk(
  browser: Browser,
  service: Pick<Service, 'url' | 'token'>,
  at = '',
  look?: Look,
): Promise<Desk> {
  const sight = await openSight(browser, look);
  const { page } = sight;
  await page.goto(`${service.url}/moderate${at}`);
  await signIn(page, service.token);
  await page.locator('.top').waitFor();
  return { ...sight, ...handsOn(page) };
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

function handsOn(page: Page): Pick<Desk, 'press' | 'titles' | 'countOf'> {
  return {
    press: async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    },
    titles: () => page.locator('.row-title').allInnerTexts(),
    countOf: async (tab) =>
      page
        .getByRole('link', { name: new RegExp(`^${tab} \\d`, 'u') })
        .locator('.count')
        .innerText(),
  };
}

/** Files a verified linkback from a page of its own, whose title is its path. */
export async function announce(
  service: Service,
  web: Web,
  path: string,
  target: string,
  html = linkingPage(target, path),
): Promise<string> {
  web.page(path, html);
  const { status } = await mention(service, web.url(path), target);
  if (status !== 'verified') throw new Error(`${path} became ${status}`);
  return (await ownerOf(service).find(web.url(path))).id;
}
