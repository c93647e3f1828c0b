import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startWeb, type Web } from '../support/web.ts';
import { readXml, type XmlElement } from '../support/xml-tree.ts';

const feedToken = 'a-feed-token-for-tests';
const path = '/api/moderation/feed.atom';

let web: Web;
let here: Here;

beforeAll(async () => {
  web = await startWeb();
  here = await startHere({
    SITES: `blog=${web.url('/')},notes=${web.url('/notes')}`,
    FEED_TOKEN: feedToken,
  });
  for (const target of ['/post', '/notes/post']) web.page(target, '<title>Ours</title>');
});
afterAll(async () => {
  await here.close();
  await web.close();
});

async function receive(name: string, target: string, title: string): Promise<string> {
  web.page(name, linkingPage(web.url(target), title));
  await mention(here, web.url(name), web.url(target));
  return (await ownerOf(here).find(web.url(name))).id;
}

async function entries(query: string, authorization?: string): Promise<readonly XmlElement[]> {
  const response = await here.get(`${path}${query}`, authorization === undefined ? {} : { authorization });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const feed = readXml(await response.text());
  expect(feed.name).toBe('feed');
  return feed.children.filter(({ name }) => name === 'entry');
}

const childOf = (entry: XmlElement | undefined, name: string): XmlElement | undefined =>
  entry?.children.find((each) => each.name === name);
const links = (all: readonly XmlElement[]): (string | undefined)[] =>
  all.map((entry) => childOf(entry, 'link')?.attributes['href']);

describe('the feed of what waits', () => {
  it('has the newest that wait for a decision, and leads to the page', async () => {
    expect(await entries(`?token=${feedToken}`)).toEqual([]);
    const first = await receive('/1', '/post', 'One &amp; only');
    const approved = await receive('/2', '/post', 'Two');
    const other = await receive('/3', '/notes/post', 'Three');
    await mention(here, web.url('/nothing'), web.url('/post'));
    await ownerOf(here).decide(approved, 'approved');
    const page = (id: string): string => `${here.url}/moderate?id=${id}`;
    const all = await entries(`?token=${feedToken}`);
    expect(links(all)).toEqual([page(other), page(first)]);
    expect(childOf(all[1], 'title')?.text).toBe('One &amp; only');
    expect(childOf(all[1], 'content')?.text).toContain(`href="${web.url('/1')}"`);
    expect(links(await entries(`?token=${feedToken}&site=notes`))).toEqual([page(other)]);
    expect(links(await entries('', `Bearer ${feedToken}`))).toHaveLength(2);
  });

  it('is for whoever may read, of their site', async () => {
    const tokenFor = async (body: Readonly<Record<string, unknown>>): Promise<string> => {
      const made = await here.api('POST', '/api/tokens', { name: 'a test', ...body });
      return `Bearer ${((await made.json()) as { readonly token: string }).token}`;
    };
    expect(await entries('', await tokenFor({ scopes: ['read'] }))).toHaveLength(2);
    expect(await entries('?site=blog', await tokenFor({ scopes: ['moderate'], site: 'notes' }))).toHaveLength(
      1,
    );
    const sender = await tokenFor({ scopes: ['send'] });
    expect((await here.get(path, { authorization: sender })).status).toBe(403);
    expect((await here.get(path)).status).toBe(401);
    expect((await here.get(`${path}?token=wrong-wrong-wrong`)).status).toBe(401);
    const admin = await tokenFor({ scopes: ['admin'] });
    expect((await here.get(`${path}?token=${admin.slice('Bearer '.length)}`)).status).toBe(401);
    expect((await here.get(path, { cookie: `linkbackd=${feedToken}` })).status).toBe(401);
  });
});
