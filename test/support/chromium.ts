import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { patience } from './wait.ts';

/** The names under which systems have it. */
const programs = ['chromium', 'chromium-browser', 'google-chrome'] as const;

const program = programs.find((name) => spawnSync(name, ['--version']).status === 0);
const mayNotSkip = process.env['CI'] === '1' || process.env['LINKBACKD_NO_SKIPS'] === '1';

/** Whether tests in a browser are to be left out: loudly, and never where everything is installed on purpose. */
export const isChromiumMissing: boolean = program === undefined && !mayNotSkip;
if (isChromiumMissing)
  console.warn('SKIPPED: tests in a browser, for Chromium is not installed; .ci/run installs it.');

export type { Browser, Page };

/** Starts the system's Chromium, without a window. */
export async function startChromium(): Promise<Browser> {
  if (program === undefined) throw new Error(`None of ${programs.join(', ')} is installed.`);
  const where = spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim();
  return chromium.launch({ executablePath: where, args: ['--no-sandbox'] });
}

/** How wide the pages are looked at, in CSS pixels. */
export const phone = 390;
export const desk = 1280;

export const schemes = ['light', 'dark'] as const;

export type Look = {
  readonly width?: number;
  readonly scheme?: (typeof schemes)[number];
  readonly javaScript?: boolean;
};

export type Sight = {
  readonly page: Page;
  /** What the browser complained of, such as a breach of the page's content policy. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
};

/** Opens a window of its own for a page; nothing of other tests is in it. */
export async function openSight(
  browser: Browser,
  { width = desk, scheme = 'light', javaScript = true }: Look = {},
): Promise<Sight> {
  const options: BrowserContextOptions = {
    viewport: { width, height: 800 },
    colorScheme: scheme,
    javaScriptEnabled: javaScript,
    locale: 'en-GB',
    timezoneId: 'UTC',
  };
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000 * patience);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints, close: () => context.close() };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page for people who do not see, hear or point as most do; each with its place. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => id + ': ' + help + ' at ' + target.join(' '))))`);
}

/** Whether a page, or a part of it, is wider than its place, so that it has to be moved sideways to be read. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(`[document.documentElement, ...document.querySelectorAll('main, .list, .detail, .card, dialog')]
    .some(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)`);
}

/** Where pictures of pages go to be looked at; none are taken without it. */
const shots = process.env['LINKBACKD_SHOTS'];

/** Takes a picture of the whole page, when somebody wants to look. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
