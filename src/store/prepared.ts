import type { Compilable, CompiledQuery, DialectAdapter } from 'kysely';
import type { Db } from './engine.ts';

/** Stands for a value while a statement is written. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An engine in this very process runs a statement at once: kysely's way to a connection would take longer. */
export type DirectAdapter = DialectAdapter & {
  readonly run: (statement: CompiledQuery, parameters: readonly unknown[]) => readonly unknown[];
};

/**
 * Makes a statement that is written once for each engine, and run with other values from then on: to write one down
 * takes longer than to run it.
 *
 * `write` is given stand-ins for the values, which it may hand on and nothing else: a statement that would be another
 * one for null, or for more values, is not one of these. It is written anew for other names of values. A value that is
 * an expression itself, the database's clock, becomes part of what is written, so it is the same one each time.
 */
export function prepared<Values extends object, Row>(
  write: (db: Db, values: Values) => Compilable<Row>,
): (db: Db, values: Values) => Promise<readonly Row[]> {
  const written = new WeakMap<DialectAdapter, Map<string, CompiledQuery<Row>>>();
  const statementFor = (db: Db, values: Values, adapter: DialectAdapter): CompiledQuery<Row> => {
    const known = written.get(adapter) ?? new Map<string, CompiledQuery<Row>>();
    written.set(adapter, known);
    const names = Object.keys(values);
    const key = names.join();
    const statement = known.get(key) ?? write(db, standIns(names, values) as Values).compile();
    known.set(key, statement);
    return statement;
  };
  return async (db, values): Promise<readonly Row[]> => {
    const { adapter } = db.getExecutor();
    const statement = statementFor(db, values, adapter);
    const parameters = filledIn(statement, values);
    if (isDirect(adapter)) return adapter.run(statement, parameters) as readonly Row[];
    const { rows } = await db.executeQuery({ ...statement, parameters });
    return rows as readonly Row[];
  };
}

/** Whether the engine is in this very process: then there is nobody else who writes at the same time. */
export function isAlone(db: Db): boolean {
  return isDirect(db.getExecutor().adapter);
}

function isDirect(adapter: DialectAdapter): adapter is DirectAdapter {
  return 'run' in adapter;
}

type ByName = Readonly<Record<string, unknown>>;

function standIns(names: readonly string[], values: object): ByName {
  const given = values as ByName;
  return Object.fromEntries(
    names.map((name) => [name, isExpression(given[name]) ? given[name] : new Slot(name)]),
  );
}

function isExpression(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'toOperationNode' in value;
}

function filledIn({ parameters }: CompiledQuery, values: object): readonly unknown[] {
  const given = values as ByName;
  return parameters.map((each) => (each instanceof Slot ? given[each.name] : each));
}
