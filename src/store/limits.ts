import { sql, type RawBuilder } from 'kysely';
import type { Claim, Ledger } from '../linkback/ledger.ts';
import type { HostTurns, Hourly } from '../linkback/shared-limits.ts';
import type { Db, Engine } from './engine.ts';

/** Every so often, whoever takes something clears away what is over. */
const sweepEvery = 1000;
/** Hourly counts are kept by parts of an hour; the one under way counts, and all that the last hour may have seen. */
const partMs = 5 * 60_000;
const parts = 13;
/** For so long a host is another's at most, in milliseconds: longer than any fetch. */
const turnWithinMs = 20_000;

/** Limits as all processes of a database count them together, by the database's clock. */
export type SharedLimits = { readonly ledger: Ledger; readonly hourly: Hourly; readonly hosts: HostTurns };

/** Ends a unit that took only some of what it needed. */
class NotAll extends Error {}

/** Makes the limits that several processes share; undefined where there is one process only, which counts for itself. */
export function sharedLimits(engine: Engine, newToken: () => string): SharedLimits | undefined {
  if (engine.wire === undefined || engine.clock === undefined) return undefined;
  const clock = engine.clock;
  let taken = 0;
  const write = async <Result>(unit: (db: Db) => Promise<Result>): Promise<Result> => {
    taken += 1;
    if (taken % sweepEvery === 0) await engine.write((db) => sweep(db, clock()));
    return engine.write(unit);
  };
  return {
    ledger: {
      take: async (claims) => {
        if (claims.length === 0) return 0;
        const isTaken = await allOrNone(() => write((db) => takeAll(db, claims, clock())));
        return isTaken ? 0 : Math.max(1, await bucketsWait(engine.db, claims, clock()));
      },
      waitMs: (claims) => bucketsWait(engine.db, claims, clock()),
      giveBack: (claim) => write((db) => giveBack(db, claim, clock())),
    },
    hourly: {
      take: async (shares) => {
        const isTaken = await allOrNone(() => write((db) => countAll(db, shares, clock())));
        return isTaken ? 0 : Math.max(1, await countsWait(engine.db, shares, clock()));
      },
    },
    hosts: {
      begin: async (host) => {
        const token = newToken();
        const waitMs = await write((db) => beginHost(db, host, token, clock()));
        return waitMs > 0 ? { waitMs } : { token };
      },
      end: (host, token, restMs) => write((db) => endHost(db, host, token, restMs, clock())),
    },
  };
}

async function allOrNone(take: () => Promise<void>): Promise<boolean> {
  try {
    await take();
    return true;
  } catch (error) {
    if (error instanceof NotAll) return false;
    throw error;
  }
}

type Clock = RawBuilder<number>;

const nameOf = ({ kind, key }: Claim): string => `${kind} ${key}`;

/** Less than a millisecond is what adding up fractions came to. */
const slackMs = 1;

async function takeAll(db: Db, claims: readonly Claim[], at: Clock): Promise<void> {
  // Always in the same order, so that no two wait for each other.
  const rows = claims
    .map((claim) => ({
      name: nameOf(claim),
      each: claim.rate.eachMs,
      capacity: claim.rate.eachMs * claim.rate.atOnce,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const values = rows.map(
    ({ name, each, capacity }) =>
      sql`(${name}, ${at}, ${each}::float8, ${capacity}::float8, ${at} + ${each}::float8)`,
  );
  const { rows: taken } = await sql`
    INSERT INTO limit_bucket AS bucket (name, at, each_ms, capacity_ms, full_at) VALUES ${sql.join(values)}
    ON CONFLICT (name) DO UPDATE SET at = excluded.at, each_ms = excluded.each_ms, capacity_ms = excluded.capacity_ms,
      full_at = greatest(bucket.full_at, excluded.at) + excluded.each_ms
    WHERE greatest(bucket.full_at, excluded.at) + excluded.each_ms < excluded.at + excluded.capacity_ms + ${slackMs}
    RETURNING name`.execute(db);
  if (taken.length < rows.length) throw new NotAll();
}

async function bucketsWait(db: Db, claims: readonly Claim[], at: Clock): Promise<number> {
  if (claims.length === 0) return 0;
  const { rows } = await sql<{ name: string; debt: number }>`
    SELECT name, full_at - ${at} AS debt FROM limit_bucket WHERE name IN (${sql.join(claims.map(nameOf))})`.execute(
    db,
  );
  const waits = claims.map((claim) => {
    const { eachMs, atOnce } = claim.rate;
    const debt = rows.find(({ name }) => name === nameOf(claim))?.debt ?? 0;
    const wait = Math.max(debt, 0) + eachMs - eachMs * atOnce;
    return wait < slackMs ? 0 : wait;
  });
  return Math.max(...waits);
}

async function giveBack(db: Db, claim: Claim, at: Clock): Promise<void> {
  await sql`UPDATE limit_bucket SET full_at = greatest(full_at - ${claim.rate.eachMs}::float8, ${at})
    WHERE name = ${nameOf(claim)}`.execute(db);
}

type Share = Parameters<Hourly['take']>[0][number];

const partOf = (at: Clock): RawBuilder<number> => sql<number>`${at} / ${sql.lit(partMs)}`;

async function countAll(db: Db, shares: readonly Share[], at: Clock): Promise<void> {
  const keys = shares.map(([key]) => key).sort();
  const values = keys.map((key) => sql`(${key}, ${partOf(at)}, 1)`);
  await sql`INSERT INTO limit_count AS counted (key, part, count) VALUES ${sql.join(values)}
    ON CONFLICT (key, part) DO UPDATE SET count = counted.count + 1`.execute(db);
  const counts = await countsOf(db, keys, at);
  if (shares.some(([key, most]) => sumOf(counts, key) > most)) throw new NotAll();
}

type Counted = { readonly key: string; readonly part: number; readonly count: number; readonly now: number };

async function countsOf(db: Db, keys: readonly string[], at: Clock): Promise<readonly Counted[]> {
  const { rows } = await sql<Counted>`SELECT key, part, count, ${at} AS now FROM limit_count
    WHERE key IN (${sql.join(keys)}) AND part > ${partOf(at)} - ${sql.lit(parts)} ORDER BY part DESC`.execute(
    db,
  );
  return rows;
}

function sumOf(counts: readonly Counted[], key: string): number {
  return counts.filter((each) => each.key === key).reduce((sum, { count }) => sum + count, 0);
}

/** Until so much of what was counted is over that one more fits. */
async function countsWait(db: Db, shares: readonly Share[], at: Clock): Promise<number> {
  const counts = await countsOf(
    db,
    shares.map(([key]) => key),
    at,
  );
  const waits = shares.map(([key, most]) => {
    let sum = 0;
    for (const { part, count, now } of counts.filter((each) => each.key === key)) {
      sum += count;
      if (sum >= most) return (part + parts) * partMs - now;
    }
    return 0;
  });
  return Math.max(...waits);
}

async function beginHost(db: Db, host: string, token: string, at: Clock): Promise<number> {
  const { rows } = await sql`
    INSERT INTO limit_host AS held (host, token, until) VALUES (${host}, ${token}, ${at} + ${sql.lit(turnWithinMs)})
    ON CONFLICT (host) DO UPDATE SET token = excluded.token, until = excluded.until WHERE held.until <= ${at}
    RETURNING host`.execute(db);
  if (rows.length > 0) return 0;
  const left = await sql<{
    ms: number;
  }>`SELECT until - ${at} AS ms FROM limit_host WHERE host = ${host}`.execute(db);
  return Math.max(1, left.rows[0]?.ms ?? 1);
}

async function endHost(db: Db, host: string, token: string, restMs: number, at: Clock): Promise<void> {
  await sql`UPDATE limit_host SET until = ${at} + ${restMs}::float8 WHERE host = ${host} AND token = ${token}`.execute(
    db,
  );
}

async function sweep(db: Db, at: Clock): Promise<void> {
  await sql`DELETE FROM limit_bucket WHERE full_at < ${at}`.execute(db);
  await sql`DELETE FROM limit_host WHERE until < ${at}`.execute(db);
  await sql`DELETE FROM limit_count WHERE part <= ${partOf(at)} - ${sql.lit(parts)}`.execute(db);
}
