import type { Change } from '../linkback/changes.ts';
import type { Db, Engine } from './engine.ts';

/** Takes note of a change that a unit of writing makes to a linkback. */
export type Note = (change: Change) => void;

/** An engine whose units of writing also say what they change. */
export type NotingEngine = Omit<Engine, 'write'> & {
  readonly write: <Result>(unit: (db: Db, note: Note) => Promise<Result>) => Promise<Result>;
};

/**
 * Makes units of writing that say what they change: once the transaction is durable, whoever listens is told.
 *
 * A unit that is undone has changed nothing, and nobody hears of it.
 */
export function noteChanges(engine: Engine, tell: (change: Change) => void): NotingEngine {
  return {
    ...engine,
    write: async (unit) => {
      const changes: Change[] = [];
      const result = await engine.write((db) => unit(db, (change) => changes.push(change)));
      for (const change of changes) tell(change);
      return result;
    },
  };
}
