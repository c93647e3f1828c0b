import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreNews } from '../../src/store/engine.ts';
import { walWarnBytes } from '../../src/store/wal.ts';
import { buildPing } from '../support/build-ping.ts';
import { openSqliteStore, type OpenedSqlite } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const warned = 512 * 1024;

let opened: OpenedSqlite;
let news: StoreNews[];
let reader: Database.Database;

beforeEach(async () => {
  news = [];
  opened = await openSqliteStore({ walWarnBytes: warned, tell: (each) => news.push(each) });
  reader = new Database(opened.file, { readonly: true });
});

afterEach(async () => {
  reader.close();
  await opened.close();
});

const walBytes = (): number => statSync(`${opened.file}-wal`).size;
const file = () => opened.store.file(buildPing());

/** Reads the database, and goes on seeing it as it is now. */
function read(): void {
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM linkback').get();
}

async function growTo(bytes: number): Promise<void> {
  while (walBytes() < bytes) await file();
}

describe('the write-ahead log', () => {
  it('is told of when it is too large, once for each doubling', async () => {
    read();
    await growTo(warned * 6);
    expect(news.map((each) => each.kind)).toEqual(['log-grows', 'log-grows', 'log-grows']);
    expect(news[0]).toMatchObject({ kind: 'log-grows' });
    expect(news[0]?.kind === 'log-grows' && news[0].bytes).toBeLessThan(warned * 2);
  });

  it('is small again after whoever read the database ends, and that is told, too', async () => {
    read();
    await growTo(warned * 1.5);
    reader.exec('COMMIT');
    await waitUntil(
      async () => {
        await file();
        return news.at(-1)?.kind === 'log-is-small-again';
      },
      { what: 'word of a small log' },
    );
    expect(walBytes()).toBeLessThan(warned);
    read();
    await growTo(warned * 1.5);
    expect(news.at(-1)).toMatchObject({ kind: 'log-grows' });
  });

  it('is emptied without a word when much was written at once and nobody hinders it', async () => {
    await opened.raw(`CREATE TABLE ballast AS SELECT zeroblob(${warned * 3}) AS filling`);
    await file();
    expect(walBytes()).toBeLessThanOrEqual(warned / 4);
    expect(news).toEqual([]);
  });

  it('is told of from 64 MB, where nothing else is wished for', () => {
    expect(walWarnBytes).toBe(64 * 1024 * 1024);
  });
});
