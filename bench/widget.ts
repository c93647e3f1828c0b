import { gzipSync } from 'node:zlib';
import { isChromiumMissing, openSight, startChromium } from '../test/support/chromium.ts';
import { atMost, type Figure } from './figure.ts';
import { popularTarget } from './seed.ts';
import { withSeededService } from './seeded-service.ts';

const goalBytes = 3072;

/** P15: what the widget costs a page: bytes, requests, and how much it moves what stands below it. */
export function measureWidget(): Promise<readonly Figure[]> {
  return withSeededService(100_000, async (service) => {
    const script = await service.get('/widget.js', { 'accept-encoding': 'identity' });
    const bytes = gzipSync(await script.text(), { level: 9 }).length;
    const id = 'P15';
    const size = atMost(goalBytes, bytes, { id, name: 'widget, over the wire', unit: 'bytes', how: 'gzip' });
    return isChromiumMissing ? [size] : [size, ...(await look(service.url))];
  });
}

async function look(url: string): Promise<readonly Figure[]> {
  const browser = await startChromium();
  try {
    const { page, close } = await openSight(browser);
    const post = `${url}/a-post-of-ours`;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url() !== post) asked.push(request.url());
    });
    await page.route(post, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><title>A post</title><link rel="icon" href="data:,"><script src="${url}/widget.js" async></script>
<h1>A post</h1>${'<p>Words of the post.</p>'.repeat(40)}<link-backs target="${popularTarget}"></link-backs><p>The foot.</p>`,
      }),
    );
    await page.goto(post);
    // It asks for nothing before it comes into sight.
    await page.locator('link-backs').scrollIntoViewIfNeeded();
    await page.locator('link-backs[state=ready]').waitFor({ state: 'attached' });
    const shift: number = await page.evaluate(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const { value } of list.getEntries()) sum += value; })
        .observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
    })`);
    await close();
    const how = 'in Chromium, below forty paragraphs';
    const lists = asked.filter((each) => !each.endsWith('/widget.js') && !each.includes('/api/live')).length;
    return [
      atMost(2, asked.length - asked.filter((each) => each.includes('/api/live')).length, {
        id: 'P15',
        name: 'widget, requests beside its stream',
        unit: '',
        how: `${how}; ${lists} for data`,
      }),
      atMost(0, shift, { id: 'P15', name: 'widget, layout shift', unit: '', how }),
    ];
  } finally {
    await browser.close();
  }
}
