import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseIn } from '../test/support/database.ts';
import { startService, type Service } from '../test/support/service.ts';
import { seed } from './seed.ts';

/** Runs a measurement against a service whose store was filled with so many linkbacks. */
export async function withSeededService<Result>(
  count: number,
  measure: (service: Service) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-bench-'));
  try {
    await seed({ file: databaseIn(folder), count });
    const sites = 'blog=https://blog.example/, notes=https://notes.example/';
    const service = await startService({ folder, env: { SITES: sites, LOG_LEVEL: 'error' } });
    try {
      return await measure(service);
    } finally {
      await service.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
