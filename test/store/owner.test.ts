import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';
import { ownerStoreSuite } from '../conformance/owner-store.ts';
import { neverFoundBeside } from '../support/invariants.ts';
import { makeIds } from '../support/clock.ts';
import { makeFolder, migrations, openSqliteStore, removeFolder } from '../support/sqlite-store.ts';

ownerStoreSuite('the store on SQLite', (tell) => openSqliteStore({}, { tell }));

describe('a database from before there was an inbox', () => {
  it('keeps its linkbacks, and their hosts are found', async () => {
    const folder = makeFolder();
    const [file, old] = [join(folder, 'linkbackd.db'), join(folder, 'migrations')];
    mkdirSync(old);
    for (const name of ['0001-linkbacks.sql', '0002-owner.sql'])
      copyFileSync(join(migrations, name), join(old, name));
    await openSqlite({ file, migrations: old, isService: true }).close();
    const database = new Database(file);
    for (const [id, host] of [
      ['1', 'a.weblogs.example'],
      ['2', '[2001:db8::1]'],
    ]) {
      database.exec(`INSERT INTO linkback (id, pair_key, site, type, protocol, source, source_host, target, target_key,
          verification, moderation, is_public, search_text, received_at, updated_at)
        VALUES ('${id}', 'pair ${id}', 'blog', 'mention', 'pingback', 'https://${host}/', '${host}', 't', 't',
          'unverified', 'approved', 0, 'words', 1, 1)`);
      database.exec(`INSERT INTO tally (slot, site, moderation, verification, count)
        VALUES (0, 'blog', 'approved', 'unverified', 1) ON CONFLICT DO UPDATE SET count = count + 1`);
    }
    database.close();
    const store = makeStore(openSqlite({ file, migrations, isService: true }), {
      now: () => 1,
      newId: makeIds(),
    });
    const hosted = async (host: string): Promise<string[]> =>
      (await store.moderationList({ host, order: 'oldest', limit: 9 })).items.map(({ id }) => id);
    expect(await hosted('weblogs.example')).toEqual(['1']);
    expect(await hosted('[2001:db8::1]')).toEqual(['2']);
    expect(await store.isApprovedHost('blog', 'a.weblogs.example')).toBe(true);
    expect(await store.isApprovedHost('notes', 'a.weblogs.example')).toBe(false);
    await store.close();
    const looked = new Database(file, { readonly: true });
    for (const statement of Object.values(neverFoundBeside))
      expect(looked.prepare(statement).all()).toEqual([]);
    looked.close();
    removeFolder(dirname(file));
  });
});
