import type { Change } from '../linkback/changes.ts';
import type { Db, Engine } from './engine.ts';

/** Takes note of a change that a unit of writing makes to a linkback. */
export type Note = (change: Change) => void;

/** An engine whose units of writing also say what they change. */
export type NotingEngine = Omit<Engine, 'write'> & {
  readonly write: <Result>(unit: (db: Db, note: Note) => Promise<Result>) => Promise<Result>;
};

/** Who hears of changes, and when. */
export type Hearing = {
  /** Is told of each change once it is durable. */
  readonly tell: (change: Change) => void;
  /** Writes down what the changes of a unit promise to others, in its transaction; says whether that is anything. */
  readonly promise: (db: Db, changes: readonly Change[]) => Promise<boolean>;
  /** Is told once such promises are durable. */
  readonly promised: () => void;
};

/**
 * Makes units of writing that say what they change: what that promises to others is written with it, and once the
 * transaction is durable, whoever listens is told.
 *
 * A unit that is undone has changed nothing, and nobody hears of it. What happens to one linkback within a unit is one
 * change, from how it was before to how it is afterwards.
 */
export function noteChanges(engine: Engine, { tell, promise, promised }: Hearing): NotingEngine {
  return {
    ...engine,
    write: async (unit) => {
      const { result, changes, isPromised } = await engine.write(async (db) => {
        const noted = new Map<string, Change>();
        const result = await unit(db, (change) => noteOne(noted, change));
        const changes = [...noted.values()].filter(({ before, after }) => before !== null || after !== null);
        return { result, changes, isPromised: changes.length > 0 && (await promise(db, changes)) };
      });
      if (isPromised) promised();
      for (const change of changes) tell(change);
      return result;
    },
  };
}

function noteOne(noted: Map<string, Change>, change: Change): void {
  const id = (change.after ?? change.before)?.id;
  if (id === undefined) return;
  const earlier = noted.get(id);
  noted.set(id, earlier === undefined ? change : { ...change, before: earlier.before });
}
