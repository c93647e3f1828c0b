import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Halt } from '../../src/linkback/halt.ts';
import { Unavailable } from '../../src/linkback/unavailable.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';
import { storeSuite } from '../conformance/store.ts';
import { buildPing } from '../support/build-ping.ts';
import { makeIds } from '../support/clock.ts';
import { damage } from '../support/damage.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { migrations, openSqliteStore, removeFolder, type OpenedSqlite } from '../support/sqlite-store.ts';

storeSuite('the store on SQLite', openSqliteStore);

let opened: OpenedSqlite;

beforeEach(async () => {
  opened = await openSqliteStore({ lockTimeoutMs: 1000 });
});

afterEach(async () => {
  await opened.close();
  removeFolder(dirname(dirname(opened.file)));
});

/** The instant of a ping does not matter here. */
const file = () => opened.store.file(buildPing());

const pragma = (name: string): Promise<unknown> =>
  opened.engine.write(async (db) => {
    const { rows } = await sql<Record<string, unknown>>`PRAGMA ${sql.raw(name)}`.execute(db);
    return Object.values(rows[0] ?? {})[0];
  });

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the file of a SQLite store', () => {
  it.each([
    ['synchronous', 2],
    ['journal_mode', 'wal'],
    ['foreign_keys', 1],
    ['mmap_size', 0],
    ['busy_timeout', 0],
    ['application_id', 0x6c6b6264],
    ['user_version', 6],
  ])('is written with %s = %s', async (name, value) => {
    expect(await pragma(name)).toBe(value);
  });

  it('belongs to its owner only, with its folder and all that stands beside it', async () => {
    await file();
    const folder = dirname(opened.file);
    expect(mode(folder)).toBe('700');
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThanOrEqual(4);
    expect(files.map((name) => `${name} ${mode(join(folder, name))}`)).toEqual(
      files.map((name) => `${name} 600`),
    );
  });

  it('is alone after a clean end, with everything in it', async () => {
    const { linkbackId } = await file();
    await opened.store.close();
    expect(existsSync(`${opened.file}-wal`)).toBe(false);
    reopen();
    expect(await opened.store.linkback(linkbackId)).toBeDefined();
  });

  it('can be closed while another process writes to it or reads it', async () => {
    const { linkbackId } = await file();
    const reader = new Database(opened.file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM linkback').get();
    const lock = await lockDatabase(opened.file);
    await opened.store.close();
    await lock.release();
    reader.close();
    reopen();
    expect(await opened.store.linkback(linkbackId)).toBeDefined();
  });
});

function reopen(): void {
  const engine = openSqlite({ file: opened.file, migrations, isService: true });
  const store = makeStore(engine, { now: opened.clock.now, newId: makeIds('later') });
  opened = {
    ...opened,
    engine,
    store,
    close: async () => {
      await store.close();
    },
  };
}

describe('a database that another process has locked', () => {
  it('takes a ping as soon as the lock is free', async () => {
    const lock = await lockDatabase(opened.file);
    const ping = buildPing();
    const filed = opened.store.file(ping);
    await lock.release();
    expect(await filed).toMatchObject({ linkbackId: ping.newId });
    expect(await opened.store.linkback(ping.newId)).toBeDefined();
  });

  it('refuses it when the lock is held for too long, keeps nothing of it, and is read all the while', async () => {
    const { linkbackId } = await file();
    const lock = await lockDatabase(opened.file);
    const ping = buildPing();
    const filed = Promise.allSettled([opened.store.file(ping)]);
    expect(await opened.store.linkback(linkbackId)).toBeDefined();
    expect((await filed)[0]).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } });
    await expect(opened.store.check()).rejects.toThrow(Unavailable);
    await lock.release();
    expect(await opened.store.linkback(ping.newId)).toBeUndefined();
    expect((await opened.store.counts()).verification.unverified).toBe(1);
    await expect(opened.store.check()).resolves.toBeUndefined();
    expect(await opened.store.file(ping)).toMatchObject({ linkbackId: ping.newId });
  });
});

describe('a disk that is full', () => {
  /** Takes pings until there is no more room, and gives those that were answered. */
  async function fill(): Promise<string[]> {
    const taken: string[] = [];
    await pragma(`max_page_count = ${Number(await pragma('page_count'))}`);
    for (;;) {
      try {
        taken.push((await file()).linkbackId);
      } catch (error) {
        expect(error).toBeInstanceOf(Unavailable);
        return taken;
      }
    }
  }

  it('refuses pings for now, loses none that was taken, and is read all the while', async () => {
    const taken = await fill();
    for (const id of taken) expect(await opened.store.linkback(id)).toBeDefined();
    expect((await opened.store.counts()).verification.unverified).toBe(taken.length);
    await expect(file()).rejects.toThrow(Unavailable);
    expect(await pragma('quick_check')).toBe('ok');
  });

  it('takes pings again once there is room, without a restart', async () => {
    const taken = await fill();
    await pragma('max_page_count = 1000000');
    const { linkbackId } = await file();
    expect(await opened.store.linkback(linkbackId)).toBeDefined();
    expect((await opened.store.counts()).verification.unverified).toBe(taken.length + 1);
  });

  it('refuses only those of a group for which there is no room', async () => {
    await fill();
    await pragma(`max_page_count = ${Number(await pragma('page_count')) + 4}`);
    const results = await Promise.allSettled(Array.from({ length: 64 }, file));
    const taken = results.filter((each) => each.status === 'fulfilled').map((each) => each.value.linkbackId);
    for (const id of taken) expect(await opened.store.linkback(id)).toBeDefined();
    const refused = results.filter((each) => each.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(Unavailable);
    expect(await pragma('integrity_check')).toBe('ok');
  });
});

describe('one service for a file', () => {
  it('is all there may be: a second one is told what to do', () => {
    const second = () => openSqlite({ file: opened.file, migrations, isService: true });
    expect(second).toThrow(Halt);
    expect(second).toThrow(/^Another linkbackd is serving .*linkbackd\.db already\.$/u);
  });

  it('is known under every name of the file', () => {
    const link = join(dirname(opened.file), 'link.db');
    symlinkSync(opened.file, link);
    expect(() => openSqlite({ file: link, migrations, isService: true })).toThrow(/^Another linkbackd/u);
  });

  it('leaves room for a command that writes beside it for a moment', async () => {
    const command = openSqlite({ file: opened.file, migrations, isService: false });
    const beside = makeStore(command, { now: opened.clock.now, newId: makeIds('beside') });
    const filed = await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? opened.store : beside).file(buildPing())),
    );
    await beside.close();
    for (const { linkbackId } of filed) expect(await opened.store.linkback(linkbackId)).toBeDefined();
    await file();
  });

  it('takes over what an earlier one had in hand, with the attempt counted', async () => {
    const { linkbackId } = await file();
    opened.clock.advance(1000);
    const [lost] = await opened.store.claim({ limit: 1, leaseMs: 60_000, busyHosts: [] });
    await opened.store.close();
    reopen();
    expect(await opened.store.job(linkbackId)).toMatchObject({ state: 'waiting', unfinished: 1 });
    const [lease] = await opened.store.claim({ limit: 1, leaseMs: 60_000, busyHosts: [] });
    expect(lease).toMatchObject({ linkbackId, unfinished: 2 });
    expect(lease?.token).not.toBe(lost?.token);
  });

  it('leaves what is in hand to the service when a command opens the file', async () => {
    const { linkbackId } = await file();
    opened.clock.advance(1000);
    await opened.store.claim({ limit: 1, leaseMs: 60_000, busyHosts: [] });
    await openSqlite({ file: opened.file, migrations, isService: false }).close();
    expect(await opened.store.job(linkbackId)).toMatchObject({ state: 'leased' });
  });
});

describe('a file that cannot be served', () => {
  const refusal = (change: { readonly file?: string } = {}): Halt => {
    try {
      void openSqlite({ file: opened.file, migrations, isService: true, ...change }).close();
    } catch (error) {
      if (error instanceof Halt) return error;
      throw error;
    }
    throw new Error('it was opened');
  };

  beforeEach(async () => {
    await file();
    await opened.store.close();
    opened = { ...opened, close: async () => undefined };
  });

  it('is refused when a page is damaged, with the way back', () => {
    damage(opened.file, 4096, Buffer.alloc(4096, 0xa5));
    const { message, remedy } = refusal();
    expect(message).toMatch(/is damaged/u);
    expect(remedy).toMatch(/copy a backup to its place.*never repairs/u);
  });

  it('is refused when it is no database at all', () => {
    writeFileSync(opened.file, 'Dear diary, '.repeat(1000));
    expect(refusal().message).toMatch(/is damaged: file is not a database/u);
  });

  it('is refused, and left as it is, when it is the database of another program', () => {
    const foreign = join(dirname(opened.file), 'foreign.db');
    const other = new Database(foreign);
    other.exec('CREATE TABLE recipe (name TEXT)');
    other.close();
    const before = statSync(foreign).mtimeMs;
    const { message, remedy } = refusal({ file: foreign });
    expect(message).toMatch(/is a SQLite database, but not one of linkbackd/u);
    expect(remedy).toMatch(/DATABASE_URL/u);
    expect(statSync(foreign).mtimeMs).toBe(before);
  });

  it('is refused when it may not be written', () => {
    // The format's own mark for "only newer programs may write this": permissions do not stop root.
    damage(opened.file, 18, Uint8Array.of(3));
    expect(refusal().message).toMatch(/cannot be opened for writing: attempt to write a readonly database/u);
  });

  it('is refused when its folder cannot be made', () => {
    const { message, remedy } = refusal({ file: join(opened.file, 'below', 'linkbackd.db') });
    expect(message).toMatch(/cannot be written: ENOTDIR/u);
    expect(remedy).toMatch(/DATABASE_URL/u);
  });

  it('is refused when it is a folder', () => {
    expect(refusal({ file: dirname(opened.file) }).message).toMatch(/cannot be written: EISDIR/u);
  });

  it('is refused when another program does not let go of it', async () => {
    const lock = await lockDatabase(opened.file);
    try {
      const opening = () =>
        openSqlite({ file: opened.file, migrations, isService: true, lockTimeoutMs: 100 });
      expect(opening).toThrow(/is locked by another program/u);
    } finally {
      await lock.release();
    }
  });

  it('can be served afterwards by whoever mends it', async () => {
    damage(opened.file, 18, Uint8Array.of(3));
    expect(refusal()).toBeInstanceOf(Halt);
    damage(opened.file, 18, Uint8Array.of(2));
    reopen();
    await opened.store.check();
  });
});
