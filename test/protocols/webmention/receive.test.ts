import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Filed, Ping } from '../../../src/linkback/accept.ts';
import type { PingAnswer } from '../../../src/linkback/answered.ts';
import { reasons, refuse, type Refusal } from '../../../src/linkback/refusal.ts';
import { faults } from '../../../src/protocols/webmention/faults.ts';
import { receiveWebmentions } from '../../../src/protocols/webmention/receive.ts';
import { browser, formBody, formType } from '../../support/forms.ts';

// Spec: Webmention 3.2.

const filed: Filed = {
  linkbackId: 'one',
  statusId: 'unguessable',
  verification: 'unverified',
  parked: false,
};

const source = 'https://source.example/a';
const target = 'https://blog.example/post';
const form = formBody([
  ['source', source],
  ['target', target],
]);
const status = 'https://linkbacks.example/status/unguessable';

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

type Sent = {
  readonly url?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The plugin alone, with somebody behind it who says what the test wants and remembers what they were asked. */
function receiver(accept: Filed | Refusal | Error = filed, needsVouch = false) {
  const pings: Ping[] = [];
  const answers: PingAnswer[] = [];
  const server = fastify();
  app = server;
  server.register(receiveWebmentions, {
    accept: async (ping, objection) => {
      const objected = await objection?.();
      if (objected !== undefined) return objected;
      pings.push(ping);
      if (accept instanceof Error) throw accept;
      return accept;
    },
    needsVouch: () => Promise.resolve(needsVouch),
    statusUrl: (id) => `https://linkbacks.example/status/${id}`,
    formPage: ({ wrong, wantsVouch = false, ...typed }) =>
      `<form>${wrong ?? ''}${wantsVouch ? 'vouch, please' : ''}</form>${Object.values(typed).join(' ')}`,
    answered: (answer) => answers.push(answer),
  });
  const post = ({ url = '/webmention', body = form, headers = {} }: Sent = {}) =>
    server.inject({ method: 'POST', url, headers: { 'content-type': formType, ...headers }, payload: body });
  return { pings, answers, post, server };
}

describe('a webmention that is taken', () => {
  it('is answered 201 with the address of its status page, in the header and in words', async () => {
    const { post, pings } = receiver();
    const { statusCode, headers, payload } = await post();
    expect([statusCode, headers.location, headers['content-type']]).toEqual([
      201,
      status,
      'text/plain; charset=utf-8',
    ]);
    expect(payload).toBe(`The webmention is queued. Its status: ${status}\n`);
    expect(pings).toEqual([{ dialect: 'webmention', source, target, senderIp: '127.0.0.1' }]);
  });

  it('is answered alike when it is registered already', async () => {
    const { post } = receiver({ ...filed, verification: 'verified' });
    const { statusCode, headers, payload } = await post();
    expect([statusCode, headers.location]).toEqual([201, status]);
    expect(payload).toMatch(/^The webmention is registered already/u);
  });

  it('names the site whose endpoint was called', async () => {
    const { post, pings } = receiver();
    await post({ url: '/blog/webmention?x=y' });
    expect(pings[0]?.site).toBe('blog');
  });

  it('leads a browser to its status page', async () => {
    const { post } = receiver();
    const { statusCode, headers, payload } = await post({ headers: browser });
    expect([statusCode, headers.location, payload]).toEqual([303, status, '']);
  });
});

/** What is known before a fetch; the other two are no refusals to Webmention. */
const refusals = reasons.filter((reason) => faults[reason].status >= 400);

describe('a webmention that is refused', () => {
  it.each(refusals)('[WR12] for %s is told so as a problem with its reason', async (reason) => {
    const { post, answers } = receiver(refuse(reason, 17));
    const { statusCode, headers, json } = await post();
    expect(answers).toEqual([reason]);
    const { status: expected, text } = faults[reason];
    expect([statusCode, headers['content-type'], headers['retry-after']]).toEqual([
      expected,
      'application/problem+json; charset=utf-8',
      '17',
    ]);
    expect(json()).toMatchObject({ type: 'about:blank', status: expected, detail: text, reason });
    expect(headers.location).toBeUndefined();
  });

  it.each(refusals)('for %s shows a browser the form again, and why', async (reason) => {
    const { post } = receiver(refuse(reason));
    const { statusCode, headers, payload } = await post({ headers: browser });
    expect([statusCode, headers['content-type'], headers['x-robots-tag']]).toEqual([
      faults[reason].status,
      'text/html; charset=utf-8',
      'noindex',
    ]);
    expect(payload).toBe(`<form>${faults[reason].text}</form>${source} ${target}`);
  });

  it('says no Retry-After of its own', async () => {
    const { post } = receiver(refuse('same-page'));
    expect((await post()).headers['retry-after']).toBeUndefined();
  });

  it('[WR12] answers a defect of ours with 500, and says nothing of it', async () => {
    const { post, answers } = receiver(new Error('a secret of the stack'));
    const { statusCode, json, payload } = await post();
    expect(answers).toEqual(['our-fault']);
    expect([statusCode, json<{ reason: string }>().reason]).toEqual([500, 'our-fault']);
    expect(payload).not.toContain('secret');
  });
});

describe('a request that is no webmention', () => {
  it.each<[string, Sent]>([
    ['an empty body', { body: '' }],
    ['JSON', { body: JSON.stringify({ source, target }), headers: { 'content-type': 'application/json' } }],
    ['a content type that is none', { headers: { 'content-type': 'rubbish' } }],
    ['an empty content type', { headers: { 'content-type': '' } }],
    ['a body over 8 KiB', { body: `${form}&x=${'x'.repeat(8 * 1024)}` }],
    ['bytes that are no form', { body: Buffer.from([0, 255, 254, 38, 61, 37]) }],
  ])('is answered 400 and goes no further: %s', async (_what, sent) => {
    const { post, pings, answers } = receiver();
    const { statusCode, json } = await post(sent);
    expect(answers).toEqual(['malformed']);
    expect([statusCode, json<{ reason: string }>().reason]).toEqual([400, 'malformed']);
    expect(pings).toEqual([]);
  });

  it('is shown to a browser as the form again', async () => {
    const { post } = receiver();
    const { statusCode, payload } = await post({ body: 'source=', headers: browser });
    expect([statusCode, payload]).toEqual([400, `<form>${faults.malformed.text}</form>`]);
  });

  it('is shown to a browser with what was typed', async () => {
    const { post } = receiver();
    const { payload } = await post({ body: `source=${source}&target=`, headers: browser });
    expect(payload).toBe(`<form>${faults.malformed.text}</form>${source}`);
  });

  it('takes a body of 8 KiB', async () => {
    const { post, answers } = receiver();
    const padded = `${form}&x=`.padEnd(8 * 1024, 'x');
    expect((await post({ body: padded })).statusCode).toBe(201);
    expect(answers).toEqual(['success']);
  });
});

describe('a site that wants a vouch', () => {
  it('answers 449 to a webmention without one, so that it can be sent again', async () => {
    const { post, pings, answers } = receiver(filed, true);
    const { statusCode, headers, json } = await post();
    expect(answers).toEqual(['access-denied']);
    expect([statusCode, headers['content-type']]).toEqual([449, 'application/problem+json; charset=utf-8']);
    expect(json()).toMatchObject({ status: 449, title: 'Retry With vouch' });
    expect(pings).toEqual([]);
  });

  it('asks a person for it in the form, which keeps what was typed', async () => {
    const { post, pings } = receiver(filed, true);
    const { statusCode, headers, payload } = await post({ headers: browser });
    expect([statusCode, headers['content-type']]).toEqual([449, 'text/html; charset=utf-8']);
    expect(payload).toBe(`<form>vouch, please</form>${source} ${target}`);
    expect(pings).toEqual([]);
  });

  it('takes one with it', async () => {
    const { post, pings } = receiver(filed, true);
    expect((await post({ body: `${form}&vouch=https://friend.example/` })).statusCode).toBe(201);
    expect(pings[0]?.vouch).toBe('https://friend.example/');
  });
});

describe('GET', () => {
  it.each(['/webmention', '/blog/webmention', '/webmention?source=x&target=y'])(
    'gives people a form at %s, and pings nobody',
    async (url) => {
      const { server, pings, answers } = receiver();
      const { statusCode, headers, payload } = await server.inject({ method: 'GET', url });
      expect(answers).toEqual([]);
      expect([statusCode, headers['content-type'], payload]).toEqual([
        200,
        'text/html; charset=utf-8',
        url.includes('?') ? '<form></form>x y' : '<form></form>',
      ]);
      expect(pings).toEqual([]);
    },
  );
});
