import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { explained, isBroken } from './postgres-errors.ts';

/** Texts of statements that the server is asked to keep; lists of values come in too many lengths to keep them all. */
const keptStatements = 300;
/** Longer ones are lists of values, in characters. */
const longestKept = 3000;

/**
 * Makes a pool for kysely out of the driver's: errors in the store's words, statements prepared once per connection,
 * and no connection used again that did not answer in time.
 */
export function guardPool(pool: pg.Pool): PostgresPool {
  const nameOf = makeNames();
  return {
    options: {},
    connect: async () => {
      try {
        return guardClient(await pool.connect(), nameOf);
      } catch (error) {
        throw explained(error);
      }
    },
    end: () => pool.end(),
  };
}

function guardClient(
  client: pg.PoolClient,
  nameOf: (text: string) => string | undefined,
): PostgresPoolClient {
  let broken: Error | undefined;
  const query = async <Row>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> => {
    // It may answer late, and what it says then would be taken for the answer to another question.
    if (broken !== undefined) throw broken;
    try {
      const name = nameOf(text);
      const result = await client.query({
        text,
        values: values.map(storable),
        ...(name === undefined ? {} : { name }),
      });
      // The driver knows no more of rows than that they are rows.
      return result as unknown as PostgresQueryResult<Row>;
    } catch (error) {
      const told = explained(error);
      if (isBroken(error)) broken = told instanceof Error ? told : new Error(String(told));
      throw told;
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    release: () => {
      client.release(broken ?? false);
    },
  };
}

/** PostgreSQL keeps no NUL in a text: it becomes the sign for a character that cannot be shown. */
export function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

/** Names for statements: the same text has the same name on each connection. */
function makeNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    if (names.size >= keptStatements || text.length > longestKept) return undefined;
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    names.set(text, name);
    return name;
  };
}
