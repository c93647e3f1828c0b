import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Filed, Ping } from '../../../src/linkback/accept.ts';
import type { PingAnswer } from '../../../src/linkback/answered.ts';
import { reasons, refuse, type Refusal } from '../../../src/linkback/refusal.ts';
import { faults } from '../../../src/protocols/trackback/faults.ts';
import { keepSpelling, receiveTrackbacks } from '../../../src/protocols/trackback/receive.ts';
import { formatAnswer, formatList, type ListedPing } from '../../../src/protocols/trackback/wire.ts';
import { formBody, formType } from '../../support/forms.ts';

// Spec: TrackBack 1.1 and 1.2.

const filed: Filed = {
  linkbackId: 'one',
  statusId: 'unguessable',
  verification: 'unverified',
  parked: false,
};

const form = formBody([
  ['url', 'https://source.example/a'],
  ['title', 'T'],
]);
const malformed = formatAnswer(faults.malformed.message ?? undefined);

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

type Says = {
  readonly accept?: Filed | Refusal | Error;
  readonly listed?: readonly ListedPing[] | undefined;
};

/** The plugin alone, with somebody behind it who says what the test wants and remembers what they were asked. */
function receiver(says: Says = {}) {
  const pings: Ping[] = [];
  const answers: PingAnswer[] = [];
  const asked: (readonly [string, string])[] = [];
  const { accept = filed } = says;
  const server = fastify({ rewriteUrl: ({ url = '/' }) => keepSpelling(url) });
  app = server;
  server.register(receiveTrackbacks, {
    accept: (ping) => {
      pings.push(ping);
      return accept instanceof Error ? Promise.reject(accept) : Promise.resolve(accept);
    },
    pageAt: (slug, path) => (slug === 'blog' ? `https://blog.example${path}` : undefined),
    publicPings: (target, site) => {
      asked.push([target, site]);
      return Promise.resolve('listed' in says ? says.listed : []);
    },
    answered: (answer) => answers.push(answer),
  });
  const post = (url: string, body: string | Buffer = form, contentType: string = formType) =>
    server.inject({ method: 'POST', url, headers: { 'content-type': contentType }, payload: body });
  const get = (url: string) => server.inject({ method: 'GET', url });
  return { pings, answers, asked, post, get };
}

describe('a ping', () => {
  it('[TB 2.1] is answered with the XML of the specification, as text/xml', async () => {
    const { post, pings } = receiver();
    const { statusCode, headers, payload } = await post('/trackback/blog/post');
    expect([statusCode, headers['content-type'], payload]).toEqual([
      200,
      'text/xml; charset=utf-8',
      formatAnswer(undefined),
    ]);
    expect(pings).toEqual([
      {
        dialect: 'trackback',
        source: 'https://source.example/a',
        target: 'https://blog.example/post',
        senderIp: '127.0.0.1',
        site: 'blog',
        claims: { title: 'T', excerpt: '', blogName: '', bytes: null },
      },
    ]);
  });

  it.each([
    ['/trackback/blog', '/'],
    ['/trackback/blog/', '/'],
    ['/trackback/blog/?p=1', '/?p=1'],
    ['/trackback/blog?p=1', '/?p=1'],
    ['/trackback/blog/a/b.html?p=1&q=a/b?c', '/a/b.html?p=1&q=a/b?c'],
    ['/trackback/blog/caf%c3%A9/%2F/%20', '/caf%c3%A9/%2F/%20'],
    ['/trackback/blog/%C4%E3%BA%C3', '/%C4%E3%BA%C3'],
    ['/trackback/blog/%93%FA?q=%96%7B', '/%93%FA?q=%96%7B'],
    ['/trackback/blog/100%25/%2525/%zz/%', '/100%25/%2525/%zz/%'],
    ['/trackback/blog//a//', '//a//'],
    ['/trackback/blog/a;b=c', '/a;b=c'],
    [`/trackback/blog/${'%E3%81%82'.repeat(200)}`, `/${'%E3%81%82'.repeat(200)}`],
    [`/trackback/blog/${'a'.repeat(2000)}`, `/${'a'.repeat(2000)}`],
  ])('goes from %s to the page as it is spelled', async (url, page) => {
    const { post, pings } = receiver();
    expect((await post(url)).payload).toBe(formatAnswer(undefined));
    expect(pings[0]?.target).toBe(`https://blog.example${page}`);
  });

  it('is answered with error 1 for a site that is not here', async () => {
    const { post, pings } = receiver();
    const { statusCode, payload } = await post('/trackback/other/post');
    expect([statusCode, payload]).toEqual([200, formatAnswer(faults['target-closed'].message ?? undefined)]);
    expect(pings).toEqual([]);
  });

  it.each(reasons)('that is refused for %s is told so in XML', async (reason) => {
    const { post, answers } = receiver({ accept: refuse(reason, 17) });
    const { statusCode, headers, payload } = await post('/trackback/blog/post');
    expect(answers).toEqual([reason]);
    const { status, message } = faults[reason];
    expect([statusCode, headers['content-type'], headers['retry-after']]).toEqual([
      status,
      'text/xml; charset=utf-8',
      '17',
    ]);
    expect(payload).toBe(formatAnswer(message ?? undefined));
  });

  it('[TB 2.1] is answered in XML when we have a defect, and hears nothing of it', async () => {
    const { post, answers } = receiver({ accept: new Error('a secret of the stack') });
    const { statusCode, payload } = await post('/trackback/blog/post');
    expect(answers).toEqual(['our-fault']);
    expect([statusCode, payload]).toEqual([200, formatAnswer(faults['our-fault'].message ?? undefined)]);
  });
});

describe('a POST that is no ping', () => {
  it.each<[string, string | Buffer, string]>([
    ['an empty body', '', formType],
    ['no url', formBody([['title', 'T']]), formType],
    ['JSON', '{"url":"https://source.example/a"}', 'application/json'],
    ['a form in parts', form, 'multipart/form-data; boundary=x'],
    ['a content type that is none', form, 'rubbish'],
    ['an empty content type', form, ''],
    ['a body over 32 KiB', `${form}&excerpt=${'x'.repeat(32 * 1024)}`, formType],
    ['bytes that are no form', Buffer.from([0, 255, 254, 38, 61, 37]), formType],
  ])('[TB 2.1] is answered with error 1 and goes no further: %s', async (_what, body, type) => {
    const { post, pings, answers } = receiver();
    const { statusCode, headers, payload } = await post('/trackback/blog/post', body, type);
    expect(answers).toEqual(['malformed']);
    expect([statusCode, headers['content-type'], payload]).toEqual([
      200,
      'text/xml; charset=utf-8',
      malformed,
    ]);
    expect(pings).toEqual([]);
  });

  it('takes a body of 32 KiB', async () => {
    const { post, answers } = receiver();
    const padded = `${form}&excerpt=`.padEnd(32 * 1024, 'x');
    expect((await post('/trackback/blog/post', padded)).payload).toBe(formatAnswer(undefined));
    expect(answers).toEqual(['success']);
  });
});

describe('GET', () => {
  it.each([
    ['/trackback/blog/a?p=1', 'https://blog.example/a?p=1'],
    ['/trackback/blog', 'https://blog.example/'],
    ['/trackback/blog/%C4%E3?__mode=view', 'https://blog.example/%C4%E3'],
  ])('[TB 2.2] leads from %s to the page', async (url, page) => {
    const { get, pings } = receiver();
    const { statusCode, headers } = await get(url);
    expect([statusCode, headers.location]).toEqual([302, page]);
    expect(pings).toEqual([]);
  });

  it.each([
    '/trackback/blog/a?url=https://source.example/&title=T',
    '/trackback/blog?p=1&url=x',
    '/trackback/blog/a?url=',
    '/trackback/blog/a?%75rl=x',
  ])('[TB 2.2] never pings: %s', async (url) => {
    const { get, pings, answers } = receiver();
    const { statusCode, payload } = await get(url);
    expect([statusCode, payload, pings]).toEqual([200, malformed, []]);
    expect(answers).toEqual([]);
  });

  it('[TB 2.2] lists with __mode=rss, which is no part of the page’s address', async () => {
    const listed = [{ url: 'https://a.example/', title: 'A', excerpt: 'x' }];
    const { get, asked, pings } = receiver({ listed });
    const { statusCode, headers, payload } = await get('/trackback/blog/a?p=1&__mode=rss&q=%C4%E3');
    expect(asked).toEqual([['https://blog.example/a?p=1&q=%C4%E3', 'blog']]);
    expect([statusCode, headers['content-type'], payload]).toEqual([
      200,
      'text/xml; charset=utf-8',
      formatList('https://blog.example/a?p=1&q=%C4%E3', listed),
    ]);
    expect((await get('/trackback/blog/a?__mode=rss&url=x')).payload).toContain('<rss version="0.91">');
    expect(pings).toEqual([]);
  });

  it.each(['/trackback/other/a', '/trackback/other/a?__mode=rss'])(
    'is answered with error 1 where there is no site: %s',
    async (url) => {
      const { get } = receiver();
      const { statusCode, payload } = await get(url);
      expect([statusCode, payload]).toEqual([
        200,
        formatAnswer(faults['target-closed'].message ?? undefined),
      ]);
    },
  );

  it('is answered with error 1 for a page that takes no pings', async () => {
    const { get } = receiver({ listed: undefined });
    expect((await get('/trackback/blog/a')).payload).toContain('<error>1</error>');
  });
});

describe('keeping the spelling', () => {
  it.each([
    ['/trackback/blog/%C4', '/trackback/blog/%25C4'],
    ['/trackback/blog/a%2Fb?c=%20#%41', '/trackback/blog/a%252Fb?c=%20#%41'],
    ['/trackback/blog?c=%20', '/trackback/blog?c=%20'],
    ['/status/%C4', '/status/%C4'],
    ['/', '/'],
  ])('turns %s into %s for the router', (url, routed) => {
    expect(keepSpelling(url)).toBe(routed);
  });
});
