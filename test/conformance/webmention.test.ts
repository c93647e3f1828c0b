import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention, sendWebmention, shownAt, statusOf } from '../support/announce.ts';
import { browser, formBody, formType, postBody, postForm, type Fields } from '../support/forms.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { postWhileStopping } from '../support/while-stopping.ts';

// Spec: Webmention, W3C Recommendation 12 January 2017, section 3.2; the numbers are those of docs/conformance.md.

let web: Web;
/** The same pages under the address that is an alias of the blog. */
let alias: Web;
let service: Service;
let owner: Owner;
/** The ping of a source that takes a connection and says nothing: its deadline passes while other tests run. */
let silent: string;

beforeAll(async () => {
  web = await startWeb();
  alias = await startWeb({ address: '127.0.0.2' });
  web.page('/blog/post', '<title>Ours</title>');
  web.page('/other/post', '<title>The other site</title>');
  service = await startService({
    env: {
      SITES: `blog=http://${web.host}/blog/|http://${alias.host}/,other=http://${web.host}/other/`,
      BLOCKED_HOSTS: 'blog:127.0.0.3',
      CLOSED_PATHS: '/blog/closed',
      POLICY: 'approve-all',
    },
  });
  owner = ownerOf(service);
  web.page('/silent', () => undefined);
  silent = (await sendWebmention(service, web.url('/silent'), target())).headers.get('location') ?? '';
});

afterAll(async () => {
  await service.close();
  await Promise.all([web.close(), alias.close()]);
});

const target = (): string => web.url('/blog/post');

/** A source page that answers as told. */
function source(path: string, page: Parameters<Web['page']>[1] = linkingPage(target())): string {
  web.page(path, page);
  return web.url(path);
}

const send = (from: string, to: string = target(), headers: Readonly<Record<string, string>> = {}) =>
  sendWebmention(service, from, to, headers);

const locationOf = (response: Response): string => response.headers.get('location') ?? '';

type Problem = { readonly status: number; readonly reason: string; readonly detail: string };

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(response.headers.get('location')).toBeNull();
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  return problem;
}

describe('the answer', () => {
  it('[WR1] comes before the source is read; what became of it stands on the status page', async () => {
    const from = source('/slow');
    const release = web.hold('/slow');
    const response = await send(from);
    expect(response.status).toBe(201);
    expect(await statusOf(locationOf(response), 'queued')).toMatchObject({ reason: null, checkedAt: null });
    await web.waitForHit('/slow');
    release();
    expect(await statusOf(locationOf(response))).toMatchObject({ status: 'verified', source: from });
  });

  it('[WR2] is 201 with the absolute address of a status page of its own', async () => {
    const [one, other] = [await send(source('/one')), await send(source('/other-one'))];
    expect([one.status, other.status]).toEqual([201, 201]);
    for (const response of [one, other]) {
      expect(locationOf(response)).toMatch(new RegExp(`^${service.url}/status/[\\w-]{22}$`, 'u'));
    }
    expect(locationOf(one)).not.toBe(locationOf(other));
    expect(await one.text()).toContain(locationOf(one));
  });

  it('[WR2] leads browsers to the status page by 303', async () => {
    const response = await send(source('/by-hand'), target(), browser);
    expect(response.status).toBe(303);
    const page = await fetch(locationOf(response), { headers: browser });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('What became of your ping');
  });

  it('[WR3] always has a status page, so that it is never 202', async () => {
    const from = source('/again');
    const answers = [await send(from), await send(from)];
    await statusOf(locationOf(answers[0] ?? new Response()), 'verified');
    answers.push(await send(from), await send(source('/no-link-at-all', '<p>nothing</p>')));
    expect(answers.map((each) => each.status)).toEqual([201, 201, 201, 201]);
  });

  it('[WR4] is never 200, for nobody waits for the source', async () => {
    const responses = await Promise.all([send(source('/never-200')), send(target()), send('x')]);
    expect(responses.map((each) => each.status)).toEqual([201, 400, 400]);
  });
});

describe('a request that is no webmention', () => {
  const fields = (...pairs: Fields): Fields => pairs;
  const from = 'https://source.example/';
  const to = 'https://blog.example/';

  it.each<[string, string | (() => FormData), string]>([
    ['no source', formBody(fields(['target', to])), formType],
    ['no target', formBody(fields(['source', from])), formType],
    ['an empty source', formBody(fields(['source', ''], ['target', to])), formType],
    ['an empty target', formBody(fields(['source', from], ['target', ''])), formType],
    ['two sources', formBody(fields(['source', from], ['source', from], ['target', to])), formType],
    ['two targets', formBody(fields(['source', from], ['target', to], ['target', to])), formType],
    ['nothing', '', formType],
    ['JSON', JSON.stringify({ source: from, target: to }), 'application/json'],
    ['a form called plain text', formBody(fields(['source', from], ['target', to])), 'text/plain'],
    ['a form of no type', formBody(fields(['source', from], ['target', to])), ''],
    ['XML', '<source/>', 'text/xml'],
    [
      'a form in parts',
      '--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nhttps://source.example/\r\n--b--\r\n',
      'multipart/form-data; boundary=b',
    ],
    [
      'more than 8 KiB',
      formBody(fields(['source', from], ['target', to], ['x', 'x'.repeat(8 * 1024)])),
      formType,
    ],
    ['more than 100 fields', formBody(fields(['source', from], ['target', to], ...many(100))), formType],
  ])('[WR5] gets 400: %s', async (_what, body, type) => {
    const text = typeof body === 'string' ? body : '';
    const response = await postBody(`${service.url}/webmention`, text, { 'content-type': type });
    expect(response.status).toBe(400);
    expect((await problemOf(response)).reason).toBe('malformed');
  });

  it.each([
    'source.example/a',
    '//source.example/a',
    '/a',
    'ftp://source.example/a',
    'javascript:alert(1)',
    'data:text/html,x',
    'mailto:a@source.example',
    'file:///etc/passwd',
    'http://',
    'http:///a',
    'http://user:secret@source.example/',
    'https://source.example/a b',
    'https://source.example\\a',
    'https://[::1',
    `https://source.example/${'a'.repeat(2048)}`,
  ])('[WR5] gets 400 for the source %s', async (bad) => {
    const response = await send(bad);
    expect(response.status).toBe(400);
    expect((await problemOf(response)).reason).toBe('source-unusable');
  });

  it.each(['blog/post', '/blog/post', '//127.0.0.1/blog/post', 'ftp://127.0.0.1/blog/post', 'javascript:x'])(
    '[WR5] gets 400 for the target %s',
    async (bad) => {
      const response = await send(source('/fine'), bad);
      expect(response.status).toBe(400);
      expect((await problemOf(response)).reason).toBe('target-closed');
    },
  );

  it('[WR6] gets 400 when source and target are the same page, however they are spelled', async () => {
    const same = [
      target(),
      `${target()}/`,
      `${target()}#part`,
      target().replace('post', 'p%6Fst'),
      `http://${alias.host}/post`,
    ];
    for (const each of same) {
      const response = await send(each);
      expect(response.status).toBe(400);
      expect((await problemOf(response)).reason).toBe('same-page');
    }
  });
});

describe('the target', () => {
  it.each([
    ['a stranger’s page', () => 'https://stranger.example/post'],
    ['a page beside the site', () => web.url('/blogs/post')],
    ['another port', () => web.url('/blog/post').replace(/:\d+/u, ':1')],
    ['a page that is closed', () => web.url('/blog/closed/post')],
  ])('[WR7] is refused at once when it is %s', async (_what, to) => {
    const response = await send(source('/to-elsewhere', linkingPage(to())), to());
    expect(response.status).toBe(400);
    expect((await problemOf(response)).reason).toBe('target-closed');
  });

  it('[WR7] is judged without its fragment, which is kept', async () => {
    const to = web.url('/blog/post?for=fragment');
    const from = source('/to-part', linkingPage(`${to}#part%201`));
    expect(await mention(service, from, `${to}#part%201`)).toMatchObject({ status: 'verified' });
    const entries = await shownAt(service, to);
    expect(entries).toMatchObject([{ target: `${to}#part%201`, fragment: 'part%201' }]);
  });

  it('[WR7] must be the site’s own at an endpoint of one site', async () => {
    const others = web.url('/other/post');
    const at = (site: string, to: string) =>
      postForm(`${service.url}/${site}/webmention`, [
        ['source', source('/of-one-site', linkingPage(to))],
        ['target', to],
      ]);
    expect((await at('other', others)).status).toBe(201);
    expect((await at('blog', target())).status).toBe(201);
    for (const response of [
      await at('blog', others),
      await at('other', target()),
      await at('nobody', others),
    ]) {
      expect(response.status).toBe(400);
      expect((await problemOf(response)).reason).toBe('target-closed');
    }
  });

  it('[WR12] is told on the status page when it turns out not to be there', async () => {
    const to = web.url('/blog/missing');
    const status = await mention(service, source('/to-missing', linkingPage(to)), to);
    expect(status).toMatchObject({ status: 'refused', reason: 'target-gone' });
  });
});

describe('the source', () => {
  it('[WR9] is asked for by GET, with what we can read and who we are', async () => {
    await mention(service, source('/asked'), target());
    const [hit] = web.hits('/asked');
    expect(hit?.method).toBe('GET');
    expect(hit?.headers.accept).toMatch(/^text\/html, .*text\/plain.*application\/json/u);
    expect(hit?.headers['user-agent']).toMatch(/^linkbackd\//u);
  });

  /** So many redirects that lead to a page which links. */
  function redirects(name: string, count: number): string {
    source(`/${name}/0`);
    for (let left = count; left > 0; left -= 1) {
      source(`/${name}/${left}`, { status: 302, headers: { location: `./${left - 1}` }, body: '' });
    }
    return web.url(`/${name}/${count}`);
  }

  it.each([1, 5])('[WR8] is followed through redirects: %i', async (count) => {
    expect(await mention(service, redirects(`hops-${count}`, count), target())).toMatchObject({
      status: 'verified',
    });
  });

  it('[WR8, WR18] is not followed further than five redirects', async () => {
    const status = await mention(service, redirects('hops-6', 6), target());
    expect(status).toMatchObject({ status: 'refused', reason: 'source-unusable' });
    expect(web.hits('/hops-6/0')).toEqual([]);
  });

  it('[WR8] is not followed in circles', async () => {
    const from = source('/circle', { status: 301, headers: { location: '/circle' }, body: '' });
    expect(await mention(service, from, target())).toMatchObject({ reason: 'source-unusable' });
  });

  it('[WR8] gives its links relative to where redirects have led', async () => {
    source('/deep/er/page', '<p>See <a href="../../blog/post">this</a> post.</p>');
    const from = source('/short', { status: 307, headers: { location: '/deep/er/page' }, body: '' });
    expect(await mention(service, from, target())).toMatchObject({ status: 'verified' });
  });

  it.each([
    ['404', 404, 'source-unusable'],
    ['403', 403, 'source-unusable'],
    ['410', 410, 'source-unusable'],
    ['an empty page', 200, 'source-unusable'],
  ])('[WR12] is told on the status page when it is not there: %s', async (_what, status, reason) => {
    const from = source(`/not-there-${status}`, { status, body: '' });
    expect(await mention(service, from, target())).toMatchObject({ status: 'refused', reason });
  });

  it('[WR12] is told on the status page when it has no link', async () => {
    const status = await mention(service, source('/without', '<p>no link</p>'), target());
    expect(status).toMatchObject({
      status: 'refused',
      reason: 'no-link',
      detail: 'The source page has no link to the target.',
    });
  });

  it('[WR18] is read up to a megabyte', async () => {
    const padding = `<p>${'words '.repeat(200_000)}</p>`;
    const early = await mention(service, source('/early', linkingPage(target()) + padding), target());
    const late = await mention(service, source('/late', padding + linkingPage(target())), target());
    expect([early.status, late.reason]).toEqual(['verified', 'no-link']);
  });
});

/** Pages that mention the target, or do not, by the rule for their content type. */
describe('a mention', () => {
  const type = (contentType: string, body: string) => ({ headers: { 'content-type': contentType }, body });
  const html = (body: (to: string) => string) => (to: string) => type('text/html', body(to));

  type Says = (to: string) => ReturnType<typeof type>;

  it.each<[string, Says]>([
    ['a link', html((to) => `<a href="${to}">x</a>`)],
    ['a link in capitals, unquoted', html((to) => `<A HREF=${to}>x`)],
    ['a link with its ampersand escaped', html((to) => `<a href="${to.replace('?', '?a=1&amp;')}">x</a>`)],
    ['an area of a map', html((to) => `<map><area href="${to}" alt="x"></map>`)],
    ['an image', html((to) => `<img src="${to}">`)],
    ['a video', html((to) => `<video src="${to}"></video>`)],
    ['an audio', html((to) => `<audio src="${to}"></audio>`)],
    ['the source of a video', html((to) => `<video><source src="${to}"></video>`)],
    ['a link that is not to be followed', html((to) => `<a rel="nofollow ugc" href="${to}">x</a>`)],
    ['a link in a page called XHTML', (to) => type('application/xhtml+xml', `<a href="${to}">x</a>`)],
    [
      'a link behind one in another spelling',
      html(
        (to) =>
          `<p><a href="${to.replace('?', '/?')}">x</a><p>${'words '.repeat(500)}<p><a href="${to}">y</a>`,
      ),
    ],
    ['a value in JSON', (to) => type('application/json', JSON.stringify({ a: [{ 'in-reply-to': to }] }))],
    ['a value in another kind of JSON', (to) => type('application/mf2+json', JSON.stringify([to]))],
    ['words in plain text', (to) => type('text/plain', `I wrote about ${to} yesterday`)],
    ['words in plain text before a full stop', (to) => type('text/plain', `(See ${to}.) And more`)],
    [
      'words in plain text without blanks',
      (to) => type('text/plain; charset=utf-8', `これは${to}、という話`),
    ],
  ])('[WR10] counts as %s', async (what, says) => {
    const to = `${target()}?${encodeURIComponent(what)}`;
    const asked = says(to).body.includes('a=1&amp;') ? to.replace('?', '?a=1&') : to;
    const from = source(`/says/${encodeURIComponent(what)}`, says(to));
    expect(await mention(service, from, asked)).toMatchObject({ status: 'verified', reason: null });
  });

  it.each<[string, Says]>([
    ['its address as text of a page', html((to) => `<p>${to}</p>`)],
    ['a link in a comment', html((to) => `<!-- <a href="${to}">x</a> -->`)],
    ['a link escaped as text', html((to) => `<pre>&lt;a href="${to}"&gt;x&lt;/a&gt;</pre>`)],
    ['a link in a script', html((to) => `<script>'<a href="${to}">x</a>'</script>`)],
    ['a link in a template', html((to) => `<template><a href="${to}">x</a></template>`)],
    ['a link element', html((to) => `<link rel="related" href="${to}">`)],
    ['a form', html((to) => `<form action="${to}"></form>`)],
    ['a frame', html((to) => `<iframe src="${to}"></iframe>`)],
    ['a quotation’s cite', html((to) => `<q cite="${to}">x</q>`)],
    ['nothing', html(() => '<p>nothing</p>')],
    ['a name in JSON', (to) => type('application/json', JSON.stringify({ [to]: 1 }))],
    ['a part of a value in JSON', (to) => type('application/json', JSON.stringify({ a: `see ${to}` }))],
    ['JSON that is none', (to) => type('application/json', `"${to}`)],
    ['words in a picture', (to) => type('image/svg+xml', `<svg><a href="${to}">x</a></svg>`)],
  ])('[WR10] is not %s', async (what, says) => {
    const to = `${target()}?${encodeURIComponent(what)}`;
    const from = source(`/says/not/${encodeURIComponent(what)}`, says(to));
    expect(await mention(service, from, to)).toMatchObject({ status: 'refused', reason: 'no-link' });
  });

  it.each<[string, (to: string) => string]>([
    ['another trailing slash', (to) => `${to}/`],
    ['another scheme', (to) => to.replace('http:', 'https:')],
    ['an alias of the site', () => `http://${alias.host}/post`],
    ['another query', (to) => `${to}?x=1`],
    ['other letters', (to) => to.replace('post', 'Post')],
    ['a longer path', (to) => `${to}/more`],
  ])('[WR11] is no link with %s', async (what, spelled) => {
    const says = [
      `<a href="${spelled(target())}">x</a>`,
      spelled(target()),
      JSON.stringify([spelled(target())]),
    ];
    const types = ['text/html', 'text/plain', 'application/json'];
    for (const [at, body] of says.entries()) {
      const from = source(`/inexact/${encodeURIComponent(what)}/${at}`, type(types[at] ?? '', body));
      expect(await mention(service, from, target())).toMatchObject({ status: 'refused', reason: 'no-link' });
    }
  });

  it('[WR11] is no link to another part, or to none, of a page whose part was named', async () => {
    for (const part of ['', '#other']) {
      const from = source(`/part${part.length}`, linkingPage(target() + part));
      expect(await mention(service, from, `${target()}#part`)).toMatchObject({ reason: 'no-link' });
    }
    const from = source('/any-part', linkingPage(`${target()}#any`));
    expect(await mention(service, from, target())).toMatchObject({ status: 'verified' });
  });
});

describe('a refusal', () => {
  it('[WR12] is 403 for a source that the owner has blocked', async () => {
    const response = await send('http://127.0.0.3/a');
    expect(response.status).toBe(403);
    expect((await problemOf(response)).reason).toBe('access-denied');
  });

  it('[WR12] is 429 with Retry-After over the limit', async () => {
    const strict = await startService({
      env: { SITES: `blog=${web.url('/blog/')}`, LIMITS: 'on', PINGS_PER_MINUTE: '1' },
    });
    try {
      const answers = [1, 2].map(async (n) => sendWebmention(strict, source(`/limit/${n}`), target()));
      const statuses = (await Promise.all(answers)).map((each) => each.status);
      expect(statuses.sort()).toEqual([201, 429]);
      const response = await sendWebmention(strict, source('/limit/3'), target());
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await problemOf(response)).reason).toBe('too-many');
      const page = await sendWebmention(strict, source('/limit/4'), target(), browser);
      expect([page.status, await page.text()]).toEqual([429, expect.stringContaining('Too many requests')]);
    } finally {
      await strict.close();
    }
  });

  it('[WR12] is 503 with Retry-After while the service stops', async () => {
    const stopping = await startService({ env: { SITES: `blog=${web.url('/blog/')}` } });
    try {
      const body = formBody([
        ['source', source('/too-late')],
        ['target', target()],
      ]);
      const answer = await postWhileStopping(stopping, '/webmention', body);
      expect([answer.status, answer.headers['content-type'], answer.headers['retry-after']]).toEqual([
        503,
        'application/problem+json; charset=utf-8',
        '60',
      ]);
      expect(JSON.parse(answer.body)).toMatchObject({ reason: 'unavailable' });
    } finally {
      await stopping.close();
    }
  });

  it('[WR12] shows people the form again, with what is wrong', async () => {
    const response = await send('nonsense', target(), browser);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      'text/html; charset=utf-8',
    ]);
    const page = await response.text();
    expect(page).toContain('<form method="post" action="webmention">');
    expect(page).toContain('role="alert"');
    expect(page).toContain('The source must be an absolute http or https address.');
  });
});

describe('a webmention that comes again', () => {
  let here: Here;
  let hereOwner: Owner;

  beforeAll(async () => {
    here = await startHere({ SITES: `blog=${web.url('/blog/')}`, POLICY: 'hold-all' });
    hereOwner = ownerOf(here);
  });
  afterAll(() => here.close());

  /** A post by somebody, as a blog of the independent web marks it up. */
  const entry = (title: string, author: string, words: string, to: string): string =>
    `<title>${title}</title><article class="h-entry"><h1 class="p-name">${title}</h1>
<a class="p-author h-card" href="/about">${author}</a>
<p class="e-content">It was ${words} as <a href="${to}">we</a> ${words} said before.</p></article>`;

  /** Sends it once more when it may be looked at again, and waits until it has been. */
  async function sendAgain(path: string, to: string): Promise<void> {
    here.pass(31_000);
    const before = (await hereOwner.find(web.url(path))).checkedAt;
    await sendWebmention(here, web.url(path), to);
    await waitUntil(async () => (await hereOwner.find(web.url(path))).checkedAt !== before, {
      what: 'another look at the source',
    });
  }

  it('[WR13] updates title, excerpt and author, and leaves the owner’s decision alone', async () => {
    const to = web.url('/blog/post?for=update');
    const path = '/updated';
    web.page(path, entry('Old title', 'Old Author', 'old', to));
    await mention(here, web.url(path), to);
    const { id } = await hereOwner.find(web.url(path));
    await hereOwner.decide(id, 'approved');
    expect(await shownAt(here, to)).toMatchObject([
      { source: { title: 'Old title', author: { name: 'Old Author' } }, excerpt: { before: 'was old as ' } },
    ]);

    web.page(path, entry('New title', 'New Author', 'new', to));
    await sendAgain(path, to);
    const entries = await shownAt(here, to);
    expect(entries).toMatchObject([
      {
        id,
        source: { title: 'New title', author: { name: 'New Author' } },
        excerpt: { before: 'was new as ', link: 'we', after: ' new said' },
      },
    ]);
    const fragment = await (await here.get(`/linkbacks.html?target=${encodeURIComponent(to)}`)).text();
    expect(fragment).toContain('New title');
    expect(fragment).not.toContain('Old title');
    const { moderation, events } = await hereOwner.detail(id);
    expect(moderation).toBe('approved');
    expect(events.map(({ machine, from, to: now, why }) => [machine, from, now, why])).toEqual([
      ['verification', 'unverified', 'verified', 'The source links to the target.'],
      ['moderation', 'pending', 'approved', ''],
      ['verification', 'verified', 'verified', 'The source page has changed.'],
    ]);
  });

  it.each(['rejected', 'spam', 'pending'])('[WR13] stays %s', async (decision) => {
    const to = web.url(`/blog/post?for=${decision}`);
    const path = `/decided-${decision}`;
    web.page(path, entry('Old title', 'A', 'old', to));
    await mention(here, web.url(path), to);
    const { id } = await hereOwner.find(web.url(path));
    await hereOwner.decide(id, decision);
    web.page(path, entry('New title', 'A', 'new', to));
    await sendAgain(path, to);
    expect(await hereOwner.find(web.url(path))).toMatchObject({
      id,
      moderation: decision,
      source: { title: 'New title' },
    });
    expect(await shownAt(here, to)).toEqual([]);
  });

  it('[WR14] is gone at once when the source answers 410, and comes back with it', async () => {
    const to = web.url('/blog/post?for=410');
    const path = '/deleted';
    web.page(path, linkingPage(to));
    const location = locationOf(await sendWebmention(here, web.url(path), to));
    await statusOf(location, 'verified');
    await hereOwner.decide((await hereOwner.find(web.url(path))).id, 'approved');

    web.page(path, { status: 410, body: 'Gone' });
    here.pass(31_000);
    await sendWebmention(here, web.url(path), to);
    expect(await statusOf(location, 'gone')).toMatchObject({ reason: null });
    expect(await shownAt(here, to)).toEqual([]);

    web.page(path, linkingPage(to, 'Back again'));
    await sendWebmention(here, web.url(path), to);
    await statusOf(location, 'verified');
    expect(await shownAt(here, to)).toMatchObject([{ source: { title: 'Back again' } }]);
  });

  it.each([
    ['the page links no more', '<p>Nothing to see</p>'],
    ['the page is not found', { status: 404, body: 'Not found' }],
  ])('[WR14] is gone when %s in three looks, and shown until then', async (what, page) => {
    const to = web.url(`/blog/post?for=${encodeURIComponent(what)}`);
    const path = `/fading/${encodeURIComponent(what)}`;
    web.page(path, linkingPage(to));
    const location = locationOf(await sendWebmention(here, web.url(path), to));
    await statusOf(location, 'verified');
    const { id } = await hereOwner.find(web.url(path));
    await hereOwner.decide(id, 'approved');
    web.page(path, page);
    await sendAgain(path, to);
    expect(await shownAt(here, to)).toHaveLength(1);
    here.pass(61 * 60_000);
    await waitUntil(async () => (await hereOwner.detail(id)).job?.['looks'] === 2, {
      what: 'the second look',
    });
    expect(await shownAt(here, to)).toHaveLength(1);
    here.pass(25 * 3600_000);
    expect(await statusOf(location, 'gone')).toMatchObject({
      detail: 'The source linked to the target once and does so no more.',
    });
    expect(await shownAt(here, to)).toEqual([]);
    expect(web.hits(path)).toHaveLength(4);
  });

  it('[WR15] is one linkback however often it comes, and keeps its status page', async () => {
    const to = web.url('/blog/post?for=repeats');
    web.page('/repeated', linkingPage(to));
    const burst = await Promise.all(
      Array.from({ length: 10 }, () => sendWebmention(here, web.url('/repeated'), to)),
    );
    await statusOf(locationOf(burst[0] ?? new Response()), 'verified');
    const later = await sendWebmention(here, web.url('/repeated'), to);
    const addresses = new Set([...burst, later].map(locationOf));
    expect(addresses.size).toBe(1);
    const { items } = await hereOwner.list({ q: web.url('/repeated'), limit: '100' });
    expect(items).toHaveLength(1);
    expect((await hereOwner.detail(items[0]?.id ?? '')).announcements).toHaveLength(1);
  });
});

describe('what is shown', () => {
  const script = '<script>alert(1)</script>';

  it('[WR16] is escaped wherever a stranger’s words or addresses stand', async () => {
    const to = web.url(`/blog/post?for=<script>"'&x`);
    const path = `/hostile?x="'><script>alert(1)</script>`;
    const title = `&lt;script&gt;alert(1)&lt;/script&gt; "'&lt;img src=x onerror=alert(1)&gt;`;
    const page = `<title>${title}</title><meta name="author" content="${title.replaceAll('"', '')}"><p>It says ${title} and <a href="${to.replaceAll('"', '&quot;')}">${title}</a> and more ${title} here.</p>`;
    const from = source('/hostile', page).replace('/hostile', path);
    const response = await send(from, to);
    expect(response.status).toBe(201);
    await statusOf(locationOf(response), 'verified');
    const [shown] = await shownAt(service, to);
    expect(shown?.source.title).toContain(script);

    const query = `target=${encodeURIComponent(to)}`;
    const pages = [
      locationOf(response),
      `${service.url}/linkbacks?${query}`,
      `${service.url}/linkbacks.html?${query}`,
      `${service.url}/api/linkbacks?${query}`,
      `${service.url}/trackback/blog/blog/post${new URL(to).search}&__mode=rss`,
    ];
    for (const address of pages) {
      const text = await (await fetch(address, { headers: browser })).text();
      expect(text).not.toMatch(/<script|<img/u);
    }
  });

  it('[WR16] has nothing of a refused request in it but what a person typed, as text in its field', async () => {
    const [source, target] = ['javascript:"><script>xyzzy</script>', '"><script>xyzzy</script>'];
    const told = await send(source, target, {});
    expect(told.status).toBe(400);
    expect(await told.text()).not.toContain('xyzzy');
    const form = await send(source, target, browser);
    expect(form.status).toBe(400);
    const text = await form.text();
    expect(text.match(/xyzzy/gu)).toHaveLength(2);
    expect(text.match(/value="[^"<>]*xyzzy[^"<>]*"/gu)).toHaveLength(2);
  });

  it('[WR16] is a form that leads nowhere else, whatever the address in which it was asked for', async () => {
    for (const query of ['?/javascript:alert(1)', '?a=/https:evil.example', '?source="><script>']) {
      for (const path of ['/webmention', '/blog/webmention']) {
        const page = await (await service.get(path + query, browser)).text();
        expect([...page.matchAll(/action="([^"]*)"/gu)].map((each) => each[1])).toEqual(['webmention']);
        expect(page).not.toMatch(/javascript|evil|<script/u);
      }
    }
    const page = await service.get('/webmention', browser);
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self'");
  });

  it('[WR16] needs no cookie and sets none, so that nobody’s standing can be borrowed', async () => {
    const responses = [
      await service.get('/webmention', browser),
      await send(source('/cookie'), target(), browser),
    ];
    for (const response of responses) expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('[WR16] is not changed by GET', async () => {
    const from = source('/by-get');
    const query = formBody([
      ['source', from],
      ['target', target()],
    ]);
    expect((await service.get(`/webmention?${query}`)).status).toBe(200);
    expect((await owner.list({ q: from })).items).toEqual([]);
  });

  it('[WR17] waits for the owner where the site says so', async () => {
    const held = await startService({ env: { SITES: `blog=${web.url('/blog/')}`, POLICY: 'hold-all' } });
    try {
      const from = source('/held');
      expect(await mention(held, from, target())).toMatchObject({
        status: 'verified',
        detail: 'The source links to the target. The owner of the target decides whether to show it.',
      });
      expect(await shownAt(held, target())).toEqual([]);
      const heldOwner = ownerOf(held);
      await heldOwner.decide((await heldOwner.find(from)).id, 'approved');
      expect(await shownAt(held, target())).toHaveLength(1);
    } finally {
      await held.close();
    }
  });

  it('[WR19] takes no notice of other parameters, in the form or in the address', async () => {
    const response = await postForm(`${service.url}/webmention?token=x&source=https://a.example/`, [
      ['source', source('/with-more')],
      ['target', target()],
      ['approve', 'true'],
      ['moderation', 'approved'],
      ['callback', 'https://a.example/'],
      ['debug', '1'],
    ]);
    expect(response.status).toBe(201);
    expect(await statusOf(locationOf(response))).toMatchObject({ source: web.url('/with-more') });
  });
});

describe('patience', () => {
  it('[WR18] ends with a source that says nothing, which is no verdict', async () => {
    const { id } = await owner.find(web.url('/silent'));
    const attempts = await waitUntil(async () => {
      const found = (await owner.detail(id)).attempts;
      return found.length > 0 && found;
    });
    // The next one comes a minute later, which may be over by now.
    expect(attempts[0]).toMatchObject({ detail: 'no answer within 5 s' });
    expect(await statusOf(silent, 'queued')).toMatchObject({ reason: null });
  });
});

function many(count: number): Fields {
  return Array.from({ length: count }, (_, at) => [`f${at}`, 'x'] as const);
}
