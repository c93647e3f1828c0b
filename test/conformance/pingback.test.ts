import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerText, startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';

/** Spec: Pingback 1.0 sections 2 and 3, requirement by requirement; every fault has its own journey besides. */

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  web.page('/post', 'ours');
  service = await startService({ env: { SITES: `blog=${web.url('/')}`, POLICY: 'approve-all' } });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

const target = (): string => web.url('/post');
const link = (): string => `<a href="${target()}">this post</a>`;

async function call(params: readonly string[]): Promise<string> {
  const values = params.map((value) => `<param><value>${value}</value></param>`).join('');
  const body = `<?xml version="1.0"?><methodCall><methodName>pingback.ping</methodName><params>${values}</params></methodCall>`;
  const response = await fetch(`${service.url}/pingback`, { method: 'POST', body });
  expect(response.status).toBe(200);
  return response.text();
}

const string = (text: string): string => `<string>${text}</string>`;

describe('the pingback server', () => {
  it('[S1] takes the source first and the target second', async () => {
    web.page('/s1', `<p>We read ${link()} today.</p>`);
    expect(answerText(await call([string(web.url('/s1')), string(target())]))).toMatch(/verified/u);
    expect(answerText(await call([string(target()), string(web.url('/s1'))]))).toMatch(/^fault 17/u);
  });

  it.each([
    ['one parameter', [string('http://a.example/')]],
    ['three parameters', [string('http://a.example/'), string('http://b.example/'), string('c')]],
    ['a number', [string('http://a.example/'), '<int>1</int>']],
  ])('[S1] takes nothing but two strings: not %s', async (_, params) => {
    expect(answerText(await call(params))).toMatch(/^fault -32602/u);
  });

  it('[S2] answers with exactly one string, or with one fault', async () => {
    web.page('/s2', `<p>We read ${link()} today.</p>`);
    const success = await call([string(web.url('/s2')), string(target())]);
    expect(success.match(/<param>/gu)).toHaveLength(1);
    expect(success).toMatch(
      /<methodResponse><params><param><value><string>[^<]+<\/string><\/value><\/param><\/params><\/methodResponse>$/u,
    );
    const failure = await call([string(web.url('/nowhere')), string(target())]);
    expect(failure).not.toContain('<params>');
    expect(failure).toMatch(/<fault><value><struct><member><name>faultCode<\/name>/u);
  });

  it('[S3] says in the string where to see what becomes of it', async () => {
    web.page('/s3', `<p>We read ${link()} today.</p>`);
    const text = answerText(await call([string(web.url('/s3')), string(target())]));
    const status = /http\S+/u.exec(text)?.[0] ?? '';
    expect(await (await fetch(status)).json()).toMatchObject({ status: 'verified', source: web.url('/s3') });
  });

  it.each([
    ['a source that is not there', 16, '/nowhere', '/post'],
    ['a source without the link', 17, '/empty', '/post'],
    ['a target that is not there', 32, '/empty', '/no-such-post'],
  ])('[S4] answers %s with fault %i', async (_, code, source, to) => {
    web.page('/empty', '<p>No links here.</p>');
    expect(answerText(await call([string(web.url(source)), string(web.url(to))]))).toMatch(
      new RegExp(`^fault ${code}:`, 'u'),
    );
  });

  it('[S4] answers a target on no site of ours with fault 33', async () => {
    expect(answerText(await call([string(web.url('/s1')), string('http://elsewhere.example/')]))).toMatch(
      /^fault 33:/u,
    );
  });

  it('[S5] looks at source and target, knows a repeat, and shows what it recorded', async () => {
    web.page('/s5', `<title>A story</title><p>We read ${link()} today.</p>`);
    const ping = [string(web.url('/s5')), string(target())];
    expect(answerText(await call(ping))).toMatch(/verified/u);
    expect(web.hits('/s5').length).toBe(1);
    expect(web.hits('/post').length).toBeGreaterThan(0);
    expect(answerText(await call(ping))).toMatch(/^fault 48:/u);
    const list = await service.get(`/api/linkbacks?target=${encodeURIComponent(target())}`);
    const { items } = (await list.json()) as { items: { source: { url: string } }[] };
    expect(items.filter((each) => each.source.url === web.url('/s5'))).toHaveLength(1);
  });

  it('[S6] reads so much of a source and no more', async () => {
    const padding = '<p>padding</p>'.repeat(90_000);
    web.page('/late', `${padding}<p>We read ${link()} today.</p>`);
    web.page('/early', `<p>We read ${link()} today.</p>${padding}`);
    expect(answerText(await call([string(web.url('/late')), string(target())]))).toMatch(/^fault 17:/u);
    expect(answerText(await call([string(web.url('/early')), string(target())]))).toMatch(/verified/u);
  });

  it('[S7] takes no source for a page that is no text', async () => {
    web.page('/image', { headers: { 'content-type': 'image/png' }, body: link() });
    expect(answerText(await call([string(web.url('/image')), string(target())]))).toMatch(/^fault 17:/u);
  });

  it('[S7] takes title, extract and language from the source', async () => {
    web.page(
      '/s7',
      `<html lang="fr"><title>Un titre</title><p>Nous avons lu hier soir ${link()} avec plaisir, merci.</p>`,
    );
    await call([string(web.url('/s7')), string(target())]);
    const list = await service.get(
      `/api/linkbacks?order=newest&limit=1&target=${encodeURIComponent(target())}`,
    );
    const display = '[…] avons lu hier soir this post avec plaisir, […]';
    expect(await list.json()).toMatchObject({
      items: [{ source: { title: 'Un titre', language: 'fr' }, display }],
    });
  });

  it('[S8] takes pingbacks for pages on another host than its own', () => {
    expect(new URL(service.url).host).not.toBe(new URL(target()).host);
  });
});
