import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

let web: Web;
let service: Service;

beforeEach(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: `blog=${web.url('/')}`, POLICY: 'approve-all' } });
});

afterEach(async () => {
  await service.close();
  await web.close();
});

type Entry = {
  readonly target: string;
  readonly protocols: readonly string[];
  readonly source: { readonly url: string };
};

async function shown(target: string): Promise<readonly Entry[]> {
  const response = await service.get(`/api/linkbacks?target=${encodeURIComponent(web.url(target))}`);
  return ((await response.json()) as { items: Entry[] }).items;
}

const linkTo = (path: string): string =>
  `<title>A page</title><p>See <a href="${web.url(path)}">this</a> post of theirs.</p>`;
const canonical = (path: string): string => `<link rel="canonical" href="${path}"><title>Ours</title>`;
const verified = /^The pingback is verified/u;

describe('a page of ours with another name', () => {
  it('is filed under the page that its rel=canonical names', async () => {
    web.page('/post', canonical('/post'));
    web.page('/?p=7', canonical('/post'));
    web.page('/a', linkTo('/?p=7'));
    expect(await service.ping(web.url('/a'), web.url('/?p=7'))).toMatch(verified);
    expect(await shown('/post')).toMatchObject([
      { target: web.url('/post'), source: { url: web.url('/a') } },
    ]);
    // The address it was pinged with still finds it.
    expect(await shown('/?p=7')).toHaveLength(1);
  });

  it('is filed under the page to which it redirects', async () => {
    web.page('/new', 'ours');
    web.page('/old', { status: 301, headers: { location: '/new' }, body: '' });
    web.page('/a', linkTo('/old'));
    expect(await service.ping(web.url('/a'), web.url('/old'))).toMatch(verified);
    expect(await shown('/new')).toHaveLength(1);
  });

  it('is known again by the name it was pinged with', async () => {
    web.page('/new', 'ours');
    web.page('/old', { status: 301, headers: { location: '/new' }, body: '' });
    web.page('/a', linkTo('/old'));
    await service.ping(web.url('/a'), web.url('/old'));
    expect(await service.ping(web.url('/a'), web.url('/old'))).toMatch(/^fault 48/u);
  });

  it('keeps its own name when the other is not on the site, or is the root of it', async () => {
    web.page('/post', canonical('https://elsewhere.example/post'));
    web.page('/other', canonical('/'));
    web.page('/a', linkTo('/post'));
    web.page('/b', linkTo('/other'));
    await service.ping(web.url('/a'), web.url('/post'));
    await service.ping(web.url('/b'), web.url('/other'));
    expect([await shown('/post'), await shown('/other')]).toMatchObject([[{}], [{}]]);
  });
});

describe('a source with several names', () => {
  it('is one linkback, whichever name comes first, with everybody who announced it', async () => {
    web.page('/post', 'ours');
    const story = `<link rel="canonical" href="/story">${linkTo('/post')}`;
    for (const path of ['/story', '/story?utm=1', '/amp']) web.page(path, story);
    web.page('/moved', { status: 302, headers: { location: '/story' }, body: '' });
    for (const path of ['/story?utm=1', '/story', '/amp', '/moved']) {
      expect(await service.ping(web.url(path), web.url('/post'))).toMatch(/verified|fault 48/u);
    }
    expect(await shown('/post')).toMatchObject([
      { source: { url: web.url('/story') }, protocols: ['pingback'] },
    ]);
  });

  it('keeps the owner’s decision when two turn out to be one', async () => {
    web.page('/post', 'ours');
    web.page('/amp', linkTo('/post'));
    web.page('/story', linkTo('/post'));
    await service.ping(web.url('/story'), web.url('/post'));
    await service.ping(web.url('/amp'), web.url('/post'));
    expect(await shown('/post')).toHaveLength(2);
    const list = await service.api(
      'GET',
      `/api/moderation/linkbacks?q=${encodeURIComponent(web.url('/story'))}`,
    );
    const { items } = (await list.json()) as { items: { id: string }[] };
    await service.api('PATCH', `/api/moderation/linkbacks/${items[0]?.id ?? ''}`, { moderation: 'spam' });
    web.page('/amp', `<link rel="canonical" href="/story">${linkTo('/post')}`);
    const amp = await service.api(
      'GET',
      `/api/moderation/linkbacks?q=${encodeURIComponent(web.url('/amp'))}`,
    );
    const { items: amps } = (await amp.json()) as { items: { id: string }[] };
    const looked = web.hits('/amp').length;
    await service.api('POST', `/api/moderation/linkbacks/${amps[0]?.id ?? ''}/verify`);
    await web.waitForHit('/amp', looked + 1);
    await expect.poll(() => shown('/post')).toEqual([]);
  });
});
