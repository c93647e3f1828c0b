import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { Filed, Ping } from '../../../src/linkback/accept.ts';
import type { PingAnswer } from '../../../src/linkback/answered.ts';
import { reasons, refuse, type Reason, type Refusal } from '../../../src/linkback/refusal.ts';
import { faults } from '../../../src/protocols/pingback/faults.ts';
import { receivePingbacks } from '../../../src/protocols/pingback/receive.ts';
import { formatCall, readAnswer, type Answer } from '../../../src/protocols/pingback/wire.ts';
import { hostileCalls, lenientCalls } from '../../support/hostile-xml.ts';

const filed: Filed = {
  linkbackId: 'one',
  statusId: 'unguessable',
  verification: 'unverified',
  parked: false,
};

type Says = {
  readonly accept?: Filed | Refusal | Error;
  readonly verdict?: 'verified' | Reason | undefined;
  readonly sources?: readonly string[] | undefined;
};

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

/** The plugin alone, with somebody behind it who says what the test wants and remembers what they were asked. */
function receiver(says: Says = {}) {
  const pings: Ping[] = [];
  const answers: PingAnswer[] = [];
  const asked: (readonly [string, string | undefined])[] = [];
  const { accept = filed } = says;
  const server = fastify();
  app = server;
  server.register(receivePingbacks, {
    accept: (ping) => {
      pings.push(ping);
      return accept instanceof Error ? Promise.reject(accept) : Promise.resolve(accept);
    },
    awaitVerdict: () => Promise.resolve('verdict' in says ? says.verdict : 'verified'),
    statusUrl: (id) => `https://linkbacks.example/status/${id}`,
    publicSources: (target, site) => {
      asked.push([target, site]);
      return Promise.resolve(says.sources);
    },
    answered: (answer) => answers.push(answer),
  });
  const post = async (body: string | Uint8Array, contentType?: string, url = '/pingback') => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    const response = await server.inject({ method: 'POST', url, headers, payload: Buffer.from(body) });
    return { ...response, answer: readAnswer(response.rawPayload, '') };
  };
  return { pings, answers, asked, post, server };
}

const ping = formatCall('pingback.ping', ['https://source.example/', 'https://blog.example/']);

function codeOf(answer: Answer | { malformed: string }): number | string {
  if ('fault' in answer) return answer.fault.code;
  return 'value' in answer ? 'value' : answer.malformed;
}

describe('every call of the corpus', () => {
  it.each(hostileCalls)('answers $expect to $name, in an HTTP 200', async (call) => {
    const { post, pings } = receiver();
    const { statusCode, headers, answer } = await post(call.body, call.contentType);
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/xml; charset=UTF-8']);
    expect(codeOf(answer)).toBe(typeof call.expect === 'number' ? call.expect : 'value');
    expect(pings.map(({ source, target }) => [source, target])).toEqual(
      call.expect === 'ping' ? [[call.source, call.target]] : [],
    );
  });

  it.each(lenientCalls)('takes a ping that comes with $name', async (call) => {
    const { post, pings } = receiver();
    const { answer } = await post(call.body, call.contentType);
    expect(codeOf(answer)).toBe('value');
    expect(pings).toMatchObject([{ dialect: 'pingback', source: call.source, target: call.target }]);
  });

  it('never says what was sent', async () => {
    const marker = 'XYZZY-marker';
    const { post } = receiver({ accept: refuse('source-unusable') });
    for (const call of hostileCalls.filter(({ expect: code }) => typeof code === 'number')) {
      const body = Buffer.from(call.body).toString('latin1').replaceAll('source', marker);
      expect((await post(Buffer.from(body, 'latin1'))).payload).not.toContain(marker);
    }
  });
});

describe('pingback.ping', () => {
  it.each(reasons)('answers a refusal for %s with its fault', async (reason) => {
    const { post, answers } = receiver({ accept: refuse(reason) });
    expect((await post(ping)).answer).toEqual({ fault: faults[reason] });
    expect(answers).toEqual([reason]);
  });

  it.each(reasons)('answers the verdict %s with its fault', async (reason) => {
    const { post, answers } = receiver({ verdict: reason });
    expect((await post(ping)).answer).toEqual({ fault: faults[reason] });
    expect(answers).toEqual([reason]);
  });

  it('answers a verified ping with one string that names its status page', async () => {
    const { post } = receiver();
    expect((await post(ping)).answer).toEqual({
      value:
        'The pingback is verified and registered. Its status: https://linkbacks.example/status/unguessable',
    });
  });

  it('answers "queued" with the status page when the verdict takes longer', async () => {
    const { post } = receiver({ verdict: undefined });
    expect((await post(ping)).answer).toEqual({
      value:
        'The pingback is queued and will be verified. Its status: https://linkbacks.example/status/unguessable',
    });
  });

  it('answers 48 at once for what is verified already', async () => {
    const { post } = receiver({ accept: { ...filed, verification: 'verified' }, verdict: 'no-link' });
    expect((await post(ping)).answer).toEqual({ fault: faults['already-registered'] });
  });

  it('is told of once, and nothing else is', async () => {
    const { post, answers, server } = receiver({ sources: [] });
    await post(ping);
    expect(answers).toEqual(['success']);
    await post(formatCall('pingback.extensions.getPingbacks', ['https://blog.example/']));
    await post(formatCall('system.listMethods', []));
    await server.inject({ method: 'GET', url: '/pingback' });
    expect(answers).toEqual(['success']);
    await post('no XML');
    await post('x'.repeat(17 * 1024));
    expect(answers).toEqual(['success', 'malformed', 'malformed']);
  });

  it('says when to try again', async () => {
    const { post } = receiver({ accept: refuse('too-many', 17) });
    expect((await post(ping)).headers['retry-after']).toBe('17');
  });

  it('names the site whose endpoint was called, and the caller', async () => {
    const { post, pings } = receiver();
    await post(ping);
    await post(ping, 'text/xml', '/blog/xmlrpc?x=y');
    expect(pings.map((each) => [each.site, each.senderIp])).toEqual([
      [undefined, '127.0.0.1'],
      ['blog', '127.0.0.1'],
    ]);
  });

  it('answers a defect of ours with a fault that says nothing of it', async () => {
    const { post, answers } = receiver({ accept: new Error('a secret of the stack') });
    const { statusCode, answer, payload } = await post(ping);
    expect(answers).toEqual(['our-fault']);
    expect([statusCode, answer]).toEqual([200, { fault: faults['our-fault'] }]);
    expect(payload).not.toContain('secret');
  });
});

describe('pingback.extensions.getPingbacks', () => {
  const call = formatCall('pingback.extensions.getPingbacks', ['https://blog.example/?a=1&b=2']);

  it('gives the sources as an array of strings, in their order', async () => {
    const sources = ['https://b.example/?x=1&y=2', 'https://a.example/'];
    const { post, asked } = receiver({ sources });
    expect((await post(call, 'text/xml', '/blog/xmlrpc')).answer).toEqual({ value: sources });
    expect(asked).toEqual([['https://blog.example/?a=1&b=2', 'blog']]);
  });

  it('gives an empty array for a page that has none', async () => {
    const { post } = receiver({ sources: [] });
    expect((await post(call)).answer).toEqual({ value: [] });
  });

  it('answers 33 for a page that takes none', async () => {
    const { post } = receiver({ sources: undefined });
    expect((await post(call)).answer).toEqual({ fault: faults['target-closed'] });
  });
});

describe('other HTTP methods', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'answers 405 with Allow: POST to %s',
    async (method) => {
      const { server } = receiver();
      for (const url of ['/pingback', '/blog/xmlrpc']) {
        const { statusCode, headers } = await server.inject({ method, url });
        expect([statusCode, headers.allow]).toEqual([405, 'POST']);
      }
    },
  );
});
