import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isChromiumMissing, phone, startChromium, type Browser } from '../support/chromium.ts';
import { linkingPage } from '../support/linking-page.ts';
import { announce, openDesk, signIn } from '../support/moderation-page.ts';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

describe.skipIf(isChromiumMissing)('the inbox', () => {
  let browser: Browser;
  let web: Web;
  let elsewhere: Web;
  let service: Service;
  let owner: Owner;
  let target: string;

  beforeAll(async () => {
    [browser, web, elsewhere] = await Promise.all([
      startChromium(),
      startWeb(),
      startWeb({ address: '127.0.0.2' }),
    ]);
    web.page('/blog/post', 'Ours');
    target = web.url('/blog/post');
  });

  beforeEach(async () => {
    service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
    owner = ownerOf(service);
    return () => service.close();
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([web.close(), elsewhere.close()]);
  });

  const file = (...paths: readonly string[]): Promise<readonly string[]> =>
    paths.reduce<Promise<readonly string[]>>(
      async (before, path) => [...(await before), await announce(service, web, path, target)],
      Promise.resolve([]),
    );
  const stateOf = async (id: string): Promise<string> => (await owner.detail(id)).moderation;
  const becomes = (id: string, moderation: string): Promise<true> =>
    waitUntil(async () => (await stateOf(id)) === moderation && true, { what: `${id} is ${moderation}` });

  it('is worked through by keys alone', async () => {
    const [one = '', two = '', three = '', four = ''] = await file('/one', '/two', '/three', '/four');
    const desk = await openDesk(browser, service);
    const { page, press } = desk;
    await page.getByRole('heading', { name: '/four' }).waitFor();
    expect(await desk.titles()).toEqual(['/four', '/three', '/two', '/one']);

    // Down and up again; what the keyboard stands on is shown, and has the focus.
    await press('j');
    await page.getByRole('heading', { name: '/three' }).waitFor();
    expect(await page.evaluate('document.activeElement.closest(".row").dataset.id')).toBe(three);
    await press('j', 'k', 'k');
    await page.getByRole('heading', { name: '/four' }).waitFor();

    // Each decision goes on to what comes next.
    await press('a');
    await page.getByText('Approved.').waitFor();
    await page.getByRole('heading', { name: '/three' }).waitFor();
    await press('s');
    await page.getByText('Marked as spam.').waitFor();
    await press('r');
    await page.getByText('Rejected.').waitFor();
    expect(await desk.titles()).toEqual(['/one']);
    expect([await desk.countOf('Pending'), await desk.countOf('Approved')]).toEqual(['1', '1']);
    await Promise.all([becomes(four, 'approved'), becomes(three, 'spam'), becomes(two, 'rejected')]);

    // All of it can be taken back, the last word first.
    await press('z');
    await page.getByText('Undone.').waitFor();
    await becomes(two, 'pending');
    await press('u');
    await becomes(three, 'pending');
    await press('z');
    await becomes(four, 'pending');
    await waitUntil(async () => (await desk.titles()).length === 4, { what: 'all are back in the list' });
    expect(await desk.titles()).toEqual(['/four', '/three', '/two', '/one']);
    await press('z');
    await page.getByText('There is nothing to undo.').waitFor();

    // Selecting, and one word for several.
    await press('k', 'k', 'k', 'k', 'x', 'j', 'j', 'x');
    await page.getByText('2 selected').waitFor();
    await press('a');
    await page.getByText('2 linkbacks approved.').waitFor();
    await Promise.all([becomes(four, 'approved'), becomes(two, 'approved')]);
    expect(await stateOf(one)).toBe('pending');
    await press('*');
    await page.getByText('2 selected').waitFor();
    await press('Escape');
    await page.getByText('2 selected').waitFor({ state: 'detached' });

    // A list by its number, back to pending, search, and the overview.
    await press('2');
    await waitUntil(async () => (await desk.titles()).join() === '/four,/two');
    await press('p');
    await page.getByText('Put back to pending.').waitFor();
    await becomes(four, 'pending');
    await press('7', '/');
    await page.keyboard.type('three');
    await waitUntil(async () => (await desk.titles()).join() === '/three');
    await press('Escape', '?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(desk.complaints.filter((each) => !each.includes('401'))).toEqual([]);
    await desk.close();
  });

  it('can be read and decided on from the Tab key on, too', async () => {
    const [, id = ''] = await file('/one', '/two');
    const desk = await openDesk(browser, service);
    const { page, press } = desk;
    await page.locator('.row').first().waitFor();
    await page.locator('#filter-q').focus();
    const focused = (): Promise<string> =>
      page.evaluate('(document.activeElement.innerText || document.activeElement.ariaLabel || "").trim()');
    const seen: string[] = [];
    for (let step = 0; step < 20 && !seen.at(-1)?.startsWith('Approve'); step += 1) {
      await press('Tab');
      seen.push(await focused());
    }
    // One row stands for the list: whoever tabs comes past it to the buttons.
    expect(seen.filter((text) => text.startsWith('Select the linkback')).length).toBe(1);
    await press('Enter');
    await becomes(id, 'approved');
    await desk.close();
  });

  it('keeps where somebody is in the address, so that it can be shared and gone back to', async () => {
    const [one = ''] = await file('/one', '/two');
    await announce(service, elsewhere, '/other', target);
    const desk = await openDesk(browser, service, '?tab=all&host=127.0.0.2');
    const { page } = desk;
    await page.getByRole('heading', { name: '/other' }).waitFor();
    expect(await desk.titles()).toEqual(['/other']);
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await waitUntil(async () => (await desk.titles()).length === 3);
    await page.getByRole('link', { name: /^Pending/u }).click();
    await page.getByLabel('Order').selectOption('oldest');
    await waitUntil(async () => (await desk.titles()).join() === '/one,/two,/other');
    await page.getByLabel('Dialect').selectOption('pingback');
    await page.getByText('Nothing matches').waitFor();
    await page.goBack();
    await waitUntil(async () => (await desk.titles()).length === 3);
    await page.locator('.row-link').first().click();
    expect(page.url()).toBe(`${service.url}/moderate?order=oldest&id=${one}`);

    // The same address in another window shows the same.
    const other = await openDesk(browser, service, new URL(page.url()).search);
    await other.page.getByRole('heading', { name: '/one' }).waitFor();
    await other.close();

    await page.goBack();
    expect(page.url()).toBe(`${service.url}/moderate?order=oldest`);
    await page.goBack();
    await waitUntil(async () => (await desk.titles()).join() === '/other,/two,/one');
    await desk.close();
  });

  it('decides on everything that a filter lets through, and takes it back as one', async () => {
    const paths = Array.from({ length: 60 }, (_, index) => `/many-${index}`);
    const ids = await Promise.all(paths.map((path) => announce(service, web, path, target)));
    const apart = await announce(service, elsewhere, '/apart', target);
    const desk = await openDesk(browser, service, '?host=127.0.0.1');
    const { page, press } = desk;
    await page.locator('.row').first().waitFor();
    await press('*');
    await page.getByText('50 selected').waitFor();
    await page.getByRole('button', { name: 'Select all that match' }).click();
    await page.locator('.bulk').getByRole('button', { name: 'Spam' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toContain('Source host: 127.0.0.1 and hosts below it');
    await dialog.getByRole('button', { name: 'Spam' }).click();
    await page.getByText('60 linkbacks marked as spam.').waitFor();
    expect(await desk.titles()).toEqual([]);
    const counts = async (): Promise<Readonly<Record<string, number>>> =>
      (await owner.list()).counts.moderation;
    expect(await counts()).toMatchObject({ spam: 60, pending: 1 });
    expect(await stateOf(apart)).toBe('pending');

    await page.getByRole('button', { name: /^Undo/u }).click();
    await page.getByText('Undone: 60 linkbacks back to where they were.').waitFor();
    expect(await counts()).toMatchObject({ spam: 0, pending: 61 });
    await waitUntil(async () => (await desk.titles()).length === 50);

    // The rest comes when its end comes into view.
    await page.locator('.more').scrollIntoViewIfNeeded();
    await waitUntil(async () => (await desk.titles()).length === 60);
    expect(new Set(ids).size).toBe(60);
    await desk.close();
  });

  it('shows what comes in without jumping, and what others decide', async () => {
    const [one = '', two = ''] = await file('/one', '/two');
    const desk = await openDesk(browser, service);
    const { page, press } = desk;
    await page.getByText('Live').waitFor();
    const before = await page.locator('.row').first().boundingBox();
    await file('/three', '/four');
    const pill = page.getByRole('button', { name: /^2 new linkbacks/u });
    await pill.waitFor();
    expect(await desk.titles()).toEqual(['/two', '/one']);
    expect(await page.locator('.row').first().boundingBox()).toEqual(before);
    await waitUntil(async () => (await desk.countOf('Pending')) === '4');
    await press('n');
    expect(await desk.titles()).toEqual(['/four', '/three', '/two', '/one']);

    await owner.decide(one, 'approved');
    await waitUntil(async () => (await desk.titles()).join() === '/four,/three,/two');
    await waitUntil(async () => (await desk.countOf('Approved')) === '1');
    await service.api('DELETE', `/api/moderation/linkbacks/${two}`);
    await waitUntil(async () => (await desk.titles()).join() === '/four,/three');
    await desk.close();
  });

  it('asks now and then while it cannot be told', async () => {
    const desk = await openDesk(browser, service);
    const { page } = desk;
    await page.getByText('Live').waitFor();
    await page.route('**/api/moderation/live', (route) => route.fulfill({ status: 404 }));
    await page.clock.install();
    await page.reload();
    await page.getByText('Every 15 s').waitFor();
    await file('/one');
    await page.clock.fastForward(15_000);
    await page.getByRole('heading', { name: '/one' }).waitFor();
    await service.end('SIGKILL');
    await page.clock.fastForward(15_000);
    await page.getByText('Offline').waitFor();
    await desk.close();
  });

  it('puts back what the service did not take, and says so', async () => {
    const [one = ''] = await file('/one', '/two');
    const desk = await openDesk(browser, service, '', { width: phone });
    const { page } = desk;
    await page.locator('.row-link').last().click();
    await page.route('**/api/moderation/linkbacks/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({
            status: 503,
            contentType: 'application/problem+json',
            body: JSON.stringify({ detail: 'The database cannot be written at the moment.' }),
          })
        : route.continue(),
    );
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing was changed. The database cannot be written at the moment.').waitFor();
    await page.getByRole('button', { name: 'Back' }).click();
    expect(await desk.titles()).toEqual(['/two', '/one']);
    expect([await desk.countOf('Pending'), await desk.countOf('Approved')]).toEqual(['2', '0']);
    expect(await stateOf(one)).toBe('pending');
    await page.unroute('**/api/moderation/linkbacks/*');

    // Nobody answers at all.
    await page.locator('.row-link').last().click();
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing was changed. The service cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Back' }).click();
    await page.locator('.row-link').last().click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await becomes(one, 'approved');
    await desk.close();
  });

  it('tells what a decision has done that was stopped half-way, and takes it back', async () => {
    const ids = [...(await file('/one', '/two', '/three'))];
    const desk = await openDesk(browser, service);
    const { page, press } = desk;
    await page.locator('.row').first().waitFor();
    // As the service answers when its disk is full after the first ones.
    await page.route('**/api/moderation/decisions', async (route) => {
      const decided = await service.api('POST', '/api/moderation/decisions', {
        ids: ids.slice(0, 2),
        moderation: 'spam',
      });
      const made = (await decided.json()) as object;
      const body = JSON.stringify({ ...made, detail: '2 are decided on, the others are not.' });
      await route.fulfill({ status: 503, contentType: 'application/problem+json', body });
    });
    await press('*', 's');
    await page.locator('.toast').getByText('2 are decided on, the others are not.').waitFor();
    await waitUntil(async () => (await desk.titles()).join() === '/three');
    await page.getByRole('button', { name: /^Undo/u }).click();
    await page.getByText('Undone: 2 linkbacks back to where they were.').waitFor();
    await waitUntil(async () => (await desk.titles()).join() === '/three,/two,/one');
    await desk.close();
  });

  it('shows where a site draws the line to those, too, who may only look', async () => {
    const spam = `<!doctype html><title>Spam</title><p hidden><a href="${target}">x</a></p>`;
    const id = await announce(service, web, '/spam', target, spam);
    const made = await service.api('POST', '/api/tokens', { name: 'reader', scopes: ['read'], site: 'blog' });
    const { token } = (await made.json()) as { readonly token: string };
    const desk = await openDesk(browser, { url: service.url, token }, `?tab=all&id=${id}`);
    await desk.page.getByRole('heading', { name: 'Spam signals' }).waitFor();
    await desk.page.locator('.sum').getByText('it is filed as spam.').waitFor();
    await desk.close();
  });

  it('goes on after a session has ended, where it was', async () => {
    const [one = ''] = await file('/one', '/two');
    const desk = await openDesk(browser, service, `?id=${one}`);
    const { page } = desk;
    await page.getByRole('button', { name: 'Add a note' }).click();
    await page.getByLabel('Why, for your own history').fill('A friend of mine');
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.waitFor();
    await signIn(page, service.token);
    await dialog.waitFor({ state: 'detached' });
    expect(page.url()).toContain(one);
    expect(await stateOf(one)).toBe('pending');
    expect(await page.getByLabel('Why, for your own history').inputValue()).toBe('A friend of mine');
    await page.getByRole('button', { name: 'Approve' }).click();
    await becomes(one, 'approved');
    expect((await owner.detail(one)).events.at(-1)?.why).toBe('A friend of mine');
    await desk.close();
  });

  it('says everything that is known of a linkback, in words', async () => {
    await announce(service, web, '/first', target);
    const id = await announce(
      service,
      web,
      '/known',
      target,
      `<!doctype html><html lang="de"><title>Was ich las</title><article class="h-entry">
      <a class="p-author h-card" href="https://eva.example/">Eva</a>
      <p>Davor <a rel="nofollow" href="${target}">das Wort</a> danach und noch ein <a href="https://a.example/">Link</a>.</p></article>`,
    );
    const desk = await openDesk(browser, service, `?id=${id}`);
    const { page } = desk;
    await page.getByRole('heading', { name: 'History' }).waitFor();
    const text = await page.locator('.detail').innerText();
    for (const words of [
      'Was ich las',
      'Eva at 127.0.0.1',
      'in German',
      'The link is your address to the letter.',
      'It is an ordinary link <a>, in the content of the page.',
      'It says rel="nofollow".',
      'The page has 1 link to yours, and 2 links to other hosts.',
      'Webmention',
      'Its rule for links holds.',
      'Verified by a look at the page',
      '/first',
    ])
      expect(text).toContain(words);
    expect(await page.locator('blockquote').getAttribute('lang')).toBe('de');
    const outside = page.locator('.head h2 a');
    expect(await outside.getAttribute('rel')).toBe('nofollow ugc noopener noreferrer');
    expect(await outside.getAttribute('target')).toBe('_blank');

    // Looked at once more; and a rule begins with what is known.
    web.page('/known', { status: 410, body: 'gone' });
    await page.locator('body').press('c');
    await page.getByText('The page is being checked again.').waitFor();
    await page.getByRole('heading', { name: 'Why it is gone' }).waitFor();
    await page.getByRole('link', { name: 'Rule for this author' }).click();
    expect(await page.getByLabel('By the author').inputValue()).toBe('https://eva.example/');
    await page.goBack();

    await page.getByRole('button', { name: 'Erase' }).click();
    expect(await page.getByRole('dialog').innerText()).toContain('cannot be brought back');
    await page.getByRole('button', { name: 'Erase for good' }).click();
    await page.getByText('Erased.').waitFor();
    expect((await service.api('GET', `/api/moderation/linkbacks/${id}`)).status).toBe(404);
    await desk.close();
  });

  it('tells why pings failed, and shows the text of strangers as text', async () => {
    web.page('/no-link', '<!doctype html><title>Nothing here</title>');
    expect(await service.ping(web.url('/no-link'), target)).toMatch(/^fault 17/u);
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    await announce(
      service,
      web,
      '/evil',
      target,
      linkingPage(target, evil.replaceAll('<', '&lt;')).replace('Some words', evil.replaceAll('<', '&lt;')),
    );
    const desk = await openDesk(browser, service);
    const { page } = desk;
    await page.getByRole('heading', { name: evil }).waitFor();
    expect(await page.locator('blockquote').innerText()).toContain('<script>alert(2)</script>');
    expect(await page.locator('#page img, #page script').count()).toBe(0);
    await page.getByRole('link', { name: /^Failed/u }).click();
    await waitUntil(async () => (await desk.countOf('Failed')) === '1');
    await page.locator('.row-words').getByText('The source page has no link to the target.').waitFor();
    await page.locator('.row-link').click();
    await page.getByRole('heading', { name: 'Why it failed' }).waitFor();
    expect(desk.complaints.filter((each) => !each.includes('401'))).toEqual([]);
    await desk.close();
  });

  it('is as good on a phone: one thing at a time, and decisions under the thumb', async () => {
    const [one = '', two = ''] = await file('/one', '/two');
    const desk = await openDesk(browser, service, '', { width: phone });
    const { page } = desk;
    await page.locator('.row').first().waitFor();
    expect(await page.locator('.detail').isVisible()).toBe(false);
    await page.locator('.row-link').first().click();
    await page.getByRole('heading', { name: '/two' }).waitFor();
    const box = await page.getByRole('button', { name: 'Approve' }).boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    expect(box?.y).toBeGreaterThan(600);
    await page.getByRole('button', { name: 'Approve' }).click();
    await becomes(two, 'approved');
    await page.getByRole('heading', { name: '/one' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await becomes(two, 'pending');
    await page.getByRole('button', { name: 'Back' }).click();
    await waitUntil(async () => !(await page.locator('.detail').isVisible()));
    expect(page.url()).toBe(`${service.url}/moderate`);
    await page.locator('.pick').last().click();
    await page.getByText('1 selected').waitFor();
    await page.locator('.bulk').getByRole('button', { name: 'Reject' }).click();
    await becomes(one, 'rejected');
    await desk.close();
  });
});
