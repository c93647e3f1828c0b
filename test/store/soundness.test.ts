import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreNews } from '../../src/store/engine.ts';
import { Damaged } from '../../src/linkback/unavailable.ts';
import { checkedAtOnceBytes } from '../../src/store/soundness.ts';
import { openSqlite, type SqliteOptions } from '../../src/store/sqlite.ts';
import { damage } from '../support/damage.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const pageBytes = 4096;
const migrations = new URL('../../migrations', import.meta.url).pathname;

let folder: string;
let file: string;
let backup: string;
let news: StoreNews[];
let options: SqliteOptions;

/** A database too large to be read before it is served, and its backup; the last page belongs to something large. */
beforeEach(async () => {
  folder = makeFolder();
  [file, backup, news] = [join(folder, 'large.db'), join(folder, 'backup.db'), []];
  options = { file, migrations, isService: true, tell: (each) => news.push(each) };
  await openSqlite(options).close();
  const database = new Database(file);
  database.exec(
    `CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(${checkedAtOnceBytes}))`,
  );
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(file, backup);
});

afterEach(() => removeFolder(folder));

const damageMiddle = (): void => damage(file, pageBytes * 5000, Buffer.alloc(pageBytes, 0xa5));

describe('a database that is too large to be read before it is served', () => {
  it('is found damaged while it is served, and is not served again before it is sound', async () => {
    expect(statSync(file).size).toBeGreaterThan(checkedAtOnceBytes);
    damageMiddle();
    const engine = openSqlite(options);
    await waitUntil(() => news.some(({ kind }) => kind === 'damaged'), {
      what: 'the alarm',
      timeoutMs: 30_000,
    });
    await expect(engine.write(async () => undefined)).rejects.toThrow(Damaged);
    await engine.close();
    expect(() => openSqlite(options)).toThrow(/is damaged: /u);

    copyFileSync(backup, file);
    await openSqlite(options).close();
    expect(existsSync(`${file}.damaged`)).toBe(false);
  });

  it('is left alone by whoever is not the service', async () => {
    damageMiddle();
    await openSqlite({ ...options, isService: false }).close();
    expect(news).toEqual([]);
  });
});
