import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
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
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
});

afterAll(async () => {
  await Promise.all([service.close(), web.close()]);
});

/** A stranger's page that links to a page of ours, verified and waiting for the owner. */
async function announce(path: string, target: string, html = linkingPage(target)): Promise<string> {
  web.page(path, html);
  expect(await mention(service, web.url(path), target)).toMatchObject({ status: 'verified' });
  return (await ownerOf(service).find(web.url(path))).id;
}

async function publish(path: string, target: string, html?: string): Promise<string> {
  const id = await announce(path, target, html);
  await ownerOf(service).decide(id, 'approved');
  return id;
}

describe('the script', () => {
  it('is at most 3 KB over the wire, in the form that its reader takes', async () => {
    const plain = await service.get('/widget.js', { 'accept-encoding': 'identity' });
    const text = await plain.text();
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(3072);
    for (const [accepted, encoding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['br;q=0.0, *;q=0', null],
    ] as const) {
      const response = await service.get('/widget.js', { 'accept-encoding': accepted });
      expect(response.headers.get('content-encoding')).toBe(encoding);
      expect(response.headers.get('vary')).toBe('accept-encoding');
      expect(await response.text()).toBe(text);
      const etag = response.headers.get('etag') ?? '';
      const again = await service.get('/widget.js', {
        'accept-encoding': accepted,
        'if-none-match': etag,
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });

  it('may be kept for long, and used anywhere', async () => {
    const { headers } = await service.get('/widget.js', { origin: 'https://blog.example' });
    expect(headers.get('cache-control')).toMatch(/^public, max-age=86400/u);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe.skipIf(isChromiumMissing)('the element in a page', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium();
  });

  afterAll(() => browser.close());

  type Host = {
    readonly attributes?: string;
    readonly fallback?: string;
    readonly head?: string;
    readonly lang?: string;
    readonly script?: string;
    readonly before?: string;
    readonly after?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };

  /** A post of ours whose page has the element; gives its address. */
  function post(name: string, host: Host = {}): string {
    const target = web.url(`/blog/${name}`);
    const { attributes = `target="${target}"`, fallback, headers = {} } = host;
    const list = `${service.url}/linkbacks?target=${encodeURIComponent(target)}`;
    web.page(`/blog/${name}`, {
      headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
      body: `<!doctype html><html lang="${host.lang ?? 'en'}"><head><meta charset="utf-8"><title>A post</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">${host.head ?? ''}
${host.script ?? `<script src="${service.url}/widget.js" async></script>`}</head>
<body><main><h1>A post</h1>${host.before ?? ''}
<link-backs ${attributes}>${fallback ?? `<a href="${list}">Linkbacks</a>`}</link-backs></main>
${host.after ?? ''}</body></html>`,
    });
    return target;
  }

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

  const state = (page: Page, name: string): Promise<void> =>
    page.locator(`link-backs[state=${name}]`).waitFor({ state: 'attached' });

  it('shows the list of its own page, by one script, one list and one stream', async () => {
    const target = post('shown', { attributes: '' });
    await publish('/shown', target, linkingPage(target, 'Fish &amp; Chips'));
    await inSight({}, async (page, complaints) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(`${target}#there`);
      await state(page, 'ready');
      const link = page.getByRole('link', { name: 'Fish & Chips' });
      expect(await link.getAttribute('href')).toBe(web.url('/shown'));
      expect(await link.getAttribute('rel')).toBe('nofollow ugc noopener');
      await expect.poll(() => page.getByRole('link', { name: 'Linkbacks' }).isVisible()).toBe(false);
      const ours = (): string[] =>
        asked.filter((url) => url.startsWith(service.url)).map((url) => new URL(url).pathname);
      await expect.poll(ours).toEqual(['/widget.js', '/linkbacks.html', '/api/live']);
      expect(complaints).toEqual([]);
    });
  });

  it('takes the address that the page wants to be known by', async () => {
    const target = post('canonical', {
      attributes: '',
      head: '<link rel="canonical" href="/blog/canonical">',
    });
    await publish('/canonical', target);
    await inSight({}, async (page) => {
      await page.goto(`${target}?utm_source=somewhere`);
      await state(page, 'ready');
    });
  });

  it('shows what is approved, changed and withdrawn while somebody reads', async () => {
    const target = post('live');
    const id = await announce('/live', target, linkingPage(target, 'Told while you read'));
    await inSight({}, async (page) => {
      await page.goto(target);
      await state(page, 'empty');
      expect(await page.getByRole('status').textContent()).toBe('No linkbacks yet');
      await ownerOf(service).decide(id, 'approved');
      await page.getByRole('link', { name: 'Told while you read' }).waitFor();
      expect(await page.getByRole('status').textContent()).toBe('');

      web.page('/live', linkingPage(target, 'Told otherwise'));
      await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
      await page.getByRole('link', { name: 'Told otherwise' }).waitFor();

      await ownerOf(service).decide(id, 'rejected');
      await state(page, 'empty');
      expect(await page.getByRole('link', { name: 'Told otherwise' }).count()).toBe(0);
    });
  });

  it('shows what was approved between the list and the stream of what happens', async () => {
    const target = post('between');
    const id = await announce('/between', target, linkingPage(target, 'Just in between'));
    await inSight({}, async (page) => {
      await page.route('**/api/live*', async (route) => {
        await ownerOf(service).decide(id, 'approved');
        await route.continue();
      });
      await page.goto(target);
      await page.getByRole('link', { name: 'Just in between' }).waitFor();
    });
  });

  it('keeps what has not changed, and the focus in it', async () => {
    const target = post('focus');
    await publish('/focus-1', target, linkingPage(target, 'The first'));
    const id = await announce('/focus-2', target, linkingPage(target, 'The second'));
    await inSight({}, async (page) => {
      await page.goto(target);
      await page.getByRole('link', { name: 'The first' }).focus();
      await ownerOf(service).decide(id, 'approved');
      await page.getByRole('link', { name: 'The second' }).waitFor();
      const focused = 'document.querySelector("link-backs").shadowRoot.activeElement?.textContent';
      expect(await page.evaluate(focused)).toBe('The first');
    });
  });

  it('goes on where the list goes on, with the keyboard too, and joins its rows', async () => {
    const target = post('more', { attributes: `target="/blog/more" limit="2"` });
    const like = (name: string): string =>
      `<article class="h-entry"><a class="u-like-of" href="${target}">x</a><span class="p-author h-card">${name}</span></article>`;
    await publish('/more-1', target, like('Ann'));
    await publish('/more-2', target, linkingPage(target, 'One'));
    await publish('/more-3', target, linkingPage(target, 'Two'));
    await publish('/more-4', target, like('Bob'));
    await publish('/more-5', target, linkingPage(target, 'Three'));
    await inSight({}, async (page) => {
      await page.goto(target);
      const more = page.getByRole('button', { name: 'More linkbacks' });
      await more.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'Two' }).waitFor();
      const focused = 'document.querySelector("link-backs").shadowRoot.activeElement?.textContent';
      await expect.poll(() => page.evaluate(focused)).toBe('Two');
      expect(await page.getByText('Likes:').locator('..').textContent()).toMatch(/Likes:\s+Ann,\s+Bob$/u);
      await more.click();
      await page.getByRole('link', { name: 'Three' }).waitFor();
      await expect.poll(() => more.isVisible()).toBe(false);

      // A change does not take away what was asked for.
      await publish('/more-6', target, linkingPage(target, 'Four'));
      await page.getByRole('link', { name: 'Four' }).waitFor();
      const titles = await page.locator('.fn').allTextContents();
      expect(titles).toEqual(['One', 'Two', 'Three', 'Four']);
    });
  });

  it('says that it failed, leaves the link in its place, and tries again', async () => {
    const target = post('failing');
    await publish('/failing', target);
    await inSight({}, async (page) => {
      await page.route('**/linkbacks.html*', (route) => route.abort());
      await page.goto(target);
      await state(page, 'failed');
      expect(await page.getByRole('status').textContent()).toBe('The linkbacks could not be loaded.');
      expect(await page.getByRole('link', { name: 'Linkbacks' }).isVisible()).toBe(true);
      expect(await violationsOn(page)).toEqual([]);
      await shoot(page, 'widget-failed');
      await page.unroute('**/linkbacks.html*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await state(page, 'ready');
      expect(await page.getByRole('button').count()).toBe(0);
    });
  });

  it('keeps what is shown when there is no more to be had, and says so', async () => {
    const target = post('no-more', { attributes: 'limit="1"' });
    await publish('/no-more-1', target, linkingPage(target, 'The first'));
    await publish('/no-more-2', target, linkingPage(target, 'The second'));
    await inSight({}, async (page) => {
      await page.goto(target);
      await state(page, 'ready');
      await page.route('**/linkbacks.html*', (route) => route.abort());
      const more = page.getByRole('button', { name: 'More linkbacks' });
      await more.click();
      await page.getByText('The linkbacks could not be loaded.').waitFor();
      expect(await page.getByRole('link', { name: 'The first' }).isVisible()).toBe(true);
      await page.unroute('**/linkbacks.html*');
      await more.click();
      await page.getByRole('link', { name: 'The second' }).waitFor();
      expect(await page.getByRole('status').textContent()).toBe('');
    });
  });

  it.each([502, 404])('takes an answer %s for a failure, whatever it says', async (status) => {
    const target = post(`failing-${status}`);
    await inSight({}, async (page) => {
      await page.route('**/linkbacks.html*', (route) =>
        route.fulfill({ status, contentType: 'text/html', body: '<ol><li>Not ours</li></ol>' }),
      );
      await page.goto(target);
      await state(page, 'failed');
      expect(await page.getByText('Not ours').count()).toBe(0);
    });
  });

  it('stays what is in it where no script runs', async () => {
    const target = post('no-script');
    await publish('/no-script', target, linkingPage(target, 'Read without a script'));
    await inSight({ javaScript: false }, async (page) => {
      await page.goto(target);
      await page.getByRole('link', { name: 'Linkbacks' }).click();
      await page.getByRole('link', { name: 'Read without a script' }).waitFor();
    });
  });

  it('needs no exception from the strictest of policies', async () => {
    const policy = `default-src 'none'; script-src ${service.url}; connect-src ${service.url}; style-src 'none';
      require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; img-src data:`;
    const target = post('strict', { headers: { 'content-security-policy': policy.replace(/\s+/gu, ' ') } });
    await publish('/strict-1', target, linkingPage(target, 'Strictly'));
    await inSight({}, async (page, complaints) => {
      await page.goto(target);
      await page.getByRole('link', { name: 'Strictly' }).waitFor();
      await publish('/strict-2', target, linkingPage(target, 'Still strictly'));
      await page.getByRole('link', { name: 'Still strictly' }).waitFor();
      expect(complaints).toEqual([]);
    });
  });

  it('runs nothing that might stand in the list', async () => {
    const target = post('hostile');
    await inSight({}, async (page) => {
      const body = `<ol><li id="a"><script>window.ran = 1</script><img src=x onerror="window.ran = 2">
        <a href="javascript:window.ran = 3" onclick="window.ran = 4" style="color: red">text<!-- no --></a></li></ol>`;
      await page.route('**/linkbacks.html*', (route) => {
        if (route.request().resourceType() === 'xhr')
          return route.fulfill({
            contentType: 'text/html',
            headers: { 'access-control-allow-origin': '*' },
            body,
          });
        return route.continue();
      });
      await page.goto(target);
      await state(page, 'ready');
      const item = page.locator('link-backs li');
      await item.getByText('text').click();
      expect(await page.evaluate('window.ran')).toBeUndefined();
      const inside = await item.evaluate((element: { readonly innerHTML: string }) => element.innerHTML);
      expect(inside.trim()).toBe('<a>text</a>');
    });
  });

  it.each([
    ['a module', () => `<script type="module" src="${service.url}/widget.js"></script>`],
    ['a plain script twice', () => `<script src="${service.url}/widget.js"></script>`.repeat(2)],
  ])('works as %s', async (name, script) => {
    const target = post(`as-${name.replaceAll(' ', '-')}`, { script: script() });
    await publish(`/as-${name.replaceAll(' ', '-')}`, target);
    await inSight({}, async (page, complaints) => {
      await page.goto(target);
      await state(page, 'ready');
      expect(complaints).toEqual([]);
    });
  });

  it('finds its service beside the script, when that is named without a host', async () => {
    const target = post('relative');
    await publish('/relative', target);
    await inSight({}, async (page) => {
      const body = `<!doctype html><script src="widget.js"></script><link-backs target="${target}"></link-backs>`;
      await page.route(`${service.url}/host/`, (route) => route.fulfill({ contentType: 'text/html', body }));
      await page.route(`${service.url}/host/**`, (route) => {
        const { pathname, search } = new URL(route.request().url());
        const path = pathname.replace(/^\/host\/(?=.)/u, '/') + search;
        return pathname === '/host/' ? route.fallback() : route.continue({ url: `${service.url}${path}` });
      });
      await page.goto(`${service.url}/host/`);
      await state(page, 'ready');
    });
  });

  it('speaks the language of its page', async () => {
    const target = post('deutsch', {
      lang: 'de',
      attributes: 'text-empty="Noch nichts" text-like="Gefällt:" text-more="Mehr" limit="2"',
    });
    const like = `<article class="h-entry"><a class="u-like-of" href="${target}">x</a><span class="p-author h-card">Ann</span></article>`;
    await inSight({}, async (page) => {
      await page.goto(target);
      await state(page, 'empty');
      expect(await page.getByRole('status').textContent()).toBe('Noch nichts');
      expect(await page.getByRole('status').getAttribute('lang')).toBeNull();
      await publish('/deutsch-1', target, like);
      await publish(
        '/deutsch-2',
        target,
        `<article class="h-entry"><time class="dt-published" datetime="2014-03-02T09:00:00Z"></time><p>So <a href="${target}">ist</a> es.</article>`,
      );
      await publish('/deutsch-3', target);
      await page.getByText('Gefällt:').waitFor();
      await page.getByText('2. März 2014').waitFor();
      await page.getByRole('button', { name: 'Mehr' }).waitFor();
    });
  });

  it('can be dressed by its page, piece by piece', async () => {
    const target = post('dressed', {
      head: `<style>link-backs { --linkbacks-link: rgb(1, 2, 3) } link-backs::part(fn) { font-size: 40px }</style>`,
    });
    await publish('/dressed', target, linkingPage(target, 'Dressed'));
    await inSight({}, async (page) => {
      await page.goto(target);
      await page.getByRole('link', { name: 'Dressed' }).waitFor();
      const link = `document.querySelector('link-backs').shadowRoot.querySelector('.fn a')`;
      const wears = (property: string): Promise<unknown> =>
        page.evaluate(`getComputedStyle(${link}).${property}`);
      expect([await wears('color'), await wears('fontSize')]).toEqual(['rgb(1, 2, 3)', '40px']);
    });
  });

  it('listens while it is looked at, and catches up when it is looked at again', async () => {
    const target = post('hidden');
    await inSight({}, async (page) => {
      await page.goto(target);
      await state(page, 'empty');
      const look = (isHidden: boolean): Promise<unknown> =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'))`);
      const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/live'));
      await look(true);
      await ended;
      await publish('/hidden', target, linkingPage(target, 'While you were away'));
      expect(await page.getByRole('link', { name: 'While you were away' }).count()).toBe(0);
      await look(false);
      await page.getByRole('link', { name: 'While you were away' }).waitFor();
    });
  });

  it('lets go of its stream when it leaves the page, and shows another page when it is told to', async () => {
    const [one, other] = [post('one'), post('other')];
    await publish('/one', one, linkingPage(one, 'Of the one'));
    await publish('/other', other, linkingPage(other, 'Of the other'));
    await inSight({}, async (page) => {
      await page.goto(one);
      await page.getByRole('link', { name: 'Of the one' }).waitFor();
      await page.evaluate(`document.querySelector('link-backs').setAttribute('target', '${other}')`);
      await page.getByRole('link', { name: 'Of the other' }).waitFor();
      expect(await page.getByRole('link', { name: 'Of the one' }).count()).toBe(0);
      const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/api/live'));
      await page.evaluate(`document.querySelector('link-backs').remove()`);
      await ended;
    });
  });

  const shifts = `new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      (window.shifts ??= []).push(value + ' ' + sources.map(({ node }) => node?.nodeName + ' ' + node?.textContent?.trim()).join());
  }).observe({ type: 'layout-shift', buffered: true })`;

  it.each([
    ['above the fold of a short page', '<p>Short.</p>', 1],
    ['below the fold of a long one', '<p>Long.</p>'.repeat(60), 12],
  ])('moves nothing that somebody reads: %s', async (_name, before, count) => {
    const name = `shift-${count}`;
    const attributes = 'style="display: block; min-height: 8rem"';
    const target = post(name, { attributes, before, after: '<footer><p>The end</p></footer>' });
    for (let at = 0; at < count; at++)
      await publish(`/${name}-${at}`, target, linkingPage(target, `Linkback ${at}`));
    await inSight({}, async (page) => {
      await page.addInitScript(shifts);
      await page.route('**/linkbacks.html*', async (route) => {
        // Shown only once all else has been painted, as it is with a slow network.
        await page.waitForFunction(`performance.getEntriesByName('first-contentful-paint').length > 0`);
        await route.continue();
      });
      await page.goto(target);
      await state(page, 'ready');
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect(await page.locator('link-backs li').count()).toBe(count);
      expect(await page.evaluate('window.shifts ?? []')).toEqual([]);
    });
  });

  it('is read by everybody, on a phone and a desk, light and dark', async () => {
    const style = `<style>:root { color-scheme: light dark; font: 1.0625rem/1.6 Georgia, serif }
      body { margin: 0 auto; max-width: 40rem; padding: 1rem }</style>`;
    const target = post('looks', {
      head: style,
      before: '<p>Collective leadership asks more of us than it gives at first.</p><h2>Linkbacks</h2>',
      attributes: 'limit="4"',
    });
    const say = (name: string, title: string, words: string, lang = 'en'): string =>
      `<html lang="${lang}"><meta charset="utf-8"><title>${title}</title><article class="h-entry">
      <time class="dt-published" datetime="2026-05-04T10:00:00Z"></time><span class="p-author h-card"><a class="u-url p-name" href="https://people.example/">${name}</a></span><p>${words}</p></article>`;
    const here = (text: string, kind = ''): string => `<a class="${kind}" href="${target}">${text}</a>`;
    await publish('/looks-1', target, say('Mona Lindqvist', 'x', here('liked', 'u-like-of')));
    await publish('/looks-2', target, say('佐藤 健', 'x', here('いいね', 'u-like-of'), 'ja'));
    await publish(
      '/looks-3',
      target,
      say(
        'Jane',
        'Creating “WE” | Lead Me On',
        `Here’s the rub. ${here('Collective leadership')} creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us understand.`,
      ),
    );
    await publish(
      '/looks-4',
      target,
      say(
        'ليلى حداد',
        'مراسلة عن القيادة الجماعية',
        `قرأت اليوم مقالة جميلة عن ${here('القيادة الجماعية', 'u-in-reply-to')} وأظن أنها تستحق أن يقرأها كل معلم.`,
        'ar',
      ),
    );
    await publish('/looks-5', target);
    await inSight({}, async (page) => {
      await page.goto(target);
      await state(page, 'ready');
      for (const colorScheme of schemes) {
        for (const width of [phone, desk]) {
          await page.setViewportSize({ width, height: 800 });
          await page.emulateMedia({ colorScheme });
          expect(await violationsOn(page)).toEqual([]);
          expect(await isTooWide(page)).toBe(false);
          await shoot(page, `widget-${width}-${colorScheme}`);
        }
      }
    });
  });

  it.each(['no-preference', 'reduce'] as const)('marks what is new, moving with %s', async (motion) => {
    const target = post(`motion-${motion}`);
    await publish(`/motion-${motion}-1`, target);
    await inSight({}, async (page) => {
      await page.emulateMedia({ reducedMotion: motion });
      await page.goto(target);
      await state(page, 'ready');
      const id = await publish(`/motion-${motion}-2`, target);
      const arrived = page.locator(`#linkback-${id}`);
      await arrived.waitFor();
      const animations = (element: { readonly getAnimations: () => readonly unknown[] }): number =>
        element.getAnimations().length;
      expect(await arrived.evaluate(animations)).toBe(motion === 'reduce' ? 0 : 1);
      expect(await page.locator('link-backs li').first().evaluate(animations)).toBe(0);
    });
  });
});
