import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  desk as wide,
  isChromiumMissing,
  isTooWide,
  openSight,
  phone,
  schemes,
  shoot,
  startChromium,
  violationsOn,
  type Browser,
  type Page,
} from '../support/chromium.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { announce, openDesk } from '../support/moderation-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

type View = {
  readonly name: string;
  readonly at: string;
  /** What to do there before it is looked at. */
  readonly act?: (page: Page) => Promise<unknown>;
};

const entry = (target: string, name: string, words: string, lang = 'en'): string =>
  `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>${name}</title><article class="h-entry">
  <h1 class="p-name">${name}</h1><a class="p-author h-card" href="https://people.example/">Mona Lindqvist</a>
  <p class="e-content">${words.replace('LINK', `<a href="${target}">the words that link</a>`)}</p></article></html>`;

/** Sources of every kind, as they are met. */
const sources: readonly (readonly [path: string, html: (target: string) => string])[] = [
  ['/plain', (target) => linkingPage(target, 'Leadership Challenge #1: Collective leadership | Lead Me On')],
  ['/entry', (target) => entry(target, 'Honeycomb', 'I read LINK today, and agree with most of it.')],
  [
    '/arabic',
    (target) =>
      entry(target, 'القيادة الجماعية: كيف نعمل معًا', 'قرأت اليوم LINK وأظن أنها تستحق القراءة.', 'ar'),
  ],
  [
    '/long',
    (target) =>
      entry(
        target,
        'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorsitzender',
        `https://sehr.lang.example/${'weg/'.repeat(30)} und LINK`,
        'de',
      ),
  ],
  [
    '/unbroken',
    (target) =>
      entry(target, 'x'.repeat(120), `${'a'.repeat(45)} LINK ${'b'.repeat(60)}`).replace(
        'the words that link',
        'https://unbroken.example/'.padEnd(90, 'c'),
      ),
  ],
  [
    '/pills',
    (target) =>
      `<!doctype html><title>Cheap pills</title><p>Buy now</p><footer><a href="${target}">here</a> ${Array.from(
        { length: 300 },
        (_, index) => `<a href="https://shop${index}.example/">cheap pills online</a>`,
      ).join(' ')}</footer>`,
  ],
];

const views: readonly View[] = [
  { name: 'inbox', at: '' },
  { name: 'open', at: '', act: (page) => page.locator('.row-link', { hasText: 'Cheap pills' }).click() },
  { name: 'arabic', at: '', act: (page) => page.locator('.row-link', { hasText: 'القيادة' }).click() },
  { name: 'long', at: '', act: (page) => page.locator('.row-link', { hasText: 'Donau' }).click() },
  { name: 'unbroken', at: '', act: (page) => page.locator('.row-link', { hasText: 'xxx' }).click() },
  { name: 'failed', at: '?tab=failed', act: (page) => page.locator('.row-link').first().click() },
  { name: 'all', at: '?tab=all' },
  { name: 'empty', at: '?tab=rejected' },
  { name: 'nothing', at: '?q=nowhere' },
  {
    name: 'selected',
    at: '',
    act: async (page) => {
      await page.locator('.pick').nth(0).click();
      await page.locator('.pick').nth(2).click();
    },
  },
  {
    name: 'toast',
    at: '?tab=approved',
    act: async (page) => {
      await page.locator('.pick').first().click();
      await page.locator('.bulk').getByRole('button', { name: 'Spam' }).click();
      await page.locator('.toast').waitFor();
      await page.keyboard.press('z');
      await page.getByText('Undone.').waitFor();
      await page.locator('.row').first().waitFor();
    },
  },
  { name: 'keys', at: '', act: (page) => page.keyboard.press('?') },
  {
    name: 'erase',
    at: '?tab=all',
    act: async (page) => {
      await page.locator('.row-link').first().click();
      await page.getByRole('button', { name: 'Erase' }).click();
    },
  },
  { name: 'rules', at: '?view=rules' },
  {
    name: 'rule',
    at: '?view=rules&add=rule&sourceHost=127.0.0.1',
    act: (page) => page.locator('.examples').waitFor(),
  },
  { name: 'sites', at: '?view=sites' },
  { name: 'site', at: '?view=sites&add=site', act: (page) => page.getByText('More settings').click() },
  {
    name: 'paste',
    at: '?view=sites&paste=blog',
    act: (page) => page.getByText('Without a script, with headers').click(),
  },
  {
    name: 'site-edited',
    at: '?view=sites&edit=notes',
    act: (page) => page.getByText('More settings').click(),
  },
  { name: 'tokens', at: '?view=tokens' },
  {
    name: 'token-edited',
    at: '?view=tokens',
    act: (page) => page.getByRole('link', { name: 'Edit' }).click(),
  },
  { name: 'token', at: '?view=tokens&add=token' },
  { name: 'webhooks', at: '?view=webhooks' },
  {
    name: 'log',
    at: '?view=webhooks',
    act: async (page) => {
      await page.getByRole('button', { name: 'Send a test' }).click();
      await page.getByRole('link', { name: 'Log' }).click();
      await page.locator('.log').getByText('Delivered').first().waitFor();
    },
  },
  {
    name: 'webhook-edited',
    at: '?view=webhooks',
    act: (page) => page.getByRole('link', { name: 'Edit' }).click(),
  },
  { name: 'webhook', at: '?view=webhooks&add=webhook' },
  { name: 'start', at: '?view=start' },
];

describe.skipIf(isChromiumMissing)('the moderation page looks', () => {
  let browser: Browser;
  let web: Web;
  let service: Service;

  beforeAll(async () => {
    [browser, web] = await Promise.all([startChromium(), startWeb()]);
    service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
    const target = web.url('/blog/shifting-the-way-we-co-create');
    web.page('/blog/shifting-the-way-we-co-create', 'Ours');
    for (const [path, html] of sources) await announce(service, web, path, target, html(target));
    const approved = await announce(service, web, '/approved', target);
    await ownerOf(service).decide(approved, 'approved');
    web.page('/nothing', 'Nothing');
    web.page('/hook', 'thanks');
    await service.ping(web.url('/nothing'), target);
    await Promise.all([
      service.api('POST', '/api/moderation/rules', {
        action: 'block',
        sourceHost: 'spam.example',
        note: 'Only ever spam.',
      }),
      service.api('POST', '/api/sites', { slug: 'notes', addresses: ['https://notes.example/'] }),
      service.api('POST', '/api/webhooks', { url: web.url('/hook'), events: ['published'] }),
      service.api('POST', '/api/tokens', { name: 'Build script', scopes: ['read'] }),
    ]);
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([service.close(), web.close()]);
  });

  // Colours do not depend on the width, nor the layout on colours: each once, and all together in the long run.
  const everyLook = schemes.flatMap((scheme) => [phone, wide].map((width) => ({ scheme, width })));
  const looks = isLong
    ? everyLook
    : everyLook.filter(({ scheme, width }) => (scheme === 'light') === (width === phone));

  it.each(looks)(
    'right to everybody, $scheme and $width px wide',
    async ({ scheme, width }) => {
      const found: string[] = [];
      const login = await openSight(browser, { scheme, width });
      await login.page.goto(`${service.url}/moderate`);
      await login.page.getByLabel('Token').waitFor();
      found.push(...(await violationsOn(login.page)).map((each) => `login: ${each}`));
      await shoot(login.page, `moderate-login-${width}-${scheme}`);
      await login.page.getByText('Is the token lost?').click();
      found.push(...(await violationsOn(login.page)).map((each) => `lost: ${each}`));
      if (await isTooWide(login.page)) found.push('lost: wider than the window');
      await shoot(login.page, `moderate-lost-${width}-${scheme}`);
      await login.close();

      const desk = await openDesk(browser, service, '', { scheme, width });
      const { page } = desk;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      for (const { name, at, act } of views) {
        await page.goto(`${service.url}/moderate${at}`);
        await page.locator('main').waitFor();
        await waitUntil(async () => (await page.locator('.loading, [aria-busy=true]').count()) === 0);
        await act?.(page);
        await waitUntil(async () => (await page.locator('.loading, [aria-busy=true]').count()) === 0);
        found.push(...(await violationsOn(page)).map((each) => `${name}: ${each}`));
        if (await isTooWide(page)) found.push(`${name}: wider than the window`);
        if (width === phone)
          found.push(...(await tooSmall(page)).map((each) => `${name}: too small: ${each}`));
        await shoot(page, `moderate-${name}-${width}-${scheme}`);
      }
      expect(desk.complaints.filter((each) => !each.includes('401'))).toEqual([]);

      // What is only seen when something is over.
      await page.goto(`${service.url}/moderate`);
      await page.locator('.row').first().waitFor();
      await page.context().clearCookies();
      await page.getByRole('link', { name: /^Approved \d/u }).click();
      await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
      found.push(...(await violationsOn(page)).map((each) => `ended: ${each}`));
      await shoot(page, `moderate-ended-${width}-${scheme}`);
      await page.route('**/api/session', (route) => route.abort());
      await page.reload();
      await page.getByRole('heading', { name: 'The service does not answer' }).waitFor();
      found.push(...(await violationsOn(page)).map((each) => `unreachable: ${each}`));
      expect(found).toEqual([]);
      await desk.close();
    },
    120_000,
  );

  it.each(looks)('right in the first steps, too, $scheme and $width px wide', async (look) => {
    const empty = await startService({ env: { SITES: '' } });
    const desk = await openDesk(browser, empty, '', look);
    const { page } = desk;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const found: string[] = [];
    const lookAt = async (name: string): Promise<void> => {
      found.push(...(await violationsOn(page)).map((each) => `${name}: ${each}`));
      if (await isTooWide(page)) found.push(`${name}: wider than the window`);
      if (look.width === phone)
        found.push(...(await tooSmall(page)).map((each) => `${name}: too small: ${each}`));
      await shoot(page, `moderate-${name}-${look.width}-${look.scheme}`);
    };
    try {
      await page.getByRole('heading', { name: 'Which pages are yours?' }).waitFor();
      await lookAt('first-site');
      await page.getByLabel('Address').fill(web.url('/blog/'));
      await page.getByRole('button', { name: 'Add the site' }).click();
      await page.getByRole('heading', { name: 'Tell the world where to send' }).waitFor();
      await lookAt('first-paste');
      await page.getByRole('link', { name: 'Go on to the inbox' }).click();
      await page.getByRole('heading', { name: 'Send yourself a first linkback' }).waitFor();
      await lookAt('first-linkback');
      expect(found).toEqual([]);
    } finally {
      await Promise.all([desk.close(), empty.close()]);
    }
  });

  it('the same while it loads: nothing jumps', async () => {
    const desk = await openDesk(browser, service);
    const { page } = desk;
    await page.addInitScript(`new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted = (globalThis.shifted ?? 0) + entry.value;
    }).observe({ type: 'layout-shift', buffered: true });`);
    await page.goto(`${service.url}/moderate`);
    await page.getByRole('heading', { name: 'History' }).waitFor();
    await desk.press('j');
    await page.getByRole('heading', { name: 'History' }).waitFor();
    expect(Number(await page.evaluate('globalThis.shifted ?? 0'))).toBeLessThan(0.1);
    await desk.close();
  });
});

/** What a finger would miss: controls that are lower than 44 pixels. */
function tooSmall(page: Page): Promise<readonly string[]> {
  const controls =
    'button, a.button, input:not([type=checkbox], [type=radio]), select, summary, .pick, .check, .choice, nav a';
  return page.evaluate(`[...document.querySelectorAll(${JSON.stringify(controls)})]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 43.5)
    .map((each) => each.outerHTML.slice(0, 100))`);
}
