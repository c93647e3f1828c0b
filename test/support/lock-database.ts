import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Takes the write lock of a SQLite file, says so, and gives it back when its input ends. */
const locker = `
  import Database from 'better-sqlite3';
  const database = new Database(process.argv[1], { timeout: 5000 });
  database.exec('BEGIN IMMEDIATE');
  process.stdout.write('locked');
  process.stdin.on('end', () => {
    database.exec('COMMIT');
    database.close();
  }).resume();
`;

export type DatabaseLock = { readonly release: () => Promise<void> };

/** Has another process hold the write lock of a SQLite file, as a command beside the service would. */
export async function lockDatabase(file: string): Promise<DatabaseLock> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', locker, file], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`${file} could not be locked`);
    }),
  ]);
  return {
    release: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
