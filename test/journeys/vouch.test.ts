import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

/** Spec: Vouch, an extension of Webmention. */

let ours: Web;
let stranger: Web;
let service: Service;

beforeEach(async () => {
  // Two hosts, as far as names go: the same machine by two of its addresses.
  ours = await startWeb();
  stranger = await startWeb({ address: '127.0.0.2' });
  ours.page('/post', 'ours');
  stranger.page('/story', `<p>See <a href="${ours.url('/post')}">this</a>.</p>`);
});

afterEach(async () => {
  await service.close();
  await ours.close();
  await stranger.close();
});

const start = async (required: string): Promise<void> => {
  service = await startService({ env: { SITES: `blog=${ours.url('/')}`, VOUCH_REQUIRED: required } });
};

async function send(vouch?: string): Promise<Response> {
  const fields = { source: stranger.url('/story'), target: ours.url('/post') };
  const body = new URLSearchParams(vouch === undefined ? fields : { ...fields, vouch });
  return fetch(`${service.url}/webmention`, { method: 'POST', body });
}

type Detail = {
  readonly id: string;
  readonly verification: string;
  readonly refusal: { readonly reason: string } | null;
  readonly evidence: {
    readonly vouch?: { readonly url: string; readonly holds: boolean; readonly detail: string };
  } | null;
};

async function settled(): Promise<Detail> {
  const id = await waitUntil(async () => {
    const list = await service.api('GET', '/api/moderation/linkbacks');
    const { items } = (await list.json()) as { items: Detail[] };
    return items.find((each) => each.verification !== 'unverified')?.id;
  });
  return (await (await service.api('GET', `/api/moderation/linkbacks/${id}`)).json()) as Detail;
}

const linkTo = (url: string, rel = ''): string => `<p>Friends: <a rel="${rel}" href="${url}">them</a></p>`;

describe('a vouch', () => {
  it('is evidence when it holds: a page of the site itself links to the source’s host', async () => {
    await start('');
    ours.page('/friends', linkTo(stranger.url('/')));
    expect((await send(ours.url('/friends'))).status).toBe(201);
    expect((await settled()).evidence?.vouch).toMatchObject({ url: ours.url('/friends'), holds: true });
  });

  it.each([
    ['the page has no such link', '', '/friends'],
    ['the link is not meant', 'nofollow', '/friends'],
    ['the page is not there', '', '/nowhere'],
  ])('does not hold when %s, and is never required by itself', async (why, rel, path) => {
    await start('');
    const link = why === 'the page has no such link' ? 'https://elsewhere.example/' : stranger.url('/');
    ours.page('/friends', linkTo(link, rel));
    await send(ours.url(path));
    expect(await settled()).toMatchObject({
      verification: 'verified',
      evidence: { vouch: { holds: false } },
    });
  });

  it('is not looked at on a host that nobody trusts', async () => {
    await start('');
    stranger.page('/friends', linkTo(stranger.url('/')));
    await send(stranger.url('/friends'));
    expect((await settled()).evidence?.vouch).toMatchObject({
      holds: false,
      detail: 'not on a host you approved before',
    });
    expect(stranger.hits('/friends')).toEqual([]);
  });
});

describe('a site that wants vouches', () => {
  it('answers 449 without one, writes nothing down, and takes the ping with one that holds', async () => {
    await start('blog');
    const asked = await send();
    expect([asked.status, asked.headers.get('content-type')]).toEqual([
      449,
      'application/problem+json; charset=utf-8',
    ]);
    const list = await service.api('GET', '/api/moderation/linkbacks');
    expect(((await list.json()) as { items: unknown[] }).items).toEqual([]);
    ours.page('/friends', linkTo(stranger.url('/')));
    expect((await send(ours.url('/friends'))).status).toBe(201);
    expect((await settled()).verification).toBe('verified');
  });

  it('asks a person for it, and shows again all that was typed until it is right', async () => {
    await start('blog');
    const fill = (fields: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(`${service.url}/blog/webmention`, {
        method: 'POST',
        headers: { accept: 'text/html' },
        body: new URLSearchParams(fields),
        redirect: 'manual',
      });
    const typed = { source: stranger.url('/post'), target: ours.url('/blog/post') };
    const asked = await fill(typed);
    const html = await asked.text();
    expect([asked.status, html.match(/value="[^"]*"/gu)]).toEqual([
      449,
      [`value="${typed.source}"`, `value="${typed.target}"`, 'value=""'],
    ]);
    expect(html).toContain('The owner here does not know your site yet.');
    expect(html).toContain('name="vouch" type="url" required');
    const wrong = await fill({ ...typed, target: 'https://elsewhere.example/', vouch: ours.url('/friends') });
    expect([wrong.status, await wrong.text()]).toEqual([
      400,
      expect.stringContaining(`value="${ours.url('/friends')}"`),
    ]);
    expect((await fill({ ...typed, vouch: ours.url('/friends') })).status).toBe(303);
  });

  it('refuses the source when the vouch does not hold', async () => {
    await start('blog');
    ours.page('/friends', 'no links');
    await send(ours.url('/friends'));
    expect(await settled()).toMatchObject({ verification: 'refused', refusal: { reason: 'access-denied' } });
  });

  it('asks no more once the owner has approved the host', async () => {
    await start('blog');
    ours.page('/friends', linkTo(stranger.url('/')));
    await send(ours.url('/friends'));
    const { id } = await settled();
    await service.api('PATCH', `/api/moderation/linkbacks/${id}`, { moderation: 'approved' });
    expect((await send()).status).toBe(201);
  });
});
