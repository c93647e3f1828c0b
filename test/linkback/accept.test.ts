import { describe, expect, it } from 'vitest';
import {
  judgePing,
  makeAccept,
  type AcceptedPing,
  type AcceptPorts,
  type Ping,
} from '../../src/linkback/accept.ts';
import { Unavailable } from '../../src/linkback/unavailable.ts';
import { buildRule, buildSite } from '../support/build-linkback.ts';

const ping: Ping = {
  dialect: 'pingback',
  source: 'https://www.source.example/a',
  target: 'https://blog.example/post#c',
  senderIp: '192.0.2.1',
};

const sites = [
  buildSite({ blockedHosts: ['spam.example'], closedPaths: ['/closed'] }),
  buildSite({ slug: 'notes', addresses: [new URL('https://blog.example/notes/')] }),
];

const judge = (change: Partial<Ping>): ReturnType<typeof judgePing> =>
  judgePing({ ...ping, ...change }, { sites: () => sites, rulesOf: () => [] });

describe('judgePing', () => {
  it('refuses what a rule blocks, and nothing that a rule only judges', () => {
    const ruled = (action: 'block' | 'reject'): ReturnType<typeof judgePing> =>
      judgePing(ping, { sites: () => sites, rulesOf: () => [buildRule({ action, dialect: ping.dialect })] });
    expect(ruled('block')).toEqual({ refused: 'access-denied' });
    expect(ruled('reject')).toMatchObject({ site: 'blog' });
  });

  it('takes pings between the posts of a site, unless the site does not', () => {
    const own = { ...ping, source: 'https://blog.example/other' };
    const judged = (takesOwn: boolean): ReturnType<typeof judgePing> =>
      judgePing(own, { sites: () => [buildSite({ takesOwn })], rulesOf: () => [] });
    expect(judged(true)).toMatchObject({ site: 'blog' });
    expect(judged(false)).toEqual({ refused: 'access-denied' });
  });

  it('files a good ping under its site, page and pair', () => {
    expect(judge({})).toMatchObject({
      site: 'blog',
      source: 'https://www.source.example/a',
      sourceHost: 'source.example',
      target: 'https://blog.example/post#c',
      fragment: 'c',
    });
  });

  it('gives every spelling of the two pages the same key, and other pages others', () => {
    const keyOf = (change: Partial<Ping>): string => {
      const judged = judge(change);
      return 'pairKey' in judged ? judged.pairKey : 'refused';
    };
    expect(keyOf({ source: 'http://www.source.example/a/#x', target: 'http://blog.example/post/' })).toBe(
      keyOf({}),
    );
    expect(keyOf({ target: 'https://blog.example/posts' })).not.toBe(keyOf({}));
    expect(keyOf({ source: 'https://source.example/a' })).not.toBe(keyOf({}));
  });

  it('chooses the site with the longest address above the target', () => {
    expect(judge({ target: 'https://blog.example/notes/1' })).toMatchObject({ site: 'notes' });
    expect(judge({ target: 'https://blog.example/notesbook' })).toMatchObject({ site: 'blog' });
  });

  it.each([
    ['source-unusable', 'the source is no web address', { source: 'ftp://source.example/' }],
    ['target-closed', 'the target is no web address', { target: 'blog.example/post' }],
    ['target-closed', 'the target is on no site', { target: 'https://elsewhere.example/' }],
    ['target-closed', 'another site was called', { site: 'notes' }],
    ['target-closed', 'the path is closed', { target: 'https://blog.example/closed/1' }],
    ['same-page', 'both are one page', { source: 'http://blog.example/post/' }],
    ['access-denied', 'the source host is blocked', { source: 'https://a.spam.example/x' }],
  ] as const)('refuses with %s when %s', (reason, _, change) => {
    expect(judge(change)).toEqual({ refused: reason });
  });
});

describe('makeAccept', () => {
  const filed = { linkbackId: 'id', statusId: 'status', verification: 'unverified', parked: false } as const;

  const ports = (change: Partial<AcceptPorts> = {}): AcceptPorts & { readonly written: AcceptedPing[] } => {
    const written: AcceptedPing[] = [];
    const file: AcceptPorts['file'] = (accepted) => {
      written.push(accepted);
      return Promise.resolve(filed);
    };
    const rest = {
      sites: () => sites,
      rulesOf: () => [],
      limitCaller: async () => undefined,
      admit: async () => ({}),
      isStopping: () => false,
      now: () => 5,
      newId: () => 'new',
    };
    return { written, file, ...rest, ...change };
  };

  it('writes a good ping down before it answers, with an id for its status that nobody can guess', async () => {
    const these = ports();
    expect(await makeAccept(these)(ping)).toEqual(filed);
    expect(await makeAccept(these)(ping)).toEqual(filed);
    const ids = these.written.map((each) => each.newStatusId);
    expect(ids[0]).toMatch(/^[\w-]{22}$/u);
    expect(ids[0]).not.toBe(ids[1]);
    expect(these.written[0]).toMatchObject({ at: 5, newId: 'new' });
  });

  it('writes nothing of a ping that it refuses', async () => {
    const these = ports();
    await makeAccept(these)({ ...ping, target: 'https://elsewhere.example/' });
    await makeAccept({ ...these, limitCaller: async () => ({ refused: 'too-many' }) })(ping);
    await makeAccept({ ...these, admit: async () => ({ refused: 'unavailable' }) })(ping);
    await makeAccept(these)(ping, async () => ({ refused: 'access-denied' }));
    await makeAccept({ ...these, isStopping: () => true })(ping);
    expect(these.written).toEqual([]);
  });

  it('says "unavailable" with a time when the store cannot write, or when it is stopping', async () => {
    const broken = ports({ file: () => Promise.reject(new Unavailable('full')) });
    expect(await makeAccept(broken)(ping)).toEqual({ refused: 'unavailable', retryAfterSeconds: 60 });
    const stopping = ports({ isStopping: () => true });
    expect(await makeAccept(stopping)(ping)).toEqual({ refused: 'unavailable', retryAfterSeconds: 60 });
  });

  it('counts the caller first, then judges, then hears the dialect, and only then asks the store', async () => {
    const steps: string[] = [];
    const step = <Value>(name: string, value: Value): Promise<Value> => (
      steps.push(name),
      Promise.resolve(value)
    );
    const these = ports({
      limitCaller: (ip) => step(`caller ${ip}`, undefined),
      sites: () => (steps.push('judge'), sites),
      admit: () => step('admit', { notBefore: 7 }),
      file: ({ notBefore }) => step(`file ${notBefore}`, filed),
    });
    await makeAccept(these)(ping, () => step('dialect', undefined));
    expect(steps).toEqual(['caller 192.0.2.1', 'judge', 'dialect', 'admit', 'file 7']);
  });

  it('asks nobody anything for a caller over their share', async () => {
    const nobody = (): never => expect.fail('was asked');
    const these = ports({ limitCaller: async () => ({ refused: 'too-many' }), sites: nobody, admit: nobody });
    expect(await makeAccept(these)(ping, nobody)).toEqual({ refused: 'too-many' });
  });

  it('takes the same words of many at once for one ping, and other words for another', async () => {
    const these = ports();
    const accept = makeAccept(these);
    const senders = Array.from({ length: 50 }, (_, n) => ({ ...ping, senderIp: `192.0.2.${n}` }));
    const answers = await Promise.all(senders.map((each) => accept(each)));
    expect(answers).toEqual(senders.map(() => filed));
    expect(these.written).toHaveLength(1);
    await Promise.all([accept(ping), accept({ ...ping, source: `${ping.source}?other` })]);
    expect(these.written).toHaveLength(3);
  });

  it('lets a defect of the store pass as what it is', async () => {
    const broken = ports({ file: () => Promise.reject(new TypeError('a bug')) });
    await expect(makeAccept(broken)(ping)).rejects.toThrow('a bug');
  });

  it('answers "our fault" for a pair whose job is parked', async () => {
    const parked = ports({ file: () => Promise.resolve({ ...filed, parked: true }) });
    expect(await makeAccept(parked)(ping)).toEqual({ refused: 'our-fault' });
  });
});
