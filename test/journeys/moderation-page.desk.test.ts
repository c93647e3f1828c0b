import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { isChromiumMissing, openSight, startChromium, type Browser } from '../support/chromium.ts';
import { linkingPage } from '../support/linking-page.ts';
import { announce, openDesk, signIn } from '../support/moderation-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

describe.skipIf(isChromiumMissing)('the moderation page', () => {
  let browser: Browser;
  let web: Web;
  let elsewhere: Web;
  let service: Service;
  let target: string;

  beforeAll(async () => {
    [browser, web, elsewhere] = await Promise.all([
      startChromium(),
      startWeb(),
      startWeb({ address: '127.0.0.2' }),
    ]);
    web.page('/blog/post', 'Ours');
    target = web.url('/blog/post');
    service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([service.close(), web.close(), elsewhere.close()]);
  });

  it('shows what a rule would have done while it is written, and what it does then', async () => {
    await Promise.all(['/a', '/b', '/c'].map((path) => announce(service, elsewhere, path, target)));
    await announce(service, web, '/d', target);
    const desk = await openDesk(browser, service, '?view=rules');
    const { page } = desk;
    await page.getByRole('heading', { name: 'No rules yet' }).waitFor();
    await page.getByRole('link', { name: 'Add a rule' }).click();
    expect(await page.getByRole('button', { name: 'Add the rule' }).isDisabled()).toBe(true);
    await page.getByRole('radio', { name: 'Approve' }).check();
    await page.getByLabel('From the host').fill('127.0.0.2');
    const preview = page.getByRole('region', { name: 'Preview' });
    await preview.getByText('It matches 3 stored linkbacks, and would have changed 3 of them.').waitFor();
    expect(await preview.locator('li').count()).toBe(3);
    await page.getByLabel('To the path').fill('/elsewhere');
    await preview.getByText('It matches nothing that is stored so far.').waitFor();
    await page.getByLabel('To the path').fill('');
    await page.getByLabel('Note').fill('A friend');
    await page.getByRole('button', { name: 'Add the rule' }).click();
    const card = page.locator('.card', { hasText: 'Approve what comes from 127.0.0.2 and hosts below it.' });
    await card.getByText('A friend').waitFor();

    elsewhere.page('/e', linkingPage(target, '/e'));
    await mention(service, elsewhere.url('/e'), target);
    expect((await ownerOf(service).find(elsewhere.url('/e'))).moderation).toBe('approved');

    await card.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('radio', { name: 'Block' }).check();
    await page.getByRole('button', { name: 'Save the rule' }).click();
    await page.getByText('Block what comes from 127.0.0.2').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No rules yet' }).waitFor();
    expect(desk.complaints.filter((each) => !each.includes('401'))).toEqual([]);
    await desk.close();
  });

  it('adds and changes sites, and says which ones stand in the settings', async () => {
    const desk = await openDesk(browser, service, '?view=sites');
    const { page } = desk;
    const configured = page.locator('.card', { hasText: web.url('/blog/') });
    await configured.getByText('From the settings (SITES)').waitFor();
    expect(await configured.getByRole('button', { name: 'Remove' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Add a site' }).click();
    await page.getByLabel('Address', { exact: true }).fill('notes.example');
    await page.getByLabel('Name', { exact: true }).fill('api');
    await page.getByRole('button', { name: 'Add the site' }).click();
    await page.locator('.problem').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('notes');
    await page.getByRole('button', { name: 'Add the site' }).click();
    await page
      .getByRole('region', { name: 'Lines for the head, notes' })
      .getByText('/notes/webmention')
      .waitFor();

    const card = page.locator('.card', { has: page.getByRole('heading', { name: 'notes', exact: true }) });
    await card.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Policy').selectOption('approve-all');
    await page.getByText('More settings').click();
    await page.getByLabel('Close a page after so many days').fill('90');
    await page.getByLabel('Quotes').selectOption('complete');
    await page.getByLabel('Characters on each side of the link').fill('60');
    await page.getByLabel('Where text was cut').fill('…');
    await page.getByRole('button', { name: 'Save' }).click();
    await card.getByText('A page takes no more linkbacks 90 days after its publication.').waitFor();
    await card.getByText('Shows every linkback as soon as its link is verified.').waitFor();
    const { items } = (await (await service.api('GET', '/api/sites')).json()) as {
      readonly items: readonly { readonly slug: string; readonly quoting: object }[];
    };
    expect(items.find(({ slug }) => slug === 'notes')?.quoting).toEqual({
      style: 'complete',
      window: 60,
      mark: '…',
    });
    await card.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await card.waitFor({ state: 'detached' });
    await desk.close();
  });

  it('shows a new token once, which then may do what it may and no more', async () => {
    const desk = await openDesk(browser, service, '?view=tokens');
    const { page } = desk;
    await page.getByRole('link', { name: 'Add a token' }).click();
    await page.getByLabel('Name', { exact: true }).fill('A reader');
    await page.getByRole('checkbox', { name: 'moderate' }).uncheck();
    await page.getByRole('checkbox', { name: 'read' }).check();
    await page.getByLabel('On', { exact: true }).selectOption('blog');
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = await page
      .getByRole('region', { name: 'The new token', exact: true })
      .locator('pre')
      .innerText();
    expect(token).toMatch(/^lkbd_/u);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByText(token).waitFor({ state: 'detached' });
    const card = page.locator('.card', { hasText: 'A reader' });
    await card.getByText('May read, on the site blog.').waitFor();

    // Its holder sees the inbox, and is told why nothing can be decided.
    const reader = await openSight(browser);
    await reader.page.goto(`${service.url}/moderate`);
    await signIn(reader.page, token);
    await reader.page.locator('.row').first().waitFor();
    expect(await reader.page.locator('.views a').allInnerTexts()).toEqual(['Inbox', 'Rules']);
    expect(await reader.page.getByRole('button', { name: /^Approve/u }).count()).toBe(0);
    await reader.page.goto(`${service.url}/moderate?view=tokens`);
    await reader.page.getByRole('heading', { name: 'Not with this token' }).waitFor();
    await reader.page.goBack();
    await reader.page.locator('.row').first().waitFor();
    const before = await reader.page.locator('.row').count();
    await reader.page.locator('body').press('a');
    await reader.page.locator('.toast').getByText('Your token may look, but not decide.').waitFor();
    expect(await reader.page.locator('.row').count()).toBe(before);

    // It can be renamed, and made to end.
    await card.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Name', { exact: true }).fill('A reader of old');
    await page.getByLabel('Expires at the end of').fill('2099-12-31');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The token “A reader of old” is changed.').waitFor();
    await card.getByText('expires').waitFor();
    const kept = (await (await service.api('GET', '/api/tokens')).json()) as {
      readonly items: readonly { readonly name: string; readonly expiresAt: string }[];
    };
    expect(kept.items).toMatchObject([{ name: 'A reader of old', expiresAt: '2099-12-31T23:59:59.000Z' }]);

    // Revoked, it shuts its holder out.
    await card.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await card.waitFor({ state: 'detached' });
    const ended = reader.page.getByRole('dialog', { name: 'Your session has ended' });
    const asking = reader.page.getByRole('link', { name: /^Approved \d/u }).click();
    // The page may have heard of it before it asks; then the dialog is in the way of the link.
    await Promise.race([ended.waitFor(), asking.catch(() => undefined)]);
    await ended.waitFor();
    await reader.close();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual([]);
    await desk.close();
  });

  it('adds webhooks, tries them out, and tells what became of each call', async () => {
    web.page('/hook', { body: 'thanks' });
    const desk = await openDesk(browser, service, '?view=webhooks&add=webhook');
    const { page } = desk;
    await page.getByLabel('Address').fill(web.url('/hook'));
    await page.getByRole('button', { name: 'Add the webhook' }).click();
    const once = page.getByRole('region', { name: 'The secret of the new webhook' });
    expect(await once.locator('pre').innerText()).toMatch(/^whsec_/u);
    await once.getByRole('button', { name: 'I have kept it' }).click();
    const card = page.locator('.card', { hasText: '/hook' });
    await card.getByRole('button', { name: 'Send a test' }).click();
    await web.waitForHit('/hook');
    await card.getByRole('link', { name: 'Log' }).click();
    await card.getByText('Delivered').waitFor();
    await card.getByText('HTTP status 200').waitFor();
    await card.getByRole('button', { name: 'Replay' }).click();
    await web.waitForHit('/hook', 2);
    const [first, second] = web.hits('/hook');
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);

    await card.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Address').fill(web.url('/hook?v=2'));
    await page.getByRole('checkbox', { name: /^gone/u }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await card.getByText('Told of gone, published, updated, withdrawn').waitFor();
    await card.getByRole('heading', { name: web.url('/hook?v=2') }).waitFor();

    await card.getByRole('checkbox', { name: 'On' }).uncheck();
    await card.getByText('Off: nothing is sent').waitFor();
    await waitUntil(async () => {
      const { items } = (await (await service.api('GET', '/api/webhooks')).json()) as {
        readonly items: readonly { readonly isActive: boolean }[];
      };
      return items[0]?.isActive === false;
    });
    await card.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No webhooks yet' }).waitFor();
    await desk.close();
  });
});
