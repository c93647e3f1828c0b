import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedPing } from '../../src/linkback/accept.ts';
import type { Change } from '../../src/linkback/changes.ts';
import type { Linkback, Moderation } from '../../src/linkback/linkback.ts';
import type { ModerationFilter, ModerationQuery, RuleCandidate } from '../../src/linkback/owner-ports.ts';
import { settle, type SettleContext } from '../../src/linkback/settle.ts';
import type { Store } from '../../src/linkback/store.ts';
import type { Found, Outcome } from '../../src/linkback/verdict.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import type { Clock } from '../support/clock.ts';
import { neverFoundBeside } from '../support/invariants.ts';
import { decideOn } from '../support/owner.ts';
import type { OpenedStore } from './store.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const ada = { kind: 'person', name: 'Ada' } as const;
const setback: Outcome = { kind: 'setback', detail: 'HTTP status 500' };

type Tell = (change: Change) => void;

/** More than are moved in one transaction, and more than are looked through at once. */
const many = 1100;

/** What every store promises to the owner's page. */
export function ownerStoreSuite(name: string, open: (tell: Tell) => Promise<OpenedStore>): void {
  let opened: OpenedStore;
  let store: Store;
  let clock: Clock;
  let heard: Change[];

  beforeEach(async () => {
    heard = [];
    opened = await open((change) => heard.push(change));
    ({ store, clock } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  const file = async (change: Partial<AcceptedPing> = {}): Promise<string> =>
    (await store.file(buildPing({ at: clock.now(), ...change }))).linkbackId;

  const fileMany = async (count: number, change: Partial<AcceptedPing> = {}): Promise<string[]> => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(buildPing().newId);
    await Promise.all(ids.map((newId) => file({ newId, ...change })));
    return ids;
  };

  /** Settles all that is due. */
  const look = async (outcome: Outcome, change: Partial<SettleContext> = {}): Promise<void> => {
    for (;;) {
      const leases = await store.claim({ limit: 200, leaseMs: minute, busyHosts: 'ignore' });
      if (leases.length === 0) return;
      const context = { policy: 'hold-all', retryAt: () => clock.now() + hour, ...change } as const;
      await Promise.all(
        leases.map((lease) =>
          store.finish(lease, ({ linkback, hostIsApproved, now }) =>
            settle(linkback, outcome, { now, hostIsApproved, progress: lease.progress, ...context }),
          ),
        ),
      );
    }
  };

  const verified = async (
    change: Partial<AcceptedPing> = {},
    found: Partial<Found> = {},
  ): Promise<string> => {
    const id = await file(change);
    await look(buildFound(found));
    return id;
  };

  const lookAgain = async (id: string, outcome: Outcome): Promise<void> => {
    await store.verifyAgain(id);
    await look(outcome);
  };

  const load = async (id: string): Promise<Linkback> => {
    const linkback = await store.linkback(id);
    if (linkback === undefined) throw new Error(`there is no linkback ${id}`);
    return linkback;
  };

  const stateOf = async (id: string): Promise<Moderation> => (await load(id)).moderation;
  const statesOf = (ids: readonly string[]): Promise<Moderation[]> => Promise.all(ids.map(stateOf));

  const word = (moderation: Moderation, note = '') => ({ moderation, note, by: 'Ada' });

  const decideMany = async (
    ids: readonly string[],
    moderation: Moderation,
    site?: string,
  ): Promise<string> => {
    const scope = site === undefined ? { ids } : { ids, site };
    return (await store.decideAll(scope, word(moderation))).id ?? '';
  };

  const listed = async (query: Partial<ModerationQuery> = {}): Promise<string[]> =>
    (await store.moderationList({ order: 'oldest', limit: 10_000, ...query })).items.map(({ id }) => id);

  /** Rows of a statement, read past the store. */
  const rows = async (statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const result = (await opened.raw(statement)) as { readonly rows: readonly Record<string, unknown>[] };
    return result.rows;
  };

  /** What is kept beside the linkbacks and is not as they are. */
  const violations = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const [what, statement] of Object.entries(neverFoundBeside))
      for (const { id } of await rows(statement)) found.push(`${what}: ${String(id)}`);
    return found;
  };

  describe(`${name}: a decision on many`, () => {
    it('moves every linkback that it names, each with an event of its own', async () => {
      const [left, ...seen] = [await verified(), await verified(), await verified()];
      const ids = [...seen, await file()];
      clock.advance(second);
      const made = await store.decideAll({ ids: [...ids, 'nobody', ...ids] }, word('approved', 'friends'));
      expect(made).toEqual({ id: expect.any(String) as string, count: 3 });
      for (const id of ids) {
        expect(await load(id)).toMatchObject({ moderation: 'approved', updatedAt: clock.now() });
        expect((await store.events(id)).at(-1)).toEqual({
          at: clock.now(),
          by: ada,
          why: 'friends',
          machine: 'moderation',
          from: 'pending',
          to: 'approved',
        });
      }
      expect(await stateOf(left)).toBe('pending');
      expect((await store.publicList({ order: 'oldest', limit: 10 })).items.map(({ id }) => id)).toEqual(
        ids.slice(0, 2),
      );
      expect((await store.counts()).moderation).toMatchObject({ pending: 1, approved: 3 });
      expect(await violations()).toEqual([]);
    });

    it('leaves alone what stands there already, and is none when nothing moves', async () => {
      const [one, other] = [await file(), await file()];
      await decideOn(store, one, 'spam');
      const { updatedAt } = await load(one);
      clock.advance(second);
      expect((await store.decideAll({ ids: [one, other] }, word('spam'))).count).toBe(1);
      expect((await load(one)).updatedAt).toBe(updatedAt);
      expect(await store.events(one)).toHaveLength(1);
      const before = await rows('SELECT id FROM decision');
      expect(await store.decideAll({ ids: [one, other] }, word('spam'))).toEqual({ id: null, count: 0 });
      expect(await store.decideAll({ filter: { q: 'nowhere' } }, word('spam'))).toEqual({
        id: null,
        count: 0,
      });
      expect(await rows('SELECT id FROM decision')).toEqual(before);
    });

    it('moves all that a filter lets through, however many, and numbers them in their order', async () => {
      const ids = await fileMany(many);
      await look(buildFound());
      const spared = await fileMany(3, { sourceHost: 'spared.example' });
      heard = [];
      clock.advance(second);
      const made = await store.decideAll({ filter: { verification: 'verified' } }, word('approved'));
      expect(made.count).toBe(many);
      const all = { sortBy: 'created', isDescending: false, limit: many, offset: 0 } as const;
      const mentions = (await store.mentions(all)).items;
      expect(mentions.map(({ linkback }) => linkback.id)).toEqual(ids);
      expect(mentions.map(({ serial }) => serial)).toEqual(ids.map((_, at) => at + 1));
      expect(await statesOf(spared)).toEqual(['pending', 'pending', 'pending']);
      expect(heard.map(({ after }) => after?.id)).toEqual(ids);
      expect(new Set(heard.map(({ decision }) => decision))).toEqual(new Set([made.id]));
      expect(heard[0]).toMatchObject({
        before: { moderation: 'pending' },
        after: { moderation: 'approved' },
      });
      expect(heard.at(-1)?.after).toEqual(await load(ids.at(-1) ?? ''));
      expect(await violations()).toEqual([]);
    });

    it('leaves alone what comes into its reach while it runs, and what leaves it', async () => {
      const ids = await fileMany(many);
      const last = ids.at(-1) ?? '';
      const running = store.decideAll({ filter: { moderation: 'pending' } }, word('spam'));
      const [late] = await Promise.all([file(), decideOn(store, last, 'approved')]);
      expect((await running).count).toBe(many - 1);
      expect(await stateOf(late)).toBe('pending');
      expect(await stateOf(last)).toBe('approved');
      expect(await stateOf(ids.at(-2) ?? '')).toBe('spam');
      expect(await violations()).toEqual([]);
    });

    it('reaches no further than the site it is for', async () => {
      const [own, other] = [await file({ site: 'blog' }), await file({ site: 'notes' })];
      expect((await store.decideAll({ site: 'blog', ids: [own, other] }, word('spam'))).count).toBe(1);
      expect((await store.decideAll({ site: 'blog', filter: {} }, word('rejected'))).count).toBe(1);
      expect((await store.decideAll({ site: 'blog', filter: { site: 'notes' } }, word('spam'))).count).toBe(
        0,
      );
      expect(await statesOf([own, other])).toEqual(['rejected', 'pending']);
      expect((await store.decideAll({ filter: { site: 'notes' } }, word('spam'))).count).toBe(1);
    });

    it('is not said to be of many when it is of one', async () => {
      const id = await file();
      heard = [];
      await decideOn(store, id, 'spam');
      expect(heard).toHaveLength(1);
      expect(heard[0]).not.toHaveProperty('decision');
    });

    it('and what looks find meanwhile never undo each other', async () => {
      const ids = await fileMany(600);
      await Promise.all([look(buildFound()), store.decideAll({ filter: {} }, word('approved'))]);
      for (const linkback of await Promise.all(ids.map(load)))
        expect(linkback).toMatchObject({ verification: 'verified', moderation: 'approved' });
      expect((await store.mentionCounts({}))[0]?.count).toBe(600);
      expect(await violations()).toEqual([]);
    });
  });

  describe(`${name}: taking a decision back`, () => {
    it('puts each linkback where it was, and says so in its events', async () => {
      const ids = [await verified(), await verified(), await file()];
      await decideOn(store, ids[1] ?? '', 'approved');
      await decideOn(store, ids[2] ?? '', 'rejected');
      const made = (await store.decideAll({ ids }, word('spam', 'all of them'))).id ?? '';
      clock.advance(second);
      heard = [];
      expect(await store.undo(made, 'Grace')).toEqual({ count: 3, kept: 0 });
      expect(await statesOf(ids)).toEqual(['pending', 'approved', 'rejected']);
      expect((await store.events(ids[1] ?? '')).at(-1)).toEqual({
        at: clock.now(),
        by: { kind: 'person', name: 'Grace' },
        why: 'Undone: “spam”, all of them',
        machine: 'moderation',
        from: 'spam',
        to: 'approved',
      });
      expect(heard.map(({ decision }) => decision)).toEqual([made, made, made]);
      expect(await violations()).toEqual([]);
    });

    it('shows again under its number what the decision hid, and hides what it showed', async () => {
      const [shown, hidden] = [await verified(), await verified()];
      await decideOn(store, shown, 'approved');
      const hiding = await decideMany([shown], 'spam');
      const showing = await decideMany([hidden], 'approved');
      await store.undo(hiding, 'Ada');
      await store.undo(showing, 'Ada');
      const all = { sortBy: 'created', isDescending: false, limit: 10, offset: 0 } as const;
      expect((await store.mentions(all)).items.map(({ serial, linkback }) => [serial, linkback.id])).toEqual([
        [1, shown],
      ]);
      expect((await store.withdrawals(all)).map(({ serial }) => serial)).toEqual([2]);
      expect(await violations()).toEqual([]);
    });

    it('takes back many, as many at a time as are decided on', async () => {
      const ids = await fileMany(many);
      await look(buildFound());
      const made = await decideMany(ids, 'approved');
      expect(await store.undo(made, 'Ada')).toEqual({ count: many, kept: 0 });
      expect((await store.counts()).moderation).toEqual({ pending: many, approved: 0, rejected: 0, spam: 0 });
      expect((await store.publicList({ order: 'oldest', limit: 10 })).items).toEqual([]);
      expect(await violations()).toEqual([]);
    });

    it('keeps what has been decided on since, also when it stands there again, and what is erased', async () => {
      const [untouched, moved, back, erased, again] = await fileMany(5);
      const ids = [untouched, moved, back, erased, again].map((id) => id ?? '');
      const made = await decideMany(ids, 'spam');
      await decideOn(store, moved ?? '', 'approved');
      await decideOn(store, back ?? '', 'rejected');
      await decideOn(store, back ?? '', 'spam');
      await store.erase(erased ?? '');
      // That says nothing new.
      await decideOn(store, again ?? '', 'spam');
      expect(await store.undo(made, 'Ada')).toEqual({ count: 2, kept: 3 });
      expect(await statesOf([untouched, moved, back, again].map((id) => id ?? ''))).toEqual([
        'pending',
        'approved',
        'spam',
        'pending',
      ]);
      expect(await violations()).toEqual([]);
    });

    it('takes back the later decision of two, and then no more than that', async () => {
      const ids = await fileMany(2);
      const first = await decideMany(ids, 'approved');
      const later = await decideMany(ids, 'spam');
      expect(await store.undo(later, 'Ada')).toEqual({ count: 2, kept: 0 });
      expect(await store.undo(first, 'Ada')).toEqual({ count: 0, kept: 2 });
      expect(await statesOf(ids)).toEqual(['approved', 'approved']);
    });

    it('is not kept from it by what looks have found since', async () => {
      const id = await file();
      const made = await decideMany([id], 'approved');
      await look(buildFound());
      await lookAgain(id, buildNotFound({ finding: 'gone' }));
      expect(await store.undo(made, 'Ada')).toEqual({ count: 1, kept: 0 });
      expect(await load(id)).toMatchObject({ moderation: 'pending', verification: 'gone' });
    });

    it('leaves what the policy decides on from then on to the policy', async () => {
      const id = await file();
      const made = await decideMany([id], 'rejected');
      await store.undo(made, 'Ada');
      await look(buildFound(), { policy: 'approve-all' });
      expect(await stateOf(id)).toBe('approved');
      expect(await violations()).toEqual([]);
    });

    it('keeps what the policy decided on since', async () => {
      const id = await file();
      await decideOn(store, id, 'spam');
      const made = await decideMany([id], 'pending');
      await look(buildFound(), { policy: 'approve-all' });
      expect(await store.undo(made, 'Ada')).toEqual({ count: 0, kept: 1 });
      expect(await stateOf(id)).toBe('approved');
    });

    it('does not make it the word of a person what was not', async () => {
      const byPolicy = await file();
      await look(buildFound(), { policy: 'approve-all' });
      const byPerson = await verified();
      await decideOn(store, byPerson, 'approved');
      const made = await decideMany([byPolicy, byPerson], 'spam');
      await store.undo(made, 'Ada');
      expect(await statesOf([byPolicy, byPerson])).toEqual(['approved', 'approved']);
      expect((await store.examples('blog', 'approved', 10)).map(({ id }) => id)).toEqual([byPerson]);
    });

    it('happens once, however often it is asked for', async () => {
      const ids = await fileMany(many);
      const made = await decideMany(ids, 'spam');
      const twice = await Promise.all([store.undo(made, 'Ada'), store.undo(made, 'Ada')]);
      expect(twice).toEqual([{ count: many, kept: 0 }, 'undone']);
      expect(await store.undo(made, 'Ada')).toBe('undone');
      expect(await store.undo('nothing', 'Ada')).toBe('unknown');
    });

    it('is for whoever could have made it: of one site, nobody can who is of another, nor of all by one of them', async () => {
      const [own, other] = [await file({ site: 'blog' }), await file({ site: 'notes' })];
      const ofBlog = await decideMany([own, other], 'spam', 'blog');
      const ofAll = await decideMany([own, other], 'rejected');
      expect(await store.undo(ofBlog, 'Ada', 'notes')).toBe('unknown');
      expect(await store.undo(ofAll, 'Ada', 'blog')).toBe('unknown');
      expect(await store.undo(ofAll, 'Ada')).toEqual({ count: 2, kept: 0 });
      expect(await store.undo(ofBlog, 'Ada', 'blog')).toEqual({ count: 0, kept: 1 });
    });
  });

  describe(`${name}: what is kept beside the linkbacks`, () => {
    const pair = fc.record({
      page: fc.integer({ min: 0, max: 3 }),
      host: fc.constantFrom('a.example', 'b.a.example', 'c.example'),
      site: fc.constantFrom('blog', 'notes'),
    });
    const state = fc.constantFrom<Moderation>('pending', 'approved', 'rejected', 'spam');
    const pick = fc.nat({ max: 50 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('file' as const), pair }),
      fc.record({ do: fc.constant('find' as const), policy: fc.constantFrom('hold-all', 'approve-all') }),
      fc.record({ do: fc.constant('miss' as const), isGone: fc.boolean() }),
      fc.record({ do: fc.constant('merge' as const), pair }),
      fc.record({ do: fc.constant('again' as const), pick }),
      fc.record({ do: fc.constant('decide' as const), pick, state }),
      fc.record({ do: fc.constant('decide all' as const), from: fc.option(state), state }),
      fc.record({ do: fc.constant('undo' as const), pick }),
      fc.record({ do: fc.constant('erase' as const), pick }),
    );
    type Pair = { readonly page: number; readonly host: string; readonly site: string };
    const pageOf = ({ page, host, site }: Pair) => {
      const [source, target] = [`https://${host}/entry`, `https://${site}.example/${page}`];
      return { source, target, targetKey: target, pairKey: `${source} ${target}` };
    };

    it('is as they are, after whatever happens in whatever order', { timeout: 120_000 }, async () => {
      const run = async (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
        const ids: string[] = [];
        const decisions: string[] = [];
        const any = <Item>(from: readonly Item[], at: number): Item | undefined => from[at % from.length];
        for (const each of steps) {
          clock.advance(second);
          if (each.do === 'file')
            ids.push(await file({ ...pageOf(each.pair), site: each.pair.site, sourceHost: each.pair.host }));
          else if (each.do === 'find')
            await look(buildFound(), { policy: each.policy === 'hold-all' ? 'hold-all' : 'approve-all' });
          else if (each.do === 'miss')
            await look(buildNotFound({ finding: each.isGone ? 'gone' : 'absent' }));
          else if (each.do === 'merge') await look(buildFound({ filing: pageOf(each.pair) }));
          else if (each.do === 'again') await store.verifyAgain(any(ids, each.pick) ?? '');
          else if (each.do === 'undo') await store.undo(any(decisions, each.pick) ?? '', 'Ada');
          else if (each.do === 'erase') await store.erase(any(ids, each.pick) ?? '');
          else {
            const scope =
              each.do === 'decide'
                ? { ids: [any(ids, each.pick) ?? ''] }
                : { filter: each.from === null ? {} : { moderation: each.from } };
            const { id } = await store.decideAll(scope, word(each.state));
            if (id !== null) decisions.push(id);
          }
          expect(await violations()).toEqual([]);
        }
      };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
          await run(steps);
          for (const id of await listed()) await store.erase(id);
        }),
        { numRuns: 25 },
      );
      expect(await rows('SELECT * FROM approved_host')).toEqual([]);
      const counted = 'SELECT site FROM tally GROUP BY site, moderation, verification HAVING SUM(count) <> 0';
      expect(await rows(counted)).toEqual([]);
    });
  });

  describe(`${name}: the list`, () => {
    it('tells what failed or is tried again, and what is approved but gone', async () => {
      const fine = await verified();
      const refused = await file();
      await look(buildNotFound());
      const waiting = await file();
      const retried = await verified();
      await lookAgain(retried, setback);
      const gone = await verified();
      await decideOn(store, gone, 'approved');
      await lookAgain(gone, buildNotFound({ finding: 'gone' }));
      const goneUnapproved = await verified();
      await lookAgain(goneUnapproved, buildNotFound({ finding: 'gone' }));
      const parked = await file({ site: 'notes' });
      await opened.raw(`UPDATE job SET state = 'dead' WHERE linkback_id = '${parked}'`);
      expect(await listed({ attention: 'failed' })).toEqual([refused, retried, parked]);
      expect(await listed({ attention: 'failed', site: 'notes' })).toEqual([parked]);
      expect((await store.counts()).failed).toBe(3);
      expect((await store.counts('notes')).failed).toBe(1);
      expect(await listed({ attention: 'failed', order: 'newest', limit: 2 })).toEqual([parked, retried]);
      expect(await listed({ attention: 'gone' })).toEqual([gone]);
      expect(await listed({ attention: 'gone', moderation: 'pending' })).toEqual([]);
      expect(await listed()).toEqual([fine, refused, waiting, retried, gone, goneUnapproved, parked]);
    });

    it('takes a host with all hosts below it, and no other that ends alike', async () => {
      const at = (sourceHost: string): Promise<string> => file({ sourceHost });
      const own = await at('weblogs.example');
      const below = [await at('ada.weblogs.example'), await at('x.ada.weblogs.example')];
      const others = [await at('myweblogs.example'), await at('example'), await at('weblogs.example.org')];
      expect(await listed({ host: 'weblogs.example' })).toEqual([own, ...below]);
      expect(await listed({ host: 'ada.weblogs.example' })).toEqual(below);
      expect(await listed({ host: 'example' })).toEqual([own, ...below, ...others.slice(0, 2)]);
      expect(await listed({ host: 'logs.example' })).toEqual([]);
      expect(await listed({ host: '[2001:db8::1]' })).toEqual([]);
      expect(await listed({ host: '%' })).toEqual([]);
    });

    it('finds a word far back among many, and goes on behind any cursor', async () => {
      const [first] = await fileMany(1, { source: 'https://other.example/a-needle', pairKey: 'first' });
      await fileMany(many);
      const [last] = await fileMany(1, { source: 'https://other.example/the-needle', pairKey: 'last' });
      const query = { q: 'needle', limit: 1 };
      expect(await listed({ ...query, order: 'oldest' })).toEqual([first]);
      const page = await store.moderationList({ ...query, order: 'newest' });
      expect([page.items.map(({ id }) => id), page.next]).toEqual([[last], last]);
      await store.erase(last ?? '');
      expect(await store.moderationList({ ...query, order: 'newest', after: last ?? '' })).toMatchObject({
        items: [{ id: first }],
        next: null,
      });
      expect(await listed({ q: 'haystack' })).toEqual([]);
    });

    it('finds the spelling that was announced last', async () => {
      const id = await file({ pairKey: 'pair', source: 'https://other.example/entry' });
      await file({ pairKey: 'pair', source: 'https://other.example/entry/again' });
      expect(await listed({ q: 'entry/again' })).toEqual([id]);
    });

    it('lets others have their turn while it searches', async () => {
      await fileMany(many);
      let turns = 0;
      let isOver = false;
      const turn = (): void => {
        turns += 1;
        if (!isOver) setImmediate(turn);
      };
      setImmediate(turn);
      await listed({ q: 'haystack' });
      isOver = true;
      expect(turns).toBeGreaterThan(0);
    });

    it('lets through what its filters say, all of them at once, and forgets nobody between two pages', async () => {
      const types = ['mention', 'reply', 'like'] as const;
      for (let at = 0; at < 60; at += 1) {
        const sourceHost = at % 3 === 0 ? 'one.example' : `h${at % 7}.two.example`;
        const dialect = (['pingback', 'webmention', 'trackback'] as const)[at % 3] ?? 'pingback';
        const site = at % 4 === 0 ? 'notes' : 'blog';
        await file({ sourceHost, dialect, site, source: `https://${sourceHost}/word${at % 5}-${at}` });
        if (at % 5 !== 0)
          await look(at % 6 === 0 ? buildNotFound() : buildFound({ type: types[at % 3] ?? 'like' }));
        clock.advance(second);
      }
      const all = await Promise.all((await listed()).map(load));
      await decideMany(
        all.filter((_, at) => at % 3 === 1).map(({ id }) => id),
        'approved',
      );
      const stored = await Promise.all(all.map(({ id }) => load(id)));
      const isMeant = (linkback: Linkback, filter: ModerationFilter): boolean =>
        (filter.site ?? linkback.site) === linkback.site &&
        (filter.moderation ?? linkback.moderation) === linkback.moderation &&
        (filter.verification ?? linkback.verification) === linkback.verification &&
        (filter.type ?? linkback.type) === linkback.type &&
        (filter.protocol ?? linkback.protocol) === linkback.protocol &&
        (filter.since ?? 0) <= linkback.receivedAt &&
        (filter.host === undefined || `.${linkback.sourceHost}`.endsWith(`.${filter.host}`)) &&
        (filter.q === undefined || linkback.source.includes(filter.q));
      const some = <Value>(...values: Value[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
      const filters = fc.record({
        site: some('blog', 'notes', 'nowhere'),
        moderation: some<Moderation>('pending', 'approved', 'spam'),
        verification: some('verified', 'refused', 'unverified'),
        type: some<Linkback['type']>('mention', 'reply', 'like'),
        protocol: some<Linkback['protocol']>('pingback', 'webmention', 'trackback'),
        host: some('one.example', 'two.example', 'h1.two.example'),
        q: some('word', 'word3', 'nothing'),
        since: some(...stored.map(({ receivedAt }) => receivedAt)),
      });
      const query = fc.record({
        filter: filters,
        order: fc.constantFrom<ModerationQuery['order']>('oldest', 'newest'),
        limit: fc.integer({ min: 1, max: 20 }),
      });
      await fc.assert(
        fc.asyncProperty(query, async ({ filter: drawn, order, limit }) => {
          const filter = Object.fromEntries(
            Object.entries(drawn).filter(([, value]) => value !== undefined),
          ) as ModerationFilter;
          const wanted = stored.filter((each) => isMeant(each, filter)).map(({ id }) => id);
          const found: string[] = [];
          for (let after: string | null | undefined; after !== null;) {
            const page = await store.moderationList({
              ...filter,
              order,
              limit,
              ...(after === undefined ? {} : { after }),
            });
            expect(page.items.length).toBeLessThanOrEqual(limit);
            found.push(...page.items.map(({ id }) => id));
            after = page.next;
          }
          expect(found).toEqual(order === 'oldest' ? wanted : wanted.toReversed());
        }),
        { numRuns: 100 },
      );
    });
  });

  describe(`${name}: the others of a host`, () => {
    it('are the latest of that very host on the site, and counted', async () => {
      const ids: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        clock.advance(second);
        ids.push(await file({ sourceHost: 'one.example' }));
      }
      await file({ sourceHost: 'one.example', site: 'notes' });
      await file({ sourceHost: 'x.one.example' });
      const { items, count } = await store.hostLinkbacks('blog', 'one.example', ids[4] ?? '', 2);
      expect(items.map(({ id }) => id)).toEqual([ids[3], ids[2]]);
      expect(count).toBe(4);
      expect(await store.hostLinkbacks('blog', 'none.example', '', 2)).toEqual({ items: [], count: 0 });
    });

    it('are counted up to a thousand', async () => {
      await fileMany(1010, { sourceHost: 'busy.example' });
      expect((await store.hostLinkbacks('blog', 'busy.example', '', 1)).count).toBe(1000);
    });
  });

  describe(`${name}: a walk`, () => {
    it('shows all that a filter lets through, the newest first, as rules see it', async () => {
      const { facts } = buildFound();
      const known = await verified(
        { dialect: 'webmention', pairKey: 'pair' },
        { facts: { ...facts, author: { name: 'Ada', url: null, photo: null } }, held: ['webmention'] },
      );
      await file({ dialect: 'pingback', pairKey: 'pair' });
      const ids = await fileMany(many);
      await fileMany(2, { site: 'notes' });
      const seen: RuleCandidate[] = [];
      const walked = await store.walk({ site: 'blog' }, (batch) => seen.push(...batch));
      expect(walked).toEqual({ checked: many + 1, isComplete: true });
      expect(seen.map(({ id }) => id)).toEqual([...ids.toReversed(), known]);
      const { site, source, target } = await load(known);
      const last = seen.at(-1);
      expect(last).toMatchObject({ id: known, site, source, target, verification: 'verified' });
      expect(last?.author?.name).toBe('Ada');
      expect(new Set(last?.dialects)).toEqual(new Set(['webmention', 'pingback']));
      expect(seen[0]).toMatchObject({ author: null, dialects: ['pingback'], moderation: 'pending' });
    });

    it('lets others have their turn on its way', async () => {
      await fileMany(many);
      const turns: string[] = [];
      const timer = setInterval(() => turns.push('other'), 0);
      await store.walk({ q: 'entry' }, () => turns.push('walk'));
      clearInterval(timer);
      expect(turns.indexOf('other')).toBeGreaterThanOrEqual(0);
      expect(turns.indexOf('other')).toBeLessThan(turns.lastIndexOf('walk'));
    });
  });

  describe(`${name}: examples`, () => {
    it('are the latest that a person decided on, on that site, and stay what the person said', async () => {
      const ids = await fileMany(4);
      await look(buildFound());
      for (const [at, id] of ids.entries()) {
        clock.advance(second);
        await decideOn(store, id, at === 3 ? 'spam' : 'approved');
      }
      await look(buildFound(), { policy: 'approve-all' });
      await verified({ site: 'notes' });
      const examples = async (moderation: 'approved' | 'spam', limit = 2): Promise<string[]> =>
        (await store.examples('blog', moderation, limit)).map(({ id }) => id);
      expect(await examples('approved')).toEqual([ids[2], ids[1]]);
      expect(await examples('spam')).toEqual([ids[3]]);
      await decideOn(store, ids[2] ?? '', 'spam');
      expect(await examples('approved')).toEqual([ids[1], ids[0]]);
    });
  });

  describe(`${name}: turns`, () => {
    it('are taken by one of all who come at once, and again when their time has come', async () => {
      const all = await Promise.all(Array.from({ length: 8 }, () => store.takeTurn('digest', hour)));
      expect(all.filter(Boolean)).toHaveLength(1);
      expect(await store.takeTurn('other', hour)).toBe(true);
      clock.advance(hour - 1);
      expect(await store.takeTurn('digest', hour)).toBe(false);
      clock.advance(1);
      expect(await store.takeTurn('digest', hour)).toBe(true);
    });

    it('are not lost to a clock that was far ahead', async () => {
      clock.advance(1000 * hour);
      await store.takeTurn('digest', hour);
      clock.advance(-1000 * hour);
      expect(await store.takeTurn('digest', hour)).toBe(true);
      clock.advance(-minute);
      expect(await store.takeTurn('digest', hour)).toBe(false);
    });
  });
}
