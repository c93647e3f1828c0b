import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isChromiumMissing, openSight, startChromium, type Browser } from '../support/chromium.ts';
import { linkingPage } from '../support/linking-page.ts';
import { signIn } from '../support/moderation-page.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

describe.skipIf(isChromiumMissing)('a new owner', () => {
  let browser: Browser;
  let web: Web;
  let service: Service;
  let token: string;

  beforeAll(async () => {
    [browser, web] = await Promise.all([startChromium(), startWeb()]);
    service = await startService({ env: { ADMIN_TOKEN: '', SITES: '' } });
    token = /lkbd_\S+/u.exec(service.output().stdout)?.[0] ?? '';
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([service.close(), web.close()]);
  });

  it('is led from the printed token to a linkback that shows, live, under their post', async () => {
    const post = web.url('/blog/post');
    const [owner, reader] = await Promise.all([openSight(browser), openSight(browser)]);
    const { page } = owner;

    // The start says where the page is and what opens it.
    expect(service.output().stdout).toContain(`${service.url}/moderate`);
    await page.goto(`${service.url}/moderate`);
    await signIn(page, token);

    // Without a site there is nothing to do but to name one.
    await page.getByRole('heading', { name: 'Which pages are yours?' }).waitFor();
    await page.getByLabel('Address').fill(web.url('/blog/'));
    await page.getByRole('button', { name: 'Add the site' }).click();

    // What to paste is this very site's, and can be copied.
    const head = page.getByRole('region', { name: 'Lines for the head' });
    const pasted = await head.innerText();
    expect(pasted).toMatch(/rel="pingback" href="\S+\/xmlrpc"[^]*rel="webmention" href="\S+\/webmention"/u);
    const list = await page.getByRole('region', { name: 'Lines for the list' }).innerText();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy: Lines for the head' }).click();
    await page.getByRole('button', { name: 'Copied: Lines for the head' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(pasted);

    // The post says what was pasted, and somebody reads it.
    web.page(
      '/blog/post',
      `<!doctype html><head>${pasted}</head><h1>A post</h1>${list.replaceAll('ADDRESS-OF-THE-PAGE', post)}`,
    );
    await reader.page.goto(post);
    await reader.page.getByText('No linkbacks yet').waitFor();

    // The inbox is empty, listens, and takes a first one by hand.
    await page.getByRole('link', { name: 'Go on to the inbox' }).click();
    await page.getByText('Listening').waitFor();
    web.page('/friend', linkingPage(post, 'A friend’s thoughts'));
    await page.getByLabel('The page with the link').fill(web.url('/friend'));
    await page.getByLabel('The page of yours it links to').fill(post);
    await page.getByRole('button', { name: 'Send it' }).click();

    // It appears by itself, is shown with its words, and one key approves it.
    await page.getByRole('heading', { name: 'A friend’s thoughts' }).waitFor();
    expect(await page.locator('blockquote mark').innerText()).toBe('the link');
    await page.locator('body').press('a');
    await page.getByText('Approved.').waitFor();
    await page.getByRole('heading', { name: 'All done' }).waitFor();

    // The reader sees it without loading anything anew.
    await reader.page.getByText('A friend’s thoughts').waitFor();
    expect(owner.complaints.filter((each) => !each.includes('401'))).toEqual([]);
    await Promise.all([owner.close(), reader.close()]);
  });

  it('is told clearly what is wrong with a token, and when to try again', async () => {
    const limited = await startService({ env: { LIMITS: 'on' } });
    const { page, close } = await openSight(browser);
    try {
      await page.goto(`${limited.url}/moderate`);
      expect(await page.getByLabel('Token').getAttribute('type')).toBe('password');
      expect(await page.getByLabel('Token').getAttribute('autocomplete')).toBe('current-password');
      await signIn(page, 'lkbd_wrong');
      await page.getByText('This token is not known here.').waitFor();
      for (let guess = 0; guess < 10; guess += 1) {
        const answered = page.waitForResponse((response) => response.url().endsWith('/api/session'));
        await signIn(page, `lkbd_wrong_${guess}`);
        await answered;
      }
      await page.getByText(/Too many wrong tokens\. Try again in \d+ s\./u).waitFor();
      expect(await page.getByRole('button', { name: 'Sign in' }).isDisabled()).toBe(true);
      expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).toBe('[{},{}]');
    } finally {
      await Promise.all([close(), limited.close()]);
    }
  });
});
