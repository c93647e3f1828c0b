import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { startService, type Service } from '../support/service.ts';
import { startMisbehaving, startWeb, type RawWeb, type Web } from '../support/web.ts';
import { callMethod, escapeXml, post, type Called } from '../support/xml-rpc.ts';

/**
 * Pingback 1.0, requirement by requirement, against the built program. The numbers are those of requirements.ts.
 *
 * Spec: Pingback 1.0 sections 2.2, 2.3 and 3.
 */

let web: Web;
let drip: RawWeb;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  drip = await startMisbehaving('slow body drip');
  web.page('/blog/post', 'Ours');
  service = await startService({
    env: {
      // The second site is on a host that is not the service's, as a gateway's always are.
      SITES: `blog=http://${web.host}/blog/,far=https://far.example/`,
      BLOCKED_HOSTS: 'spam.example',
      POLICY: 'approve-all',
      ANSWER_WITHIN_MS: '14000',
    },
  });
});

afterAll(async () => {
  await service.close();
  await Promise.all([web.close(), drip.close()]);
});

const target = (): string => web.url('/blog/post');

const ping = (source: string, to = target()): Promise<Called> =>
  callMethod(`${service.url}/pingback`, 'pingback.ping', source, to);

function linking(path: string, to = target()): string {
  web.page(path, linkingPage(to));
  return web.url(path);
}

type Shown = {
  readonly source: { readonly url: string; readonly title: string; readonly language: string };
  readonly display: string;
};

async function shown(of = target()): Promise<readonly Shown[]> {
  const response = await service.get(`/api/linkbacks?limit=100&target=${encodeURIComponent(of)}`);
  return ((await response.json()) as { readonly items: readonly Shown[] }).items;
}

describe('the page', () => {
  it('[R2, R7, R9] prints at the start what to paste, in the very form that senders search for', () => {
    const { stdout } = service.output();
    const endpoint = `${service.url}/blog/xmlrpc`;
    expect(stdout).toContain(`X-Pingback: ${endpoint}\n`);
    // The pattern of the specification, and the first match of it.
    const [, found] = /<link rel="pingback" href="([^"]+)" ?\/?>/u.exec(stdout) ?? [];
    expect(found).toBe(endpoint);
    expect(URL.parse(found ?? '')?.href).toBe(endpoint);
    expect(found).not.toMatch(/[&<>"]/u);
  });
});

describe('the call', () => {
  it('[S1] takes the source first and the target second', async () => {
    const source = linking('/s1');
    expect((await ping(source)).faultCode).toBeUndefined();
    expect((await ping(target(), source)).faultCode).toBe(33);
  });

  it('[S1] takes strings with a type and without', async () => {
    const value = (text: string): string => `<param><value>${escapeXml(text)}</value></param>`;
    const body = `<methodCall><methodName>pingback.ping</methodName><params>${value(linking('/s1-untyped'))}${value(target())}</params></methodCall>`;
    expect((await post(`${service.url}/pingback`, body)).faultCode).toBeUndefined();
  });

  it('[S1] wants both addresses absolute', async () => {
    expect((await ping('/s1')).faultCode).toBe(16);
    expect((await ping(linking('/s1-relative'), '/blog/post')).faultCode).toBe(33);
  });

  it('[S1] is the same at the endpoint of its site', async () => {
    const called = await callMethod(
      `${service.url}/blog/xmlrpc`,
      'pingback.ping',
      linking('/s1-site'),
      target(),
    );
    expect(called.faultCode).toBeUndefined();
  });
});

describe('the answer', () => {
  const one =
    /^<\?xml [^>]*\?><methodResponse><params><param><value><string>[^<]+<\/string><\/value><\/param><\/params><\/methodResponse>$/u;
  const fault =
    /^<\?xml [^>]*\?><methodResponse><fault><value><struct><member><name>faultCode<\/name><value><int>-?\d+<\/int><\/value><\/member><member><name>faultString<\/name><value><string>[^<]+<\/string><\/value><\/member><\/struct><\/value><\/fault><\/methodResponse>$/u;

  it('[S2] is one string on success, and a fault otherwise, in an HTTP 200', async () => {
    const source = linking('/s2');
    const [success, failure] = [await ping(source), await ping(source)];
    expect(success.xml).toMatch(one);
    expect(failure.xml).toMatch(fault);
    for (const { status, headers } of [success, failure]) {
      expect([status, headers.get('content-type')]).toEqual([200, 'text/xml; charset=UTF-8']);
    }
  });

  it('[S3] tells where to read what became of the ping', async () => {
    const { says } = await ping(linking('/s3'));
    const [, url = ''] = /Its status: (\S+)$/u.exec(says) ?? [];
    expect(await (await fetch(url)).json()).toMatchObject({ status: 'verified', source: web.url('/s3') });
  });

  it.each([
    ['[S4] is 16 (0x0010) when the source does not exist', 16, () => web.url('/nothing'), undefined],
    [
      '[S4] is 17 (0x0011) when the source does not link to the target',
      17,
      () => linking('/s4', 'https://x.example/'),
      undefined,
    ],
    ['[S4] is 32 (0x0020) when the target does not exist', 32, () => linking('/s4-gone'), '/blog/gone'],
    ['[S4] is 33 (0x0021) when the target takes no pingbacks', 33, () => linking('/s4-closed'), '/elsewhere'],
    ['[S4] is 49 (0x0031) when access is denied', 49, () => 'https://spam.example/', undefined],
    [
      '[S4] is 50 (0x0032) when the upstream server is at fault',
      50,
      () => web.url('/s4-upstream'),
      undefined,
    ],
    ['[S4] is 0 for what the list has no code for', 0, () => target(), undefined],
  ])('%s', async (_title, code, source, path) => {
    web.page('/s4-upstream', { status: 502, body: 'Bad gateway' });
    expect((await ping(source(), path === undefined ? target() : web.url(path))).faultCode).toBe(code);
  });

  it('[S4] is 48 (0x0030) when the pingback is registered already', async () => {
    const source = linking('/s4-twice');
    await ping(source);
    expect((await ping(source)).faultCode).toBe(48);
  });
});

describe.concurrent('the look', () => {
  it('[S5] fetches the source, finds the link, records the linkback once, and the page shows it', async () => {
    const to = web.url('/blog/s5');
    web.page('/blog/s5', 'Ours');
    const source = linking('/s5', to);
    await ping(source, to);
    await ping(source, to);
    expect(web.hits('/s5').map((hit) => hit.method)).toEqual(['GET']);
    expect((await shown(to)).map((each) => each.source.url)).toEqual([source]);
    const html = await service.get(`/linkbacks.html?target=${encodeURIComponent(to)}`);
    expect(await html.text()).toContain(source);
  });

  it('[S6] reads a source to its limit and no further', async () => {
    const filler = '<p>Words and more words.</p>\n'.repeat(60_000);
    web.page('/s6-late', filler + linkingPage(target()));
    expect((await ping(web.url('/s6-late'))).faultCode).toBe(17);
    web.page('/s6-early', linkingPage(target()) + filler);
    expect((await ping(web.url('/s6-early'))).faultCode).toBeUndefined();
  });

  it('[S6] gives up on a source that comes too slowly', async () => {
    const called = await ping(drip.url('/'));
    expect(called.faultCode).toBe(50);
    expect(called.elapsedMs).toBeLessThan(12_000);
  });

  it.each(['image/png', 'application/pdf', 'application/octet-stream', 'video/mp4'])(
    '[S7] takes a source that is no text for one without a link: %s',
    async (type) => {
      web.page(`/s7-${type}`, { headers: { 'content-type': type }, body: linkingPage(target()) });
      expect((await ping(web.url(`/s7-${type}`))).faultCode).toBe(17);
    },
  );

  it('[S7] takes title, extract and language of the source', async () => {
    const to = web.url('/blog/s7');
    web.page('/blog/s7', 'Ours');
    web.page(
      '/s7',
      `<!doctype html><html lang="de"><meta charset="utf-8"><title>Über   B&uuml;cher &amp; mehr</title><p>Wie schon gesagt, <a href="${to}">dieser Beitrag</a> ist es wert, gelesen zu werden.</p>`,
    );
    await ping(web.url('/s7'), to);
    const [entry] = await shown(to);
    expect(entry).toMatchObject({
      source: { title: 'Über Bücher & mehr', language: 'de' },
      display: '[…] schon gesagt, dieser Beitrag ist es wert, gelesen zu […]',
    });
  });

  it('[S8] takes pings for a site on another host than its own', async () => {
    const to = 'https://far.example/post';
    expect((await ping(linking('/s8', to), to)).faultCode).toBeUndefined();
    expect((await shown(to)).map((each) => each.source.url)).toEqual([web.url('/s8')]);
  });
});
