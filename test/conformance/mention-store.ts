import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedPing } from '../../src/linkback/accept.ts';
import type { Moderation } from '../../src/linkback/linkback.ts';
import type { Mention, MentionQuery, Withdrawal } from '../../src/linkback/ports.ts';
import type { Store } from '../../src/linkback/store.ts';
import { settle } from '../../src/linkback/settle.ts';
import type { Found, Outcome } from '../../src/linkback/verdict.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import type { Clock } from '../support/clock.ts';
import { decideOn } from '../support/owner.ts';
import type { OpenedStore } from './store.ts';

const second = 1000;

/** What every store promises to readers that know linkbacks by their serials. */
export function mentionStoreSuite(name: string, open: () => Promise<OpenedStore>): void {
  let opened: OpenedStore;
  let store: Store;
  let clock: Clock;

  beforeEach(async () => {
    opened = await open();
    ({ store, clock } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  const look = async (outcome: Outcome): Promise<void> => {
    for (const lease of await store.claim({ limit: 100, leaseMs: 60_000, busyHosts: 'ignore' })) {
      await store.finish(lease, ({ linkback, hostIsApproved, now }) =>
        settle(linkback, outcome, {
          now,
          progress: lease.progress,
          policy: 'hold-all',
          hostIsApproved,
          retryAt: () => undefined,
        }),
      );
    }
  };

  /** Files a ping and has it verified. */
  const verified = async (
    change: Partial<AcceptedPing> = {},
    found: Partial<Found> = {},
  ): Promise<string> => {
    const { linkbackId } = await store.file(buildPing({ at: clock.now(), ...change }));
    await look(buildFound(found));
    return linkbackId;
  };

  const decided = async (id: string, moderation: Moderation): Promise<void> => {
    await decideOn(store, id, moderation);
  };

  const published = async (
    change: Partial<AcceptedPing> = {},
    found: Partial<Found> = {},
  ): Promise<string> => {
    const id = await verified(change, found);
    await decided(id, 'approved');
    return id;
  };

  const lookAgain = async (id: string, outcome: Outcome): Promise<void> => {
    await store.verifyAgain(id);
    await look(outcome);
  };

  const all: MentionQuery = { sortBy: 'created', isDescending: false, limit: 100, offset: 0 };
  const mentions = async (query: Partial<MentionQuery> = {}): Promise<readonly Mention[]> =>
    (await store.mentions({ ...all, ...query })).items;
  const ids = async (query: Partial<MentionQuery> = {}): Promise<string[]> =>
    (await mentions(query)).map((each) => each.linkback.id);
  const serials = async (): Promise<number[]> => (await mentions()).map((each) => each.serial);
  const withdrawals = (query: Partial<MentionQuery> = {}): Promise<readonly Withdrawal[]> =>
    store.withdrawals({ ...all, ...query });

  const of = (key: string, fragment: string | null = null) => ({ targets: [{ key, fragment }] });

  describe(`${name}: serials`, () => {
    it('count what becomes public, in the order in which it does, whenever it came', async () => {
      const [early, late] = [await verified(), await verified()];
      expect(await mentions()).toEqual([]);
      clock.advance(second);
      await decided(late, 'approved');
      clock.advance(second);
      await decided(early, 'approved');
      expect(await mentions()).toEqual([
        { serial: 1, publicAt: clock.now() - second, linkback: await store.linkback(late) },
        { serial: 2, publicAt: clock.now(), linkback: await store.linkback(early) },
      ]);
    });

    it('are given when what was approved before is verified', async () => {
      const { linkbackId } = await store.file(buildPing({ at: clock.now() }));
      await decided(linkbackId, 'approved');
      expect(await mentions()).toEqual([]);
      clock.advance(second);
      await look(buildFound());
      expect(await mentions()).toMatchObject([{ serial: 1, publicAt: clock.now() }]);
    });

    it('stay with their linkback, whatever is decided or found', async () => {
      const [id] = [await published(), await published()];
      for (const moderation of ['spam', 'approved', 'pending', 'rejected', 'approved'] as const) {
        clock.advance(second);
        await decided(id, moderation);
      }
      await lookAgain(id, buildNotFound({ finding: 'gone' }));
      expect(await serials()).toEqual([2]);
      await lookAgain(id, buildFound());
      expect(await serials()).toEqual([1, 2]);
    });

    it('are never given twice: what was erased and comes again has a new one', async () => {
      await store.erase(await published({ pairKey: 'pair' }));
      await published({ pairKey: 'pair' });
      expect(await serials()).toEqual([2]);
    });

    it('have no gap and no repeat when many become public at once', async () => {
      const waiting: string[] = [];
      for (let count = 0; count < 25; count += 1) waiting.push(await verified());
      await Promise.all(waiting.map((id) => decided(id, 'approved')));
      expect(await serials()).toEqual(waiting.map((_, at) => at + 1));
    });

    it('are not used up when what was decided is undone', async () => {
      const id = await verified();
      await opened.raw(
        "INSERT INTO publication (serial, public_at, withdrawn_at, site, target, target_key) VALUES (1, 1, 1, 's', 't', 'k')",
      );
      await expect(decided(id, 'approved')).rejects.toThrow(/constraint/iu);
      await opened.raw('DELETE FROM publication');
      await decided(id, 'approved');
      expect(await serials()).toEqual([1]);
    });
  });

  describe(`${name}: mentions`, () => {
    it('are what is verified and approved, and nothing else', async () => {
      const shown = await published();
      await verified();
      const refused = (await store.file(buildPing({ at: clock.now() }))).linkbackId;
      await look(buildNotFound());
      await decided(refused, 'approved');
      for (const moderation of ['rejected', 'spam'] as const) await decided(await verified(), moderation);
      const gone = await published();
      await lookAgain(gone, buildNotFound({ finding: 'gone' }));
      expect(await ids()).toEqual([shown]);
    });

    it('can be asked for by pages and parts of pages, by sites and by types', async () => {
      const one = await published({ targetKey: 'one' });
      const part = await published({ targetKey: 'one', fragment: 'part' }, { type: 'reply' });
      const two = await published({ targetKey: 'two', site: 'notes' }, { type: 'like' });
      await published({ targetKey: 'three' });
      expect(await ids(of('one'))).toEqual([one, part]);
      expect(await ids(of('one', 'part'))).toEqual([part]);
      expect(await ids(of('two', 'part'))).toEqual([]);
      expect(await ids({ targets: [...of('one', 'part').targets, ...of('two').targets] })).toEqual([
        part,
        two,
      ]);
      expect(await ids({ sites: ['notes', 'nowhere'] })).toEqual([two]);
      expect(await ids({ types: ['reply', 'like'] })).toEqual([part, two]);
      expect(await ids({ ...of('one'), types: ['like'] })).toEqual([]);
    });

    it('can be asked for since a serial, which misses nothing that is approved late', async () => {
      const early = await verified();
      const first = await published();
      expect(await ids({ sinceSerial: 0 })).toEqual([first]);
      expect(await ids({ sinceSerial: 1 })).toEqual([]);
      await decided(early, 'approved');
      expect(await ids({ sinceSerial: 1 })).toEqual([early]);
    });

    it('can be asked for since an instant, which is that of becoming public', async () => {
      const early = await verified();
      clock.advance(second);
      const first = await published();
      clock.advance(second);
      await decided(early, 'approved');
      expect(await ids({ since: clock.now() })).toEqual([early]);
      expect(await ids({ since: clock.now() - second })).toEqual([first, early]);
      expect(await ids({ since: clock.now() + 1 })).toEqual([]);
    });

    it('come in any of the orders, either way round', async () => {
      const { facts } = buildFound();
      const dated = (publishedAt: number | null) => ({ facts: { ...facts, publishedAt } });
      const a = await published({}, dated(clock.now() - 5 * second));
      clock.advance(second);
      const b = await published({}, dated(null));
      clock.advance(second);
      const c = await published({}, dated(clock.now() - 9 * second));
      clock.advance(second);
      await lookAgain(a, buildFound({ facts: { ...facts, title: 'Changed' } }));
      expect(await ids({ sortBy: 'created' })).toEqual([a, b, c]);
      expect(await ids({ sortBy: 'created', isDescending: true })).toEqual([c, b, a]);
      expect(await ids({ sortBy: 'updated' })).toEqual([b, c, a]);
      expect(await ids({ sortBy: 'updated', isDescending: true })).toEqual([a, c, b]);
      await lookAgain(a, buildFound(dated(clock.now() - 8 * second)));
      expect(await ids({ sortBy: 'published' })).toEqual([c, a, b]);
      expect(await ids({ sortBy: 'published', isDescending: true })).toEqual([b, a, c]);
    });

    it('come by their answer to an invitation, from no answer to yes', async () => {
      const { facts } = buildFound();
      const answers = ['yes', 'interested', 'no', 'maybe'] as const;
      const of: string[] = [await published()];
      for (const rsvp of answers) of.push(await published({}, { type: 'rsvp', facts: { ...facts, rsvp } }));
      const wanted = [of[0], of[3], of[2], of[4], of[1]];
      expect(await ids({ sortBy: 'rsvp' })).toEqual(wanted);
      expect(await ids({ sortBy: 'rsvp', isDescending: true })).toEqual(wanted.toReversed());
      expect(await store.mentionCounts({})).toEqual([
        { type: 'mention', rsvp: null, count: 1 },
        ...answers.toSorted().map((rsvp) => ({ type: 'rsvp', rsvp, count: 1 })),
      ]);
    });

    it('come in pages, with the number of all', async () => {
      const every: string[] = [];
      for (let count = 0; count < 5; count += 1) every.push(await published({ targetKey: 'one' }));
      await published({ targetKey: 'two' });
      const query = { ...all, ...of('one'), limit: 2 };
      const pages = [0, 2, 4, 6].map((offset) => store.mentions({ ...query, offset }));
      expect((await Promise.all(pages)).map(({ items, total }) => [items.length, total])).toEqual([
        [2, 5],
        [2, 5],
        [1, 5],
        [0, 5],
      ]);
      expect(await ids({ ...query, offset: 2 })).toEqual(every.slice(2, 4));
      expect(await store.mentions({ ...query, limit: 0 })).toEqual({ items: [], total: 5 });
    });

    it('are counted by type, of some pages or all', async () => {
      await published({ targetKey: 'one' });
      await published({ targetKey: 'one' }, { type: 'like' });
      await published({ targetKey: 'two' }, { type: 'like' });
      await verified({ targetKey: 'one' }, { type: 'like' });
      expect(await store.mentionCounts(of('one'))).toEqual([
        { type: 'like', rsvp: null, count: 1 },
        { type: 'mention', rsvp: null, count: 1 },
      ]);
      expect(await store.mentionCounts({ sites: ['blog'] })).toMatchObject([{ count: 2 }, { count: 1 }]);
      expect(await store.mentionCounts(of('nowhere'))).toEqual([]);
    });
  });

  describe(`${name}: withdrawals`, () => {
    it('list what was public and is not any more, and only as long as it is not', async () => {
      const id = await published();
      await decided(await verified(), 'spam');
      expect(await withdrawals()).toEqual([]);
      clock.advance(second);
      await decided(id, 'rejected');
      const linkback = await store.linkback(id);
      expect(await withdrawals()).toEqual([
        { serial: 1, source: linkback?.source, target: linkback?.target, withdrawnAt: clock.now() },
      ]);
      const at = clock.now();
      clock.advance(second);
      await decided(id, 'spam');
      expect(await withdrawals()).toMatchObject([{ withdrawnAt: at }]);
      await decided(id, 'approved');
      expect(await withdrawals()).toEqual([]);
    });

    it('list what is gone, and what is erased: of that, nothing but our own page', async () => {
      const gone = await published();
      const erased = await published({ source: 'https://forgotten.example/entry' });
      await lookAgain(gone, buildNotFound({ finding: 'gone' }));
      clock.advance(second);
      await store.erase(erased);
      expect(await withdrawals()).toMatchObject([
        { serial: 2, source: null, target: 'https://blog.example/post', withdrawnAt: clock.now() },
        { serial: 1 },
      ]);
      clock.advance(second);
      await store.erase(gone);
      expect(await withdrawals()).toMatchObject([
        { serial: 2 },
        { serial: 1, source: null, withdrawnAt: clock.now() - 2 * second },
      ]);
      expect(JSON.stringify(await opened.raw('SELECT * FROM publication'))).not.toContain('forgotten');
    });

    it('list what turned out to be one with another that is public', async () => {
      const stays = await published({ pairKey: 'pair', targetKey: 'page' });
      const goes = await published();
      clock.advance(second);
      const filing = {
        source: 'https://source.example/entry',
        target: 'https://blog.example/page',
        targetKey: 'page',
        pairKey: 'pair',
      };
      await lookAgain(goes, buildFound({ filing }));
      expect(await ids()).toEqual([stays]);
      expect(await withdrawals()).toMatchObject([{ serial: 2, source: null, withdrawnAt: clock.now() }]);
    });

    it('know nothing of what was never public', async () => {
      await store.erase(await verified());
      expect(await withdrawals()).toEqual([]);
    });

    it('can be asked for by page, site, serial, instant and page of the list', async () => {
      const every = [
        await published({ targetKey: 'one' }),
        await published({ targetKey: 'two', site: 'notes' }),
        await published({ targetKey: 'one' }),
      ];
      for (const id of every) {
        clock.advance(second);
        await decided(id, 'pending');
      }
      const found = async (query: Partial<MentionQuery>): Promise<number[]> =>
        (await withdrawals(query)).map((each) => each.serial);
      expect(await found({})).toEqual([3, 2, 1]);
      expect(await found(of('one'))).toEqual([3, 1]);
      expect(await found({ sites: ['notes'] })).toEqual([2]);
      expect(await found({ sinceSerial: 2 })).toEqual([3]);
      expect(await found({ since: clock.now() - second })).toEqual([3, 2]);
      expect(await found({ limit: 1, offset: 1 })).toEqual([2]);
    });
  });

  describe(`${name}: what a publication can not be`, () => {
    it.each([
      ['withdrawn from nowhere', 'UPDATE publication SET withdrawn_at = 5'],
      [
        'public and withdrawn',
        "UPDATE publication SET site = 'blog', target = 'https://t.example/', target_key = 'k'",
      ],
      ['of no linkback and not withdrawn', 'UPDATE publication SET linkback_id = NULL'],
      ['without a number', 'UPDATE publication SET serial = 0'],
    ])('%s', async (_, statement) => {
      await published();
      await expect(opened.raw(statement)).rejects.toThrow(/CHECK|check/u);
    });
  });
}
