import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Halt } from '../../src/linkback/halt.ts';
import type { Store } from '../../src/linkback/store.ts';
import type { StoreNews } from '../../src/store/engine.ts';
import { readMigrations } from '../../src/store/migrate.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';
import { buildPing } from '../support/build-ping.ts';
import { makeIds } from '../support/clock.ts';
import { mountSmallDisk, smallDisksAreMissing } from '../support/small-disk.ts';
import { makeFolder, migrations, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const first = '0001-linkbacks.sql';

let folder: string;
let file: string;
/** A migrations folder of this test's own; its first step makes the schema as it is. */
let own: string;

beforeEach(() => {
  folder = makeFolder();
  file = join(folder, 'linkbackd.db');
  own = join(folder, 'migrations');
  mkdirSync(own);
  addFirst();
});

afterEach(() => {
  removeFolder(folder);
});

const add = (name: string, statements: string): void => {
  writeFileSync(join(own, name), statements);
};

function addFirst(): void {
  const steps = readdirSync(migrations)
    .filter((step) => !step.endsWith('.postgres.sql'))
    .sort();
  add(first, steps.map((step) => readFileSync(join(migrations, step), 'utf8')).join('\n'));
}

/** What the store told its owner. */
let news: StoreNews[];

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  news = [];
  const tell = (each: StoreNews): void => void news.push(each);
  const engine = openSqlite({ file, migrations: own, isService: true, tell });
  const store = makeStore(engine, { now: () => 1, newId: makeIds() });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const start = (): Promise<void> => withStore((store) => store.check());
const fileOne = (): Promise<string> => withStore(async (store) => (await store.file(buildPing())).linkbackId);

/** Reads a database past the store. */
function look<Row>(statement: string, at: string = file): Row[] {
  const database = new Database(at, { readonly: true });
  try {
    return database.prepare<[], Row>(statement).all();
  } finally {
    database.close();
  }
}

const schemaOf = (at: string = file): number[] =>
  look<{ number: number }>('SELECT number FROM migration ORDER BY number', at).map((each) => each.number);
const tablesOf = (at: string = file): string[] =>
  look<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'", at).map((each) => each.name);

describe('the schema of a database', () => {
  it('is made once, and stays as it is at every later start', async () => {
    const id = await fileOne();
    const before = look('SELECT * FROM migration');
    await start();
    expect(look('SELECT * FROM migration')).toEqual(before);
    expect(schemaOf()).toEqual([1]);
    expect(await withStore((store) => store.linkback(id))).toBeDefined();
    expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([]);
  });

  it('is brought up to date, after a copy of what was there', async () => {
    const id = await fileOne();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT); CREATE TABLE and_more (id TEXT);');
    add('0003-less.sql', 'DROP TABLE and_more;');
    await start();
    expect(news).toEqual([{ kind: 'copied', to: `${file}.before-2` }]);
    expect(schemaOf()).toEqual([1, 2, 3]);
    expect(tablesOf()).toContain('more');
    expect(tablesOf()).not.toContain('and_more');
    expect(await withStore((store) => store.linkback(id))).toBeDefined();

    const copy = `${file}.before-2`;
    expect(schemaOf(copy)).toEqual([1]);
    expect(look('SELECT id FROM linkback', copy)).toEqual([{ id }]);
    expect(look('PRAGMA integrity_check', copy)).toEqual([{ integrity_check: 'ok' }]);
    expect((statSync(copy).mode & 0o777).toString(8)).toBe('600');
  });

  it('can be had back from that copy', async () => {
    const id = await fileOne();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    await start();
    rmSync(join(own, '0002-more.sql'));
    copyFileSync(`${file}.before-2`, file);
    expect(await withStore((store) => store.linkback(id))).toBeDefined();
  });

  it('is copied anew when it is changed again after somebody went back', async () => {
    await fileOne();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    await start();
    copyFileSync(`${file}.before-2`, file);
    rmSync(join(own, '0002-more.sql'));
    await fileOne();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    await start();
    expect(look('SELECT id FROM linkback', `${file}.before-2`)).toHaveLength(2);
  });

  it('is changed again and again, with the newest three copies kept', async () => {
    await fileOne();
    for (const number of ['0002', '0003', '0004', '0005', '0010']) {
      add(`${number}-more.sql`, `CREATE TABLE more_${number} (id TEXT);`);
      await start();
    }
    const mine = `${file}.before-Christmas`;
    writeFileSync(mine, 'a copy of somebody’s own');
    add('0011-more.sql', 'CREATE TABLE more_0011 (id TEXT);');
    await start();
    const copies = readdirSync(folder).filter((name) => name.includes('.before-'));
    expect(copies.map((name) => name.replace(/^.*before-/u, '')).sort()).toEqual([
      '10',
      '11',
      '5',
      'Christmas',
    ]);
    expect(schemaOf(`${file}.before-11`)).toEqual([1, 2, 3, 4, 5, 10]);
  });

  it.skipIf(smallDisksAreMissing)(
    'is not changed while there is no room for the copy, of which nothing stays',
    async () => {
      const id = await fileOne();
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      const unmount = mountSmallDisk(disk, Math.floor((statSync(file).size * 1.5) / 1024));
      try {
        copyFileSync(file, join(disk, 'linkbackd.db'));
        file = join(disk, 'linkbackd.db');
        add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
        await expect(start()).rejects.toThrow(/cannot be opened for writing: .*full/u);
        expect(schemaOf()).toEqual([1]);
        expect(readdirSync(disk).filter((name) => name.includes('before'))).toEqual([]);
        rmSync(join(own, '0002-more.sql'));
        expect(await withStore((store) => store.linkback(id))).toBeDefined();
      } finally {
        unmount();
      }
    },
  );

  it('is as it was when a step fails half-way, and the message says which', async () => {
    const id = await fileOne();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT); INSERT INTO nowhere VALUES (1);');
    await expect(start()).rejects.toThrow(Halt);
    await expect(start()).rejects.toThrow(/0002-more.*no such table: nowhere/u);
    expect(schemaOf()).toEqual([1]);
    expect(tablesOf()).not.toContain('more');
    expect(look('PRAGMA user_version')).toEqual([{ user_version: 1 }]);
    rmSync(join(own, '0002-more.sql'));
    expect(await withStore((store) => store.linkback(id))).toBeDefined();
  });

  it('keeps the steps before the one that failed', async () => {
    await start();
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    add('0003-broken.sql', 'BROKEN;');
    await expect(start()).rejects.toThrow(/0003-broken/u);
    expect(schemaOf()).toEqual([1, 2]);
  });

  it('is made by the next start when the very first one was cut short', async () => {
    add(first, 'BROKEN;');
    await expect(start()).rejects.toThrow(Halt);
    addFirst();
    await start();
    expect(schemaOf()).toEqual([1]);
  });

  it('is still the old one, with its copy, when the process is killed in the middle', async () => {
    const id = await fileOne();
    add(
      '0002-slow.sql',
      `CREATE TABLE slow (id INTEGER, filling TEXT);
       WITH RECURSIVE counting (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < 50000000)
       INSERT INTO slow SELECT n, hex(zeroblob(200)) FROM counting;`,
    );
    const source = new URL('../../src/store/sqlite.ts', import.meta.url).href;
    const program = `import { openSqlite } from '${source}';
      openSqlite({ file: process.argv[1], migrations: process.argv[2], isService: true });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, file, own], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    // What does not fit into its memory goes to the log: the step is well under way then.
    await waitUntil(() => existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 1_000_000, {
      what: 'the step to write',
      timeoutMs: 20_000,
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(look('SELECT id FROM linkback', `${file}.before-2`)).toEqual([{ id }]);
    rmSync(join(own, '0002-slow.sql'));
    expect(await withStore((store) => store.linkback(id))).toBeDefined();
    expect(schemaOf()).toEqual([1]);
    expect(tablesOf()).not.toContain('slow');
  });

  it('does not take a copy that was cut short for a whole one', async () => {
    const id = await fileOne();
    writeFileSync(`${file}.before-2.part`, 'half a');
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    await start();
    expect(look('SELECT id FROM linkback', `${file}.before-2`)).toEqual([{ id }]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('a database that does not go with the program', () => {
  it('is refused when a step was changed after it was applied', async () => {
    await start();
    add(first, `-- changed\nCREATE TABLE other (id TEXT);`);
    await expect(start()).rejects.toThrow(
      /was made by another migrations\/0001-linkbacks\.sql than the one here/u,
    );
  });

  it('is refused when a step that was applied is gone', async () => {
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    add('0003-more.sql', 'CREATE TABLE and_more (id TEXT);');
    await start();
    rmSync(join(own, '0002-more.sql'));
    await expect(start()).rejects.toThrow(/another migrations\/0002-more\.sql/u);
  });

  it('is refused, and left as it is, when it is from a newer program', async () => {
    add('0002-more.sql', 'CREATE TABLE more (id TEXT);');
    await start();
    rmSync(join(own, '0002-more.sql'));
    await expect(start()).rejects.toThrow(
      'The database is from a newer linkbackd: it has schema 2 (more), this program knows 1.',
    );
    expect(schemaOf()).toEqual([1, 2]);
  });
});

describe('the steps in a folder', () => {
  it('are read in the order of their numbers, those of the other engine left out', () => {
    add('0010-last.sql', 'SELECT 10;');
    add('0002-both.sqlite.sql', 'SELECT 2;');
    add('0002-both.postgres.sql', 'SELECT 2.0;');
    add('README.md', 'Not a step.');
    const names = (engine: 'sqlite' | 'postgres') =>
      readMigrations(own, engine).map((each) => [each.number, each.name]);
    const expected = [
      [1, 'linkbacks'],
      [2, 'both'],
      [10, 'last'],
    ];
    expect(names('sqlite')).toEqual(expected);
    expect(names('postgres')).toEqual(expected);
    expect(readMigrations(own, 'sqlite')[1]?.sql).toBe('SELECT 2;');
    expect(readMigrations(own, 'postgres')[1]?.sql).toBe('SELECT 2.0;');
  });
});
