import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  sendTrackback,
  sendWebmention,
  shownAt,
  statusOf,
  type At,
  type Entry,
} from '../support/announce.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callMethod } from '../support/xml-rpc.ts';

const dialects = ['pingback', 'trackback', 'webmention'] as const;
type Dialect = (typeof dialects)[number];

/** Our blog, the host it once was on, and somebody who writes about it. */
let blog: Web;
let alias: Web;
let stranger: Web;
let sites: string;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  blog = await startWeb();
  alias = await startWeb({ address: '127.0.0.2' });
  stranger = await startWeb({ address: '127.0.0.3' });
  sites = `blog=http://${blog.host}/blog/|http://${alias.host}/weblog/`;
  service = await startService({ env: { SITES: sites, POLICY: 'approve-all' } });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await Promise.all([blog.close(), alias.close(), stranger.close()]);
});

/** A post of ours under all its addresses. */
type Post = {
  readonly own: string;
  readonly withSlash: string;
  readonly withPart: string;
  readonly atAlias: string;
  readonly atAliasWithSlash: string;
};
type Spelling = keyof Post;

function publish(name: string): Post {
  for (const end of ['', '/']) {
    blog.page(`/blog/${name}${end}`, '<title>Ours</title>');
    alias.page(`/weblog/${name}${end}`, '<title>Ours</title>');
  }
  const [own, atAlias] = [blog.url(`/blog/${name}`), alias.url(`/weblog/${name}`)];
  return {
    own,
    withSlash: `${own}/`,
    withPart: `${own}#part`,
    atAlias,
    atAliasWithSlash: `${atAlias}/`,
  };
}

/** A page of the stranger that links, under its address with a slash and without. */
function write(name: string, page: Parameters<Web['page']>[1]): { plain: string; withSlash: string } {
  for (const end of ['', '/']) stranger.page(`/${name}${end}`, page);
  return { plain: stranger.url(`/${name}`), withSlash: stranger.url(`/${name}/`) };
}

/** Announces a link; resolves when it is taken. */
async function announce(dialect: Dialect, source: string, target: string, at: At = service): Promise<void> {
  switch (dialect) {
    case 'pingback':
      expect((await callMethod(`${at.url}/pingback`, 'pingback.ping', source, target)).says).toMatch(
        /^The pingback is (?:verified|queued)|^fault 48/u,
      );
      break;
    case 'trackback': {
      // A ping URL is made of the page's own address.
      const ours = target.replace(alias.url('/weblog/'), blog.url('/blog/'));
      const response = await sendTrackback(at, ours, [
        ['url', source],
        ['title', 'A title of theirs'],
      ]);
      expect(await response.text()).toContain('<error>0</error>');
      break;
    }
    case 'webmention':
      expect((await sendWebmention(at, source, target)).status).toBe(201);
      break;
    default:
      dialect satisfies never;
  }
}

const sorted = (entry: Pick<Entry, 'protocols'>): string[] => [...entry.protocols].sort();

/** The one entry of a post, once these dialects have brought it; fails when there is another. */
async function theOne(post: Post, brought: readonly Dialect[] = dialects): Promise<Entry> {
  const expected = [...brought].sort().join();
  const entry = await waitUntil(
    async () => {
      const entries = await shownAt(service, post.own);
      if (entries.length > 1) throw new Error(`${entries.length} entries`);
      return entries.find((each) => sorted(each).join() === expected);
    },
    { what: `one entry by ${expected}` },
  );
  for (const spelling of Object.values(post)) {
    expect(await shownAt(service, spelling)).toMatchObject([{ id: entry.id }]);
  }
  return entry;
}

const orders: readonly (readonly Dialect[])[] = [
  ['pingback', 'trackback', 'webmention'],
  ['pingback', 'webmention', 'trackback'],
  ['trackback', 'pingback', 'webmention'],
  ['trackback', 'webmention', 'pingback'],
  ['webmention', 'pingback', 'trackback'],
  ['webmention', 'trackback', 'pingback'],
];

const links: readonly Spelling[] = ['own', 'withSlash', 'withPart', 'atAlias', 'atAliasWithSlash'];

let count = 0;
const newName = (): string => `post-${(count += 1)}`;

describe.each(links)('a page that links to us (%s)', (link) => {
  it.each(orders.map((order) => ({ order, name: order.join(', then ') })))(
    'is one linkback, announced by $name, each in a spelling of its own',
    async ({ order }) => {
      const name = newName();
      const post = publish(name);
      const source = write(name, linkingPage(post[link]));
      const said: Readonly<Record<Dialect, readonly [string, string]>> = {
        pingback: [source.plain, post.withSlash],
        trackback: [source.withSlash, post.own],
        webmention: [`${source.plain}#here`, post[link]],
      };
      for (const [at, dialect] of order.entries()) {
        await announce(dialect, ...said[dialect]);
        await theOne(post, order.slice(0, at + 1));
      }
      const entry = await theOne(post);
      expect(entry.protocol).toBe(order[0]);
      const detail = await owner.detail(entry.id);
      expect(detail.announcements).toHaveLength(3);
      expect(detail.events.filter(({ to }) => to === 'verified')).toHaveLength(1);
      expect((await owner.list({ q: `/${name}` })).items).toHaveLength(1);
    },
  );
});

describe('a crowd of announcements', () => {
  it('makes one linkback of each pair, though all come at once', async () => {
    const name = newName();
    const posts = links.map((link) => ({ link, post: publish(`${name}-${link}`) }));
    const everything = posts.flatMap(({ link, post }) => {
      const source = write(`${name}-${link}`, linkingPage(post[link]));
      return [
        ...Object.values(post).map((to) => announce('pingback', source.plain, to)),
        ...[post.own, post.withSlash].map((to) => announce('trackback', source.withSlash, to)),
        ...Object.values(post).map((to) => announce('webmention', `${source.plain}#x`, to)),
        announce('webmention', source.plain, post[link]),
      ];
    });
    await Promise.all(everything);
    for (const { link, post } of posts) {
      // A later webmention speaks for an earlier one: what the page holds to the letter is said once more.
      await announce('webmention', stranger.url(`/${name}-${link}`), post[link]);
      await theOne(post);
    }
    expect((await owner.list({ q: name, limit: '100' })).items).toHaveLength(posts.length);
  });

  it('gives each dialect a status page of its own, and all say the same', async () => {
    const name = newName();
    const post = publish(name);
    const source = write(name, linkingPage(post.own));
    const [pingback, webmention] = await Promise.all([
      callMethod(`${service.url}/pingback`, 'pingback.ping', source.plain, post.atAlias),
      sendWebmention(service, source.plain, post.own),
    ]);
    const addresses = [
      /Its status: (\S+)$/u.exec(pingback.says)?.[1] ?? '',
      webmention.headers.get('location') ?? '',
    ];
    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) {
      expect(await statusOf(address)).toMatchObject({ status: 'verified', source: source.plain });
    }
  });
});

describe('a spelling that a server does not know', () => {
  it('of the source does not stand in the way of the one that it knows', async () => {
    const name = newName();
    const post = publish(name);
    stranger.page(`/${name}`, linkingPage(post.own));
    await announce('trackback', stranger.url(`/${name}/`), post.own);
    await waitUntil(async () => (await owner.find(stranger.url(`/${name}/`))).verification === 'refused');
    await announce('webmention', stranger.url(`/${name}`), post.own);
    const entry = await theOne(post, ['trackback', 'webmention']);
    expect(entry.source.url).toBe(stranger.url(`/${name}`));
  });

  it('of the target does not make our page one that is not there', async () => {
    const name = newName();
    const post = publish(name);
    for (const path of [`/blog/${name}/`, `/weblog/${name}`, `/weblog/${name}/`]) {
      for (const web of [blog, alias]) web.page(path, { status: 404, body: 'Not found' });
    }
    const source = write(name, linkingPage(post.own));
    await announce('trackback', source.plain, post.withSlash);
    await theOne(post, ['trackback']);
    await announce('pingback', source.plain, post.atAlias);
    await announce('webmention', source.plain, post.own);
    await theOne(post);
  });
});

describe('a new dialect', () => {
  it('has a verified linkback looked at again at once', async () => {
    const name = newName();
    const post = publish(name);
    const source = write(name, linkingPage(post.own));
    await announce('pingback', source.plain, post.own);
    await theOne(post, ['pingback']);
    await announce('webmention', source.plain, post.own);
    await theOne(post, ['pingback', 'webmention']);
    expect(stranger.hits(`/${name}`)).toHaveLength(2);
  });

  it('does not make the letter of what was near enough', async () => {
    const name = newName();
    const post = publish(name);
    const source = write(name, linkingPage(post.own));
    await announce('pingback', source.plain, post.withSlash);
    const { id } = await theOne(post, ['pingback']);
    await announce('trackback', source.plain, post.withSlash);
    await theOne(post, ['pingback', 'trackback']);
    expect((await owner.detail(id)).evidence).toMatchObject({ rule: 'lenient', href: post.own });
    await announce('webmention', source.plain, post.own);
    await theOne(post);
    expect((await owner.detail(id)).evidence).toMatchObject({ rule: 'exact' });
  });

  it('is listed only when its own rule holds', async () => {
    const name = newName();
    const post = publish(name);
    const source = write(name, linkingPage(post.atAlias));
    await announce('webmention', source.plain, post.own);
    await waitUntil(async () => (await owner.find(source.plain)).verification === 'refused');
    await announce('trackback', source.plain, post.own);
    const entry = await theOne(post, ['trackback']);
    expect(entry.protocol).toBe('trackback');
    await announce('webmention', source.plain, post.atAlias);
    await theOne(post, ['trackback', 'webmention']);
  });

  it('can be asked for by any reader', async () => {
    const name = newName();
    const post = publish(name);
    const source = write(name, linkingPage(post.own));
    for (const dialect of dialects) await announce(dialect, source.plain, post.own);
    const { id } = await theOne(post);
    for (const dialect of dialects) {
      const query = `target=${encodeURIComponent(post.own)}&protocol=${dialect}`;
      const list = (await (await service.get(`/api/linkbacks?${query}`)).json()) as { items: Entry[] };
      expect(list.items.map((each) => each.id)).toEqual([id]);
    }
  });
});

describe('the life of a linkback', () => {
  let here: Here;
  let hereOwner: Owner;

  beforeAll(async () => {
    here = await startHere({ SITES: sites, POLICY: 'hold-all' });
    hereOwner = ownerOf(here);
  });
  afterAll(() => here.close());

  const listOf = async (target: string): Promise<string> =>
    (await here.get(`/linkbacks.html?target=${encodeURIComponent(target)}`)).text();

  /** Announces a link in each dialect, and gives the linkback's id when the last look that this asks for is over. */
  async function announceByAll(source: string, target: string): Promise<string> {
    for (const dialect of dialects) await announce(dialect, source, target, here);
    const found = await waitUntil(async () => {
      const linkback = await hereOwner.find(source);
      return linkback.protocols.length === dialects.length && linkback;
    });
    return found.id;
  }

  it('goes from update to gone to return, for all to see, and the owner’s word holds', async () => {
    const post = publish('life');
    const story = (title: string, words: string): string =>
      `<title>${title}</title><p>We said ${words} that <a href="${post.own}">they</a> ${words} were right.</p>`;
    const source = write('life', story('First title', 'once'));
    const id = await announceByAll(source.plain, post.own);
    const is = (verification: string, title: string): Promise<unknown> =>
      waitUntil(async () => {
        const found = await hereOwner.detail(id);
        return found.verification === verification && found.source.title === title;
      });

    expect(await shownAt(here, post.own)).toEqual([]);
    await hereOwner.decide(id, 'approved', 'a friend');
    expect(await shownAt(here, post.own)).toMatchObject([
      { id, display: '[…] said once that they once were […]' },
    ]);

    write('life', story('Second title', 'twice'));
    here.pass(31_000);
    await announce('webmention', source.plain, post.own, here);
    await is('verified', 'Second title');
    expect(await shownAt(here, post.own)).toMatchObject([
      { id, source: { title: 'Second title' }, display: '[…] said twice that they twice were […]' },
    ]);
    expect(await listOf(post.own)).toContain('Second title');
    expect(await listOf(post.own)).not.toContain('First title');

    write('life', { status: 410, body: 'Gone' });
    here.pass(31_000);
    await announce('pingback', source.plain, post.atAlias, here);
    await is('gone', 'Second title');
    expect(await shownAt(here, post.own)).toEqual([]);
    expect(await listOf(post.own)).not.toContain('<li');
    const missing = await hereOwner.list({ moderation: 'approved', verification: 'gone' });
    expect(missing.items.map((each) => each.id)).toEqual([id]);

    write('life', story('Third title', 'again'));
    await announce('trackback', source.withSlash, post.own, here);
    await is('verified', 'Third title');
    const [entry] = await shownAt(here, post.own);
    expect(entry).toMatchObject({ id, source: { title: 'Third title' } });
    expect(entry === undefined ? [] : sorted(entry)).toEqual([...dialects]);
    expect(await listOf(post.own)).toContain('Third title');

    const { moderation, events } = await hereOwner.detail(id);
    expect(moderation).toBe('approved');
    expect(events.map(({ by, machine, from, to, why }) => [by.kind, machine, from, to, why])).toEqual([
      ['look', 'verification', 'unverified', 'verified', 'The source links to the target.'],
      ['person', 'moderation', 'pending', 'approved', 'a friend'],
      ['look', 'verification', 'verified', 'verified', 'The source page has changed.'],
      ['look', 'verification', 'verified', 'gone', 'The source page could not be read.'],
      ['look', 'verification', 'gone', 'verified', 'The source links to the target.'],
    ]);
  });

  it('is not ended by somebody who announces it in a spelling that the page does not have', async () => {
    const post = publish('contested');
    const source = write('contested', linkingPage(post.own));
    await announce('webmention', source.plain, post.own, here);
    const { id } = await waitUntil(async () => {
      const found = await hereOwner.find(source.plain);
      return found.verification === 'verified' && found;
    });
    await hereOwner.decide(id, 'approved');
    for (const spelling of ['withSlash', 'withPart', 'atAlias'] as const) {
      const { checkedAt } = await hereOwner.find(source.plain);
      here.pass(31_000);
      await announce('webmention', source.plain, post[spelling], here);
      await waitUntil(async () => (await hereOwner.find(source.plain)).checkedAt !== checkedAt);
      expect(await hereOwner.detail(id)).toMatchObject({ verification: 'verified', attempts: [] });
    }
    expect(await shownAt(here, post.own)).toMatchObject([{ id, protocols: ['webmention'] }]);
  });

  it('follows its page into another spelling', async () => {
    const post = publish('respelled');
    const source = write('respelled', linkingPage(post.own, 'Before'));
    await announce('webmention', source.plain, post.own, here);
    await waitUntil(async () => (await hereOwner.find(source.plain)).verification === 'verified');
    write('respelled', linkingPage(post.withSlash, 'After'));
    here.pass(31_000);
    await announce('webmention', source.plain, post.withSlash, here);
    await waitUntil(async () => (await hereOwner.find(source.plain)).source.title === 'After');
    expect(await hereOwner.find(source.plain)).toMatchObject({ verification: 'verified' });
  });

  it('goes on by itself when the link is taken out, and ends after the last look', async () => {
    const post = publish('fading');
    const source = write('fading', linkingPage(post.own));
    const id = await announceByAll(source.plain, post.own);
    await hereOwner.decide(id, 'approved');
    write('fading', '<p>The link is out</p>');
    here.pass(31_000);
    await announce('pingback', source.plain, post.own, here);
    const looks = (n: number): Promise<unknown> =>
      waitUntil(async () => (await hereOwner.detail(id)).job?.['looks'] === n, { what: `look ${n}` });
    await looks(1);
    here.pass(61 * 60_000);
    await looks(2);
    expect(await shownAt(here, post.own)).toMatchObject([{ id }]);
    here.pass(25 * 3600_000);
    await waitUntil(async () => (await hereOwner.find(source.plain)).verification === 'gone');
    expect(await shownAt(here, post.own)).toEqual([]);
    expect((await hereOwner.detail(id)).events.at(-1)).toMatchObject({
      from: 'verified',
      to: 'gone',
      why: 'The source page has no link to the target.',
    });

    write('fading', linkingPage(post.withSlash));
    await announce('pingback', source.plain, post.own, here);
    await waitUntil(async () => (await shownAt(here, post.own)).length === 1);
    // The page says it otherwise now: the webmention of the old spelling holds no more.
    expect((await shownAt(here, post.own))[0]?.protocols).toEqual(['pingback', 'trackback']);
    expect(await hereOwner.find(source.plain)).toMatchObject({ id, moderation: 'approved' });
  });
});
