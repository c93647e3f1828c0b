import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { admin, ask, tell } from '../support/credentials.ts';
import { databaseIn } from '../support/database.ts';
import { startHere } from '../support/here.ts';
import { linkbacks, makeBlog, page } from '../support/things.ts';

/** More than one transaction moves. */
const many = 420;

it('tells what a decision has done that was stopped half-way, so that it can be taken back', async () => {
  const here = await startHere({});
  onTestFinished(() => here.close());
  await makeBlog(here);
  for (let n = 0; n < many; n += 1) {
    const body = new URLSearchParams({ source: `http://127.0.0.1:2/${n}`, target: page });
    expect((await fetch(`${here.url}/blog/webmention`, { method: 'POST', body })).status).toBe(201);
  }
  const counts = async (): Promise<unknown> =>
    (await tell<{ counts: { moderation: unknown } }>(here, admin, 'GET', linkbacks)).counts.moderation;
  const { items } = await tell<{ items: { id: string }[] }>(here, admin, 'GET', `${linkbacks}?limit=1`);

  // The database does not take the last one.
  const database = new Database(databaseIn(here.folder), { timeout: 5000 });
  onTestFinished(() => void database.close());
  database.exec(`CREATE TRIGGER stop BEFORE UPDATE ON linkback
    WHEN NEW.moderation = 'spam' AND NEW.id = '${items[0]?.id}' BEGIN SELECT RAISE(ABORT, 'stopped'); END`);

  const stopped = await ask(here, admin, 'POST', '/api/moderation/decisions', {
    filter: { site: 'blog' },
    moderation: 'spam',
  });
  const said = (await stopped.json()) as { readonly id: string };
  expect([stopped.status, stopped.headers.get('retry-after')]).toEqual([503, '10']);
  expect(said).toMatchObject({
    status: 503,
    count: 400,
    detail: expect.stringContaining('400 are decided on'),
  });
  expect(await counts()).toMatchObject({ spam: 400, pending: 20 });

  const undone = await tell(here, admin, 'POST', `/api/moderation/decisions/${said.id}/undo`);
  expect(undone).toEqual({ count: 400, kept: 0 });
  expect(await counts()).toMatchObject({ spam: 0, pending: many });
});

it('says as ever that nothing is done when the first of it was stopped', async () => {
  const here = await startHere({});
  onTestFinished(() => here.close());
  await makeBlog(here);
  const body = new URLSearchParams({ source: 'http://127.0.0.1:2/', target: page });
  await fetch(`${here.url}/blog/webmention`, { method: 'POST', body });
  const database = new Database(databaseIn(here.folder), { timeout: 5000 });
  onTestFinished(() => void database.close());
  database.exec(`CREATE TRIGGER stop BEFORE UPDATE ON linkback
    WHEN NEW.moderation = 'spam' BEGIN SELECT RAISE(ABORT, 'stopped'); END`);
  const all = { filter: {}, moderation: 'spam' };
  const stopped = await ask(here, admin, 'POST', '/api/moderation/decisions', all);
  expect([stopped.status, await stopped.json()]).toEqual([
    500,
    expect.not.objectContaining({ id: expect.anything() }),
  ]);
});
