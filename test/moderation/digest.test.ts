import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { settle } from '../../src/linkback/settle.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import { latestSlot, makeDigest, type Digest, type DigestOptions } from '../../src/moderation/digest.ts';
import { makeSendMail, type SendMail } from '../../src/moderation/mail.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { openSqliteStore, removeFolder, type OpenedSqlite } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Monday. */
const monday = Date.UTC(2026, 0, 5);

let opened: OpenedSqlite;
let server: MailServer;
let digests: Digest[];
let failures: string[];

beforeEach(async () => {
  [digests, failures] = [[], []];
  [opened, server] = await Promise.all([openSqliteStore(), startMailServer()]);
});

afterEach(async () => {
  await Promise.all(digests.map((each) => each.stop(1000)));
  await Promise.all([opened.close(), server.close()]);
  removeFolder(dirname(dirname(opened.file)));
});

const mailTo = (url: string): SendMail =>
  makeSendMail({
    smtpUrl: new URL(url),
    from: 'it@blog.example',
    to: ['Me <me@blog.example>', 'you@blog.example'],
  });

function start(change: Partial<DigestOptions> = {}): Digest {
  const digest = makeDigest({
    store: opened.store,
    settings: { every: 'daily', hour: 7 },
    sendMail: mailTo(server.url),
    baseUrl: () => 'https://links.example/base',
    now: opened.clock.now,
    log: { sent: () => undefined, failed: (detail) => failures.push(detail) },
    ...change,
  });
  digests.push(digest);
  digest.start();
  return digest;
}

async function receive(
  outcome: Outcome,
  policy: 'hold-all' | 'approve-all' = 'hold-all',
  source = `https://${Math.random().toString(36).slice(2)}.example/entry`,
): Promise<Linkback> {
  const { linkbackId } = await opened.store.file(buildPing({ at: opened.clock.now(), source }));
  for (const lease of await opened.store.claim({ limit: 9, leaseMs: 60_000, busyHosts: 'ignore' })) {
    const context = { progress: lease.progress, policy, retryAt: () => undefined };
    await opened.store.finish(lease, ({ linkback, hostIsApproved, now }) =>
      settle(linkback, outcome, { ...context, now, hostIsApproved }),
    );
  }
  const linkback = await opened.store.linkback(linkbackId);
  if (linkback === undefined) throw new Error('it is gone');
  return linkback;
}

const untilLetters = (count: number): Promise<true> =>
  waitUntil(() => server.letters().length >= count, { what: `letter ${count}` });
/** Nothing can be waited for that is not to happen: the turn of the next digest is noted when it was thought of. */
const untilThoughtOf = (at: number): Promise<true> =>
  waitUntil(async () => ((await opened.store.turnTakenAt('digest')) ?? 0) >= at, { what: 'the digest' });

describe('a digest', () => {
  it('says what waits, what was done without the owner, and what failed, and its links only open the page', async () => {
    const waiting = await receive(buildFound());
    const approved = await receive(buildFound(), 'approve-all', 'https://friend.example/a');
    const failed = await receive(buildNotFound(), 'hold-all', 'https://broken.example/a');
    start();
    await untilLetters(1);
    const [letter] = server.letters();
    expect(letter?.to).toEqual(['me@blog.example', 'you@blog.example']);
    expect(letter?.head).toContain('Subject: 1 linkback waits for your decision');
    expect(letter?.head).toContain('From: it@blog.example');
    expect(letter?.head).toContain('Auto-Submitted: auto-generated');
    for (const said of [letter?.text, letter?.html]) {
      expect(said).toContain('1 linkback waits for your decision');
      expect(said).toContain(waiting.source);
      expect(said).toContain('“before link after”');
      expect(said).toContain(`https://links.example/base/moderate?id=${waiting.id}`);
      expect(said).toContain('Approved by your policy and rules');
      expect(said).toContain(approved.source);
      expect(said).toContain('Could not be verified');
      expect(said).toContain(failed.source);
      expect(said).toContain('The source page has no link to the target.');
      expect(said).toContain('It comes daily, when something waits. The setting DIGEST=off ends it.');
      expect(said).not.toContain('Filed as spam');
    }
    const links = [...(letter?.html.matchAll(/href="([^"]+)"/gu) ?? [])].map(([, href]) => href);
    expect(links.length).toBeGreaterThan(4);
    expect(
      links.filter(
        (href) => !/^https:\/\/links\.example\/base\/moderate(\?(id|tab)=[\w-]+)?$/u.test(href ?? ''),
      ),
    ).toEqual([]);
  });

  it('tells what a stranger wrote, and no markup of theirs', async () => {
    const facts = { ...buildFound().facts, title: '<img src=x onerror=alert(1)>"&amp;' };
    await receive(buildFound({ facts }));
    start();
    await untilLetters(1);
    expect(server.letters()[0]?.html).not.toContain('<img');
    expect(server.letters()[0]?.html).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#38;amp;');
    expect(server.letters()[0]?.text).toContain('<img src=x onerror=alert(1)>"&amp;');
  });

  it('names twenty that wait, and says how many more there are', async () => {
    for (let count = 0; count < 23; count += 1) await receive(buildFound());
    start();
    await untilLetters(1);
    const [letter] = server.letters();
    expect(letter?.head).toContain('Subject: 23 linkbacks wait for your decision');
    expect(letter?.text.match(/moderate\?id=/gu)).toHaveLength(20);
    expect(letter?.text).toContain('And 3 more.');
  });

  it('is not sent when nothing waits', async () => {
    await receive(buildFound(), 'approve-all');
    await receive(buildNotFound());
    start();
    await untilThoughtOf(opened.clock.now());
    expect(server.offered()).toBe(0);
  });

  it('does not tell of what was told before', async () => {
    await receive(buildFound());
    const early = await receive(buildFound(), 'approve-all');
    start();
    await untilLetters(1);
    opened.clock.advance(day);
    const late = await receive(buildFound(), 'approve-all');
    await untilLetters(2);
    expect(server.letters()[0]?.text).toContain(early.source);
    expect(server.letters()[1]?.text).not.toContain(early.source);
    expect(server.letters()[1]?.text).toContain(late.source);
  });
});

describe('the time of a digest', () => {
  it.each([
    ['daily', monday + 8 * hour, monday + 7 * hour],
    ['daily', monday + 7 * hour, monday + 7 * hour],
    ['daily', monday + 7 * hour - 1, monday - 17 * hour],
    ['weekly', monday + 7 * hour, monday + 7 * hour],
    ['weekly', monday + 7 * hour - 1, monday - 7 * day + 7 * hour],
    ['weekly', monday + 6 * day + 23 * hour, monday + 7 * hour],
  ] as const)('%s: at %i it was due at %i', (every, now, slot) => {
    expect(latestSlot(now, { every, hour: 7 })).toBe(slot);
  });

  it('comes once a day, from its hour on', async () => {
    opened.clock.set(monday + 8 * hour);
    await receive(buildFound());
    start();
    await untilLetters(1);
    opened.clock.set(monday + day + 7 * hour - 61_000);
    await receive(buildFound());
    opened.clock.set(monday + day + 7 * hour);
    await untilLetters(2);
    expect(server.letters()[1]?.head).toContain('2 linkbacks wait');
    expect(server.offered()).toBe(2);
  });

  it('comes late when nobody was there at its hour', async () => {
    opened.clock.set(monday + 7 * hour);
    await receive(buildFound());
    const digest = start({ settings: { every: 'weekly', hour: 7 } });
    await untilLetters(1);
    await digest.stop(1000);
    opened.clock.set(monday + 9 * day);
    start({ settings: { every: 'weekly', hour: 7 } });
    await untilLetters(2);
    await untilThoughtOf(monday + 9 * day);
    opened.clock.advance(day);
    const again = start({ settings: { every: 'weekly', hour: 7 } });
    await again.stop(1000);
    expect(server.offered()).toBe(2);
  });

  it('is one process’s, however many there are', async () => {
    await receive(buildFound());
    for (let count = 0; count < 4; count += 1) start();
    await untilLetters(1);
    await untilThoughtOf(opened.clock.now());
    opened.clock.advance(2 * 60_000);
    await Promise.all(digests.map((each) => each.stop(1000)));
    expect(server.offered()).toBe(1);
  });
});

describe('a mail server that is in trouble', () => {
  it('is asked again an hour later', async () => {
    await receive(buildFound());
    server.refuse('The disk is full');
    start();
    await waitUntil(() => failures.length === 1, { what: 'the first failure' });
    expect(failures[0]).toContain('The disk is full');
    server.refuse(undefined);
    opened.clock.advance(hour);
    await untilLetters(1);
    expect(server.offered()).toBe(2);
  });

  it('may be gone altogether, and a new process asks again, too', async () => {
    await receive(buildFound());
    const digest = start({ sendMail: mailTo('smtp://127.0.0.1:1') });
    await waitUntil(() => failures.length === 1, { what: 'the failure' });
    await digest.stop(1000);
    opened.clock.advance(hour);
    start();
    await untilLetters(1);
  });

  it('does not make us tell our password, not even in what we log', async () => {
    await receive(buildFound());
    const strict = await startMailServer({ user: 'me@blog.example', password: 'open sesame/?' });
    try {
      const wrong = start({ sendMail: mailTo(strict.url.replace('open%20sesame', 'wrong-one')) });
      await waitUntil(() => failures.length === 1, { what: 'the failure' });
      expect(failures[0]).toContain('Invalid login');
      expect(failures[0]).not.toContain('wrong-one');
      expect(strict.letters()).toEqual([]);
      await wrong.stop(1000);
      opened.clock.advance(hour);
      start({ sendMail: mailTo(strict.url) });
      await waitUntil(() => strict.letters().length === 1, { what: 'the letter' });
      expect(strict.letters()[0]?.user).toBe('me@blog.example');
    } finally {
      await strict.close();
    }
  });

  it('gets no password without TLS unless it is on this machine', async () => {
    const strict = await startMailServer({ user: 'me', password: 'secret' });
    try {
      // A name of this machine that does not look like one.
      const url = strict.url.replace('127.0.0.1', '0.0.0.0');
      await expect(mailTo(url)({ subject: 's', text: 't', html: 'h' })).rejects.toThrow(/STARTTLS/iu);
      expect(strict.offered()).toBe(0);
    } finally {
      await strict.close();
    }
  });
});
