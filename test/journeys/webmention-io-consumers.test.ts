import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaults,
  getContent,
  getPublished,
  getSource,
  getTarget,
  getType,
  getWebmentions,
  retrieveWebmentions,
} from '@chrisburnell/eleventy-cache-webmentions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInPage } from '../support/browser-page.ts';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

const feedToken = 'a-token-for-feeds-only';

let web: Web;
let service: Service;
let owner: Owner;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
  web = await startWeb();
  service = await startService({
    env: {
      SITES: 'blog=https://blog.example/,notes=https://notes.example/',
      POLICY: 'hold-all',
      FEED_TOKEN: feedToken,
    },
  });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await web.close();
  rmSync(folder, { recursive: true, force: true });
});

type Page = { readonly author: string; readonly property?: string; readonly day?: string };

/** A stranger's page that answers ours, announced and verified; gives its linkback's id. */
async function announce(
  path: string,
  target: string,
  { author, property = '', day = '02' }: Page,
): Promise<string> {
  web.page(
    path,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>An entry of ${author}</title>
    <div class="h-entry"><a class="p-author h-card" href="https://${path.slice(1)}.example/">${author}</a>
    <time class="dt-published" datetime="2026-03-${day}T09:00:00Z">then</time>
    <p>Many words before <a class="${property}" href="${target}">the link</a> and many after it.</p></div>`,
  );
  expect(await service.ping(web.url(path), target)).toMatch(/^The pingback is verified/u);
  return (await owner.find(web.url(path))).id;
}

async function publish(path: string, target: string, page: Page): Promise<void> {
  await owner.decide(await announce(path, target, page), 'approved');
}

describe('webmention.js, a widget for any page', () => {
  const script = readFileSync(
    createRequire(import.meta.url).resolve('webmention.js/static/webmention.min.js'),
    'utf8',
  );
  /** The widget names its host itself: here its only request goes to ours instead, otherwise unchanged. */
  const fetchHere = (url: string): Promise<Response> => {
    expect(url).toMatch(/^https:\/\/webmention\.io\/api\/mentions\.jf2\?/u);
    return fetch(url.replace('https://webmention.io', service.url));
  };

  const render = (url: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> =>
    runInPage(script, { url, elementId: 'webmentions', attributes, fetch: fetchHere });

  it('shows answers and reactions of the page it stands in, the oldest first', async () => {
    const target = 'https://blog.example/widget';
    await publish('/reply', target, { author: 'Ann <b>', property: 'u-in-reply-to', day: '03' });
    await publish('/mention', target, { author: 'Bob', day: '02' });
    await publish('/like', target, { author: 'Cleo', property: 'u-like-of' });
    await announce('/held', target, { author: 'Nobody' });
    const shown = await render(`${target}#top`);
    expect(shown).toMatch(
      /<h2>Responses<\/h2>[\s\S]*Bob[\s\S]*Ann[\s\S]*<h2>Reactions<\/h2>[\s\S]*Cleo liked/u,
    );
    for (const path of ['/reply', '/mention', '/like']) expect(shown).toContain(`href="${web.url(path)}"`);
    expect(shown).toContain('An entry of Bob');
    expect(shown).not.toContain('Ann <b>');
    expect(shown).not.toContain('Nobody');
  });

  it('takes several addresses of one page together, and its settings', async () => {
    await publish('/first', 'https://blog.example/one', { author: 'Dora' });
    await publish('/second', 'https://blog.example/other', { author: 'Emil' });
    const both = await render('https://blog.example/one', {
      'data-add-urls': 'https://blog.example/other',
      'data-sort-by': 'created',
      'data-sort-dir': 'down',
      'data-prevent-spoofing': 'true',
    });
    expect(both).toMatch(/Emil[\s\S]*Dora/u);
    const one = await render('https://blog.example/one', { 'data-max-webmentions': '1' });
    expect(one).toContain('Dora');
    expect(one).not.toContain('Emil');
  });

  it('shows nothing, and does not fail, where nothing is', async () => {
    expect(await render('https://blog.example/quiet')).toBe('');
    expect(await render('https://elsewhere.example/')).toBe('');
  });

  it('shows the sample data', async () => {
    const shown = await runInPage(script, {
      url: 'https://blog.example/sample',
      elementId: 'webmentions',
      attributes: {},
      fetch: (url) => fetch(url.replace('https://webmention.io/api', `${service.url}/api/example`)),
    });
    for (const name of ['Quiet Heron', 'Amber Otter', 'Only a name', 'bare.example'])
      expect(shown).toContain(name);
  });
});

describe('eleventy-cache-webmentions, a plugin for a static site', () => {
  const domain = 'https://notes.example';
  const optionsFor = (form: 'mentions.jf2' | 'mentions.json', uniqueKey: string) => ({
    ...defaults,
    domain,
    feed: `${service.url}/api/${form}?domain=notes.example&token=${feedToken}`,
    key: form === 'mentions.jf2' ? 'children' : 'links',
    uniqueKey,
    cacheDirectory: join(folder, 'cache'),
    duration: '0s',
    paginate: true,
  });

  it('fetches the whole site at once, more than a page of it', async () => {
    const target = `${domain}/many`;
    for (let count = 1; count <= 25; count += 1) {
      await publish(`/many-${count}`, target, { author: `Reader ${count}` });
    }
    await publish('/not-of-this-site', 'https://blog.example/many', { author: 'Else' });
    const found = await retrieveWebmentions(optionsFor('mentions.jf2', 'whole'));
    const ofTarget = found.filter((each) => getTarget(each) === target);
    expect(ofTarget).toHaveLength(25);
    expect(found.map(getSource)).not.toContain(web.url('/not-of-this-site'));
    const older = await retrieveWebmentions(optionsFor('mentions.json', 'whole-json'));
    expect(older.map(getSource).toSorted()).toEqual(found.map(getSource).toSorted());
  });

  it('gives a page its webmentions, with type, date and safe text', async () => {
    const target = `${domain}/post`;
    await publish('/answer', target, { author: 'Finn', property: 'u-in-reply-to', day: '04' });
    await publish('/liking', target, { author: 'Gus', property: 'u-like-of', day: '03' });
    const options = optionsFor('mentions.jf2', 'pages');
    const found = await getWebmentions(options, '/post/');
    expect(found.map((each) => [getType(each), getSource(each), getPublished(each)])).toEqual([
      ['like-of', web.url('/liking'), '2026-03-03T09:00:00+00:00'],
      ['in-reply-to', web.url('/answer'), '2026-03-04T09:00:00+00:00'],
    ]);
    const [answer] = await getWebmentions(options, '/post/', 'in-reply-to');
    expect(answer?.contentSanitized).toContain(`<a href="${target}">the link</a>`);
    const older = await getWebmentions(optionsFor('mentions.json', 'pages-json'), '/post/', ['reply']);
    expect(older.map((each) => getContent(each))).toEqual([answer?.contentSanitized]);
  });

  it('gets what is approved late when it asks for what is new', async () => {
    const options = optionsFor('mentions.jf2', 'late');
    const target = `${domain}/late`;
    const late = await announce('/late', target, { author: 'Hal' });
    await publish('/early', target, { author: 'Ida' });
    const sources = async (): Promise<string[]> => {
      const found = await retrieveWebmentions(options);
      return found.filter((each) => getTarget(each) === target).map(getSource);
    };
    expect(await sources()).toEqual([web.url('/early')]);
    await owner.decide(late, 'approved');
    expect((await sources()).toSorted()).toEqual([web.url('/early'), web.url('/late')]);
  });

  it('gets nothing without the token', async () => {
    const options = optionsFor('mentions.jf2', 'without');
    const feed = `${service.url}/api/mentions.jf2?domain=notes.example`;
    expect(await retrieveWebmentions({ ...options, feed })).toEqual([]);
  });
});
