import type Database from 'better-sqlite3';
import { SqliteAdapter, SqliteDialect, type CompiledQuery, type Dialect, type SqliteDatabase } from 'kysely';
import type { DirectAdapter } from './prepared.ts';

/** Makes kysely's dialect for a connection: statements are kept, and prepared ones run without any waiting. */
export function sqliteDialect(connection: Database.Database, onError: (error: unknown) => void): Dialect {
  const database = withStatementCache(connection);
  const dialect = new SqliteDialect({ database });
  return {
    createDriver: () => dialect.createDriver(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createAdapter: () => new DirectSqliteAdapter(database, onError),
  };
}

/** kysely prepares each statement anew; the same text means the same statement, so we keep it. */
function withStatementCache(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, Database.Statement>();
  return {
    prepare: (sql) => {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      if (statements.size < 500) statements.set(sql, statement);
      return statement;
    },
    close: () => {
      database.close();
    },
  };
}

class DirectSqliteAdapter extends SqliteAdapter implements DirectAdapter {
  private readonly database: SqliteDatabase;
  private readonly onError: (error: unknown) => void;

  constructor(database: SqliteDatabase, onError: (error: unknown) => void) {
    super();
    this.database = database;
    this.onError = onError;
  }

  run({ sql }: CompiledQuery, parameters: readonly unknown[]): readonly unknown[] {
    try {
      const statement = this.database.prepare(sql);
      if (statement.reader) return statement.all(parameters);
      statement.run(parameters);
      return [];
    } catch (error) {
      this.onError(error);
      throw error;
    }
  }
}
