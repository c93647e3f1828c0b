import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isChromiumMissing, startChromium } from '../support/chromium.ts';
import { announce, openDesk } from '../support/moderation-page.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb } from '../support/web.ts';

const sources = new URL('../../src/moderation/page/', import.meta.url);

describe('the files of the moderation page', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.close());

  const files = [
    '',
    '/main.js',
    '/base.css',
    '/frame.css',
    '/inbox.css',
    '/detail.css',
    '/desk.css',
    '/icon.svg',
  ];

  it.each(files)('are kept, and asked for again: /moderate%s', async (file) => {
    const response = await service.get(`/moderate${file}`);
    const { headers } = response;
    expect(response.status).toBe(200);
    expect((await response.text()).length).toBeGreaterThan(100);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';" +
        "base-uri 'none';frame-ancestors 'none';require-trusted-types-for 'script'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    const etag = headers.get('etag') ?? '';
    for (const known of [etag, `"other", W/${etag}`]) {
      const again = await service.get(`/moderate${file}`, { 'if-none-match': known });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    expect((await service.get(`/moderate${file}`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('are these and no others', async () => {
    for (const path of ['page.html', 'tsconfig.json', 'main.js.map', '..%2Fpage.js', 'nothing'])
      expect([path, (await service.get(`/moderate/${path}`)).status]).toEqual([path, 404]);
    const slash = await service.get('/moderate/');
    expect([slash.status, slash.headers.get('location')]).toEqual([308, '../moderate']);
  });

  it('hold no code or style within the page, and nothing of anybody else', async () => {
    const shell = await (await service.get('/moderate')).text();
    expect(shell).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|https?:\/\//u);
    for (const [, attributes = '', code = ''] of shell.matchAll(/<script([^>]*)>([^]*?)<\/script>/gu))
      expect([attributes.includes(' src="moderate/main.js"'), code]).toEqual([true, '']);
    for (const file of files.filter((each) => each.endsWith('.css')))
      expect(await (await service.get(`/moderate${file}`)).text()).not.toMatch(/url\(|@import|https?:/u);
  });

  it('write text as text, and keep nothing in the browser', () => {
    const names = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/u.test(name),
    );
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      const text = readFileSync(new URL(name, sources), 'utf8');
      expect([
        name,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|localStorage|sessionStorage|eval\(/u.test(
          text,
        ),
      ]).toEqual([name, false]);
    }
  });
});

describe.skipIf(isChromiumMissing)('the moderation page', () => {
  it('works below any path of the public address', async () => {
    const [browser, web, place] = await Promise.all([startChromium(), startWeb(), startWeb()]);
    const port = place.host.split(':')[1] ?? '';
    await place.close();
    const service = await startService({
      env: {
        SITES: `blog=http://${web.host}/blog/`,
        POLICY: 'hold-all',
        PORT: port,
        BASE_URL: `http://127.0.0.1:${port}/some/links/`,
      },
    });
    try {
      web.page('/blog/post', 'Ours');
      await announce(service, web, '/one', web.url('/blog/post'));
      const desk = await openDesk(browser, service);
      await desk.page.getByRole('heading', { name: '/one' }).waitFor();
      await desk.page.getByText('Live').waitFor();
      await desk.press('a');
      await desk.page.getByRole('heading', { name: 'All done' }).waitFor();
      await desk.page.goto(`${service.url}/moderate/?tab=approved`);
      await desk.page.getByText('Sites').click();
      await desk.page.getByText('What to paste').click();
      await desk.page.getByText(`${service.url}/blog/webmention`).first().waitFor();
      expect(desk.complaints.filter((each) => !each.includes('401'))).toEqual([]);
      await desk.close();
    } finally {
      await browser.close();
      await Promise.all([service.close(), web.close()]);
    }
  });
});
