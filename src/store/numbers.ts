import { sql } from 'kysely';
import type { Numbers, NumbersStore, Queued } from '../linkback/ports.ts';
import type { Db, Engine } from './engine.ts';
import { tallies } from './tallies.ts';

export function numbersStore({ db }: Engine): NumbersStore {
  return {
    numbers: async () => ({
      linkbacks: await tallies(db, undefined),
      jobs: await jobs(db),
      calls: await calls(db),
    }),
  };
}

type Counted = {
  readonly count: number;
  readonly due_at: number | null;
  readonly lease_until: number | null;
};

const aggregates = [
  sql<number>`count(*)`.as('count'),
  sql<number | null>`min(due_at)`.as('due_at'),
  sql<number | null>`min(lease_until)`.as('lease_until'),
] as const;

/** Walks through the whole table: there are open jobs in it, which are bounded, and the few that are dead. */
async function jobs(db: Db): Promise<Numbers['jobs']> {
  const states = await db
    .selectFrom('job')
    .groupBy('state')
    .select(['state', ...aggregates])
    .execute();
  const of = (name: string): Counted | undefined => states.find(({ state }) => state === name);
  return { ...queued(of('waiting'), of('leased')), dead: of('dead')?.count ?? 0 };
}

/** Ended calls stay in the table for a while, so the states are constants: each has an index that holds nothing else. */
async function calls(db: Db): Promise<Queued> {
  const of = (state: 'waiting' | 'leased'): Promise<Counted> =>
    db
      .selectFrom('delivery')
      .where('state', '=', sql.lit(state))
      .select(aggregates)
      .executeTakeFirstOrThrow();
  return queued(await of('waiting'), await of('leased'));
}

/** What a process held that is no more waits again from the instant its lease runs out. */
function queued(waiting: Counted | undefined, leased: Counted | undefined): Queued {
  const instants = [waiting?.due_at, leased?.lease_until].filter((at) => at !== null && at !== undefined);
  return {
    waiting: waiting?.count ?? 0,
    leased: leased?.count ?? 0,
    dueSince: instants.length === 0 ? undefined : Math.min(...instants),
  };
}
