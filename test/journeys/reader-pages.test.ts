import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  desk,
  isChromiumMissing,
  isTooWide,
  openSight,
  phone,
  schemes,
  shoot,
  startChromium,
  violationsOn,
  type Browser,
  type Look,
  type Page,
} from '../support/chromium.ts';
import { mention, sendWebmention, statusOf } from '../support/announce.ts';
import { section5Pages } from '../support/section5.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

const looks = schemes.flatMap((colorScheme) => [phone, desk].map((width) => ({ width, colorScheme })));

const entry = (target: string, html: string, lang = 'en'): string =>
  `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>A page</title>
  <article class="h-entry">${html.replaceAll('TARGET', target)}</article></html>`;

const person = (name: string): string =>
  `<span class="p-author h-card"><a class="u-url p-name" href="https://people.example/">${name}</a></span>`;

/** Sources of every kind, as they are met: long titles, other scripts, names without pages. */
const sources = (target: string): readonly string[] => [
  ...section5Pages(target)
    .slice(0, 3)
    .map((each) => each.html),
  entry(target, `${person('Mona Lindqvist')} <a class="u-like-of" href="TARGET">likes</a>`),
  entry(target, `${person('佐藤 健')} <a class="u-like-of" href="TARGET">いいね</a>`, 'ja'),
  entry(target, `${person('Fatma Öztürk')} <a class="u-repost-of" href="TARGET">again</a>`),
  entry(
    target,
    `${person('Jo')} <data class="p-rsvp" value="yes"></data><a class="u-in-reply-to" href="TARGET">see you</a>`,
  ),
  entry(
    target,
    `<h1 class="p-name">مراسلة طويلة عن القيادة الجماعية</h1>${person('ليلى حداد')} <time class="dt-published" datetime="2026-05-04T10:00:00Z"></time>
    <p class="e-content">قرأت اليوم مقالة جميلة عن <a class="u-in-reply-to" href="TARGET">القيادة الجماعية</a> وأظن أنها تستحق أن يقرأها كل معلم.</p>`,
    'ar',
  ).replace('A page', 'مراسلة طويلة عن القيادة الجماعية'),
  entry(
    target,
    `${person('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft')}
    <p>Und dann steht da https://sehr.lang.example/${'weg/'.repeat(30)} mitten im <a href="TARGET">Satz</a>, ohne einen Platz zum Umbrechen.</p>`,
    'de',
  ),
];

describe.skipIf(isChromiumMissing)('the pages that readers see', () => {
  let web: Web;
  let service: Service;
  let browser: Browser;
  let target: string;
  let statuses: Readonly<Record<string, string>>;

  beforeAll(async () => {
    [web, browser] = await Promise.all([startWeb(), startChromium()]);
    service = await startService({
      env: {
        SITES: `blog=http://${web.host}/blog/, notes=https://notes.example/`,
        POLICY: 'approve-all',
        VOUCH_REQUIRED: 'notes',
      },
    });
    target = web.url('/blog/shifting-the-way-we-co-create');
    web.page('/blog/shifting-the-way-we-co-create', 'Ours');
    for (const [at, html] of sources(target).entries()) {
      web.page(`/from/${at}`, html);
      expect(await mention(service, web.url(`/from/${at}`), target)).toMatchObject({ status: 'verified' });
    }
    web.page('/from/nowhere', 'No link here');
    statuses = {
      verified: await statusPage('/from/0'),
      refused: await statusPage('/from/nowhere'),
      queued: await waitingPage(),
    };
  });

  afterAll(async () => {
    await Promise.all([browser.close(), service.close(), web.close()]);
  });

  /** Where the status page of a ping is that has been looked at. */
  async function statusPage(path: string): Promise<string> {
    const location = (await sendWebmention(service, web.url(path), target)).headers.get('location') ?? '';
    await statusOf(location);
    return location;
  }

  /** The status page of a ping whose source does not answer yet. */
  async function waitingPage(): Promise<string> {
    web.page('/from/later', 'Not yet');
    web.hold('/from/later');
    return (await sendWebmention(service, web.url('/from/later'), target)).headers.get('location') ?? '';
  }

  const list = (of = target): string => `${service.url}/linkbacks?target=${encodeURIComponent(of)}`;

  const pages: readonly (readonly [string, () => string])[] = [
    ['the list', () => list()],
    ['an empty list', () => list(web.url('/blog/nobody-links-here'))],
    ['the list of a site', () => `${service.url}/linkbacks?site=blog&limit=4`],
    ['the status of a verified ping', () => statuses['verified'] ?? ''],
    ['the status of a refused ping', () => statuses['refused'] ?? ''],
    ['a status that is none', () => `${service.url}/status/none`],
    ['what to paste', () => `${service.url}/setup?target=${encodeURIComponent(target)}`],
    ['the status of a ping that waits', () => statuses['queued'] ?? ''],
    ['the form', () => `${service.url}/webmention`],
  ];

  const inSight = async (
    look: Look,
    visit: (page: Page, complaints: readonly string[]) => Promise<void>,
  ): Promise<void> => {
    const { page, complaints, close } = await openSight(browser, look);
    try {
      await visit(page, complaints);
    } finally {
      await close();
    }
  };

  it.each(pages)(
    'are read by everybody, on a phone and a desk, light and dark: %s',
    async (name, address) => {
      await inSight({}, async (page, complaints) => {
        await page.goto(address());
        for (const { width, colorScheme } of looks) {
          await page.setViewportSize({ width, height: 800 });
          await page.emulateMedia({ colorScheme });
          expect(await violationsOn(page)).toEqual([]);
          expect(await isTooWide(page)).toBe(false);
          await shoot(page, `${name.replaceAll(' ', '-')}-${width}-${colorScheme}`);
        }
        expect(complaints.filter((each) => !each.includes('404'))).toEqual([]);
      });
    },
  );

  it('lead from the form to the status, without a script', () =>
    inSight({ javaScript: false }, async (page) => {
      web.page('/from/form', `<a href="${target}">here</a>`);
      await page.goto(`${service.url}/webmention`);
      await page.getByLabel('The address of your page').fill(web.url('/from/form'));
      await page.getByLabel('The address of the page it links to').fill(target);
      await page.getByRole('button').click();
      await page.waitForURL(/\/status\//u);
      expect(await page.getByRole('heading').textContent()).toBe('What became of your ping');
    }));

  it('keep what was typed when it was wrong, and say what', () =>
    inSight({}, async (page) => {
      await page.goto(`${service.url}/blog/webmention`);
      const source = 'https://source.example/?a="1"&b=<2>';
      await page.getByLabel('The address of your page').fill(source);
      await page.getByLabel('The address of the page it links to').fill('https://elsewhere.example/');
      await page.getByRole('button').click();
      await page.getByRole('alert').waitFor();
      expect(await page.getByLabel('The address of your page').inputValue()).toBe(source);
      expect(await page.getByLabel('The address of the page it links to').inputValue()).toBe(
        'https://elsewhere.example/',
      );
      expect(await violationsOn(page)).toEqual([]);
      await shoot(page, 'the-form-after-a-mistake');
    }));

  it('ask for a page that vouches, where the owner wants one', () =>
    inSight({ javaScript: false }, async (page) => {
      await page.goto(`${service.url}/webmention?target=https://notes.example/post`);
      await page.getByLabel('The address of your page').fill('https://source.example/');
      await page.getByRole('button').click();
      await page.getByText('The owner here does not know your site yet.').waitFor();
      for (const { width, colorScheme } of looks) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        expect(await isTooWide(page)).toBe(false);
        await shoot(page, `the-form-for-a-vouch-${width}-${colorScheme}`);
      }
      await page.getByLabel('The address of a page that links to your site').fill('https://friend.example/');
      await page.getByRole('button').click();
      await page.waitForURL(/\/status\//u);
    }));

  it('know the page that the form is to tell of', () =>
    inSight({ javaScript: false }, async (page) => {
      await page.goto(list(web.url('/blog/nobody-links-here')));
      await page.getByRole('link', { name: 'Tell its owner' }).click();
      expect(await page.getByLabel('The address of the page it links to').inputValue()).toBe(
        web.url('/blog/nobody-links-here'),
      );
    }));

  it('lead on from one page of the list to the next', () =>
    inSight({ javaScript: false }, async (page) => {
      await page.goto(`${list()}&limit=5`);
      const first = await page.locator('.comment-list > li').count();
      await page.getByRole('link', { name: 'More linkbacks' }).click();
      await page.waitForURL(/after=/u);
      expect(first + (await page.locator('.comment-list > li').count())).toBeGreaterThan(5);
      expect(await page.getByRole('link', { name: 'More linkbacks' }).count()).toBe(0);
    }));
});
