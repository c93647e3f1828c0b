import { closeSync, fsyncSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import type { LinkbackEvent } from '../src/linkback/event.ts';
import {
  isPublic,
  type Dialect,
  type Linkback,
  type LinkbackType,
  type Moderation,
  type Verification,
} from '../src/linkback/linkback.ts';
import { pairKey, targetKey, type Site } from '../src/linkback/site.ts';
import { hostKey } from '../src/store/host-key.ts';
import { changingColumns, encodeEvent } from '../src/store/rows.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import type { LinkbackRow } from '../src/store/tables.ts';
import { buildSite } from '../test/support/build-linkback.ts';
import { makeRandom, type Random } from '../test/support/random.ts';
import { makeWords, type Words } from './seed-text.ts';

export type SeedOptions = {
  /** Where the database is made; there must be none yet. */
  readonly file: string;
  readonly count: number;
};

/** A word of many linkbacks, one that every ten-thousandth says, and one that none says. */
export const seededWords = { frequent: 'people', rare: 'ornithopter', absent: 'quokkafarm' } as const;

/** The page of the site `blog` that every tenth linkback is of. */
export const popularTarget = 'https://blog.example/2024/the-popular-page';
const rowsPerCommit = 5000;
const migrations = new URL('../migrations', import.meta.url).pathname;

/**
 * Fills a new SQLite store with linkbacks as they would have come in over three years: the same ones for the same count.
 *
 * They stand in every state that there is, on the sites `blog` and `notes`. Nothing falls due before the year 2100, so
 * that a service over such a store stays quiet.
 */
export async function seed({ file, count }: SeedOptions): Promise<void> {
  await openSqlite({ file, migrations, isService: false }).close();
  const database = new Database(file);
  try {
    // Nobody minds when a power cut takes it.
    database.pragma('synchronous = OFF');
    database.pragma('journal_mode = OFF');
    database.pragma('cache_size = -200000');
    database.pragma('foreign_keys = OFF');
    const makeIndexes = withoutIndexes(database);
    const writeDown = makeWriteDown(database);
    const make = makeLinkbacks(count);
    for (let from = 0; from < count; from += rowsPerCommit) {
      database.transaction(() => {
        for (let at = from; at < Math.min(count, from + rowsPerCommit); at += 1) writeDown(make(at));
      })();
    }
    database.exec(`INSERT INTO tally (slot, site, moderation, verification, count)
      SELECT 0, site, moderation, verification, COUNT(*) FROM linkback GROUP BY site, moderation, verification;
      INSERT INTO approved_host (site, host, approved)
      SELECT site, source_host, COUNT(*) FROM linkback WHERE moderation = 'approved' GROUP BY site, source_host;
      INSERT INTO public_tally (target_key, site, type, rsvp, slot, count)
      SELECT target_key, site, type, COALESCE(rsvp, ''), 0, COUNT(*) FROM linkback WHERE is_public = 1
      GROUP BY target_key, site, type, COALESCE(rsvp, '');
      INSERT INTO public_tally (target_key, site, type, rsvp, slot, count)
      SELECT '', site, type, rsvp, 0, SUM(count) FROM public_tally GROUP BY site, type, rsvp;
      UPDATE counter SET value = (SELECT COUNT(*) FROM publication) WHERE name = 'publication'`);
    makeIndexes();
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  // What is not on the disk yet would be written while something is measured.
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

/** Indexes are made faster of what is there than with each row: gives what makes them again. */
function withoutIndexes(database: Database.Database): () => void {
  const indexes = database
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    )
    .all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  return () => {
    for (const { sql } of indexes) database.exec(sql);
  };
}

const start = Date.UTC(2023, 0, 1);
const spanMs = 3 * 365 * 24 * 3_600_000;
const neverDue = Date.UTC(2100, 0, 1);

/** When a linkback came in before which there are such a share of all. */
export function instantOf(share: number): number {
  return start + Math.floor(share * spanMs);
}

type Row = Readonly<Record<string, string | number | null>>;

/** Writes linkbacks with everything that belongs to them, one after another. */
function makeWriteDown(database: Database.Database): (linkback: Linkback) => void {
  const inserts = new Map<string, Database.Statement>();
  const insert = (table: string, row: object): void => {
    const columns = Object.keys(row);
    const key = `${table} ${columns.join()}`;
    const known = inserts.get(key);
    const statement =
      known ??
      database.prepare(
        `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map((each) => `@${each}`).join()})`,
      );
    if (known === undefined) inserts.set(key, statement);
    statement.run(row);
  };
  let serial = 0;
  return (linkback) => {
    const { id, receivedAt } = linkback;
    insert('linkback', rowOf(linkback));
    insert('pair', { pair_key: pairOf(linkback), linkback_id: id });
    for (const { dialect, source, target, statusId, held } of linkback.announcements) {
      const whose = {
        linkback_id: id,
        pair_key: pairOf(linkback),
        dialect,
        source,
        target,
        status_id: statusId,
      };
      const when = { first_at: receivedAt, last_at: receivedAt };
      insert('announcement', { ...whose, held: held ? 1 : 0, sender_ip: '192.0.2.1', ...when });
    }
    eventsOf(linkback).forEach((event, at) => {
      insert('event', encodeEvent(event, `${id}-${at}`, id));
    });
    const job = jobOf(linkback);
    if (job !== undefined) insert('job', job);
    if (!isPublic(linkback)) return;
    serial += 1;
    insert('publication', { serial, linkback_id: id, public_at: linkback.updatedAt });
  };
}

/** The sites as the program knows them: pages are found under their keys. */
const sites: Readonly<Record<string, Site>> = {
  blog: buildSite({ slug: 'blog', addresses: [new URL('https://blog.example/')] }),
  notes: buildSite({ slug: 'notes', addresses: [new URL('https://notes.example/')] }),
};

function siteOf(slug: string): Site {
  const site = sites[slug];
  if (site === undefined) throw new Error(`no site ${slug}`);
  return site;
}

const pairOf = ({ site, source, target }: Linkback): string =>
  pairKey(siteOf(site), new URL(source), new URL(target));

function rowOf(linkback: Linkback): Partial<LinkbackRow> {
  const { id, site, protocol, source, sourceHost, target, fragment, receivedAt, moderation } = linkback;
  const decided = moderation === 'pending' ? null : 'person';
  const pages = {
    source,
    source_host: sourceHost,
    host_key: hostKey(sourceHost),
    target,
    target_key: targetKey(siteOf(site), new URL(target)),
    fragment,
  };
  const standing = { id, pair_key: pairOf(linkback), site, protocol, ...pages, received_at: receivedAt };
  return { ...standing, ...changingColumns(linkback), decided_by: decided };
}

/** Troubled ones have a job: one in fifty of what is not verified is tried again, and a few have ended their processes. */
function jobOf({ id, sourceHost, verification, receivedAt }: Linkback): Row | undefined {
  if (verification !== 'unverified') return undefined;
  const setbacks = receivedAt % 50 === 0 ? 2 : 0;
  const state = receivedAt % 50 === 1 ? 'dead' : 'waiting';
  const ended = { state, due_at: neverDue, unfinished: state === 'dead' ? 3 : 0, setbacks, looks: 0 };
  return { id, linkback_id: id, host: sourceHost, ...ended };
}

function eventsOf({ verification, moderation, updatedAt }: Linkback): LinkbackEvent[] {
  const events: LinkbackEvent[] = [];
  const looked = { at: updatedAt, by: { kind: 'look' }, machine: 'verification' } as const;
  if (verification === 'refused') {
    events.push({
      ...looked,
      why: 'The source does not link to the target.',
      from: 'unverified',
      to: 'refused',
    });
  } else if (verification !== 'unverified') {
    events.push({ ...looked, why: 'The source links to the target.', from: 'unverified', to: 'verified' });
  }
  if (verification === 'gone')
    events.push({ ...looked, why: 'The source is gone.', from: 'verified', to: 'gone' });
  if (moderation === 'pending') return events;
  const by = { kind: 'person', name: 'admin' } as const;
  return [...events, { at: updatedAt, by, why: '', machine: 'moderation', from: 'pending', to: moderation }];
}

/** Draws from a table of shares in a hundred. */
function draw<Value>(random: Random, shares: readonly (readonly [Value, number])[], last: Value): Value {
  let at = random.below(100);
  for (const [value, share] of shares) {
    if (at < share) return value;
    at -= share;
  }
  return last;
}

function makeLinkbacks(count: number): (at: number) => Linkback {
  const random = makeRandom(20_260_105);
  const words = makeWords(random);
  const hosts = Array.from({ length: Math.ceil(count / 20) }, (_, at) =>
    at % 10 === 0 ? `${words.slug(1)}${at}.weblogs.example` : `${words.slug(1)}${at}.example`,
  );
  const posts = Array.from({ length: Math.ceil(count / 50) }, () => words.slug(4));
  return (at) => makeLinkback(at, at / count, { random, words, hosts, posts });
}

type Stock = {
  readonly random: Random;
  readonly words: Words;
  readonly hosts: readonly string[];
  readonly posts: readonly string[];
};

function makeLinkback(at: number, age: number, stock: Stock): Linkback {
  const { random, words, hosts, posts } = stock;
  const receivedAt = instantOf(age);
  const id = idOf(receivedAt, random);
  const site = random.below(10) === 0 ? 'notes' : 'blog';
  const sourceHost = hosts[Math.min(random.below(hosts.length), random.below(hosts.length))] ?? '';
  const source = `https://${sourceHost}/${2023 + Math.floor(age * 3)}/${words.slug(5)}-${at}`;
  const post = posts[random.below(posts.length)] ?? '';
  const target = site === 'blog' && random.below(9) === 0 ? popularTarget : `https://${site}.example/${post}`;
  const verification = draw<Verification>(
    random,
    [
      ['verified', 80],
      ['refused', 12],
      ['unverified', 5],
    ],
    'gone',
  );
  const moderation = draw<Moderation>(
    random,
    [
      ['pending', 40],
      ['approved', 45],
      ['rejected', 5],
    ],
    'spam',
  );
  const type = draw<LinkbackType>(
    random,
    [
      ['mention', 70],
      ['reply', 14],
      ['like', 10],
      ['repost', 4],
      ['bookmark', 1],
    ],
    'rsvp',
  );
  const protocol = draw<Dialect>(
    random,
    [
      ['webmention', 78],
      ['pingback', 20],
    ],
    'trackback',
  );
  const isSeen = verification === 'verified' || verification === 'gone';
  const statusId = `${id.slice(0, 18)}${random.below(2 ** 31).toString(36)}-${at}`;
  const times = { firstAt: receivedAt, lastAt: receivedAt };
  const said = { source, target, held: isSeen, claims: null, vouch: null, senderIp: '192.0.2.1', ...times };
  return {
    id,
    site,
    type: isSeen ? type : 'mention',
    protocol,
    announcements: [{ dialect: protocol, statusId, ...said }],
    source,
    sourceHost,
    target,
    fragment: null,
    verification,
    refusal: verification === 'refused' ? 'no-link' : null,
    moderation,
    ...(isSeen ? contentOf(at, source, target, stock) : { facts: null, excerpt: null, evidence: null }),
    signals: [],
    score: 0,
    receivedAt,
    checkedAt: verification === 'unverified' ? null : receivedAt + 2000,
    verifiedAt: isSeen ? receivedAt + 2000 : null,
    updatedAt: receivedAt + 3000,
  };
}

/** What a look found: every ten-thousandth page has the rare word. */
function contentOf(
  at: number,
  source: string,
  target: string,
  { random, words }: Stock,
): Pick<Linkback, 'facts' | 'excerpt' | 'evidence'> {
  const author = {
    name: `${words.sentence(1)} ${words.sentence(1)}`,
    url: new URL('/', source).href,
    photo: null,
  };
  const rare = at % 10_000 === 4321 ? ` ${seededWords.rare}` : '';
  const place = {
    element: 'a',
    href: target,
    rel: [],
    position: random.below(20_000),
    inContent: true,
    linksFound: 1,
  };
  return {
    facts: { title: words.sentence(6), author, publishedAt: null, language: 'en' },
    excerpt: {
      before: `${words.sentence(18)}${rare} `,
      link: words.sentence(3),
      after: ` ${words.sentence(18)}.`,
      cutBefore: true,
      cutAfter: true,
    },
    evidence: { rule: 'exact', ...place, finalUrl: source },
  };
}

/** An id as the program makes them: the instant, then chance. */
function idOf(at: number, random: Random): string {
  const time = at.toString(16).padStart(12, '0');
  const some = (digits: number): string =>
    random
      .below(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${some(3)}-8${some(3)}-${some(6)}${some(6)}`;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { file: { type: 'string' }, count: { type: 'string', default: '100000' } },
  });
  if (values.file === undefined) throw new Error('Say --file FILE [--count N].');
  await seed({ file: values.file, count: Number(values.count) });
}
