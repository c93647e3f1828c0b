import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { v7 as newId } from 'uuid';
import { openSqlite } from '../../src/store/sqlite.ts';

/** The rows of a ping that has come in, and of one that was verified; each is durable when its promise resolves. */
export type Rows = {
  readonly file: (source: URL, target: URL, dialect: string) => Promise<string>;
  readonly verify: (id: string, facts: string, excerpt: string) => Promise<void>;
};

const migrations = new URL('../../migrations', import.meta.url).pathname;

/** The least code that writes the service's rows with its library: statements prepared once, units gathered until the loop turns. */
export async function openRows(file: string): Promise<Rows> {
  await openSqlite({ file, migrations, isService: false }).close();
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const inTransaction = groupCommit(database);
  const insert =
    database.prepare(`INSERT INTO linkback (id, pair_key, site, type, protocol, source, source_host, host_key,
    target, target_key, verification, moderation, is_public, search_text, received_at, updated_at)
    VALUES (?, ?, 'blog', 'mention', ?, ?, ?, ?, ?, ?, 'unverified', 'pending', 0, ?, ?, ?)`);
  const pair = database.prepare('INSERT INTO pair (pair_key, linkback_id) VALUES (?, ?)');
  const announcement =
    database.prepare(`INSERT INTO announcement (linkback_id, pair_key, dialect, source, target,
    status_id, held, sender_ip, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, 0, '127.0.0.1', ?, ?)`);
  const job =
    database.prepare(`INSERT INTO job (id, linkback_id, host, state, due_at, unfinished, setbacks, looks)
    VALUES (?, ?, ?, 'waiting', ?, 0, 0, 0)`);
  const tally = database.prepare(`INSERT INTO tally (slot, site, moderation, verification, count)
    VALUES (0, 'blog', 'pending', 'unverified', 1)
    ON CONFLICT (site, moderation, verification, slot) DO UPDATE SET count = count + 1`);
  const verified =
    database.prepare(`UPDATE linkback SET verification = 'verified', facts = ?, excerpt = ?, evidence = '{}',
    checked_at = ?, verified_at = ?, updated_at = ? WHERE id = ?`);
  const event =
    database.prepare(`INSERT INTO event (id, linkback_id, at, machine, mover, from_state, to_state, why)
    VALUES (?, ?, ?, 'verification', 'look', 'unverified', 'verified', '')`);
  const done = database.prepare('DELETE FROM job WHERE linkback_id = ?');
  return {
    file: async (source, target, dialect) => {
      const id = newId();
      const status = randomBytes(16).toString('base64url');
      const at = Date.now();
      const [from, to, key] = [source.href, target.href, `${source.href} ${target.href}`];
      const hostKey = `${source.host.split('').reverse().join('')}.`;
      await inTransaction(() => {
        insert.run(id, key, dialect, from, source.host, hostKey, to, to, `${from} ${to}`, at, at);
        tally.run();
        pair.run(key, id);
        announcement.run(id, key, dialect, from, to, status, at, at);
        job.run(id, id, source.host, at);
      });
      return id;
    },
    verify: (id, facts, excerpt) => {
      const at = Date.now();
      return inTransaction(() => {
        verified.run(facts, excerpt, at, at, at, id);
        event.run(newId(), id, at);
        done.run(id);
      });
    },
  };
}

/** Units of one turn of the event loop are one transaction. */
function groupCommit(database: Database.Database): (unit: () => void) => Promise<void> {
  let waiting: { readonly unit: () => void; readonly done: () => void }[] = [];
  const commit = (): void => {
    const all = waiting;
    waiting = [];
    database.exec('BEGIN IMMEDIATE');
    for (const { unit } of all) unit();
    database.exec('COMMIT');
    for (const { done } of all) done();
  };
  return (unit) =>
    new Promise((done) => {
      if (waiting.length === 0) setImmediate(commit);
      waiting.push({ unit, done });
    });
}
