import { startService, type Service } from '../test/support/service.ts';
import { seededSites, storeOf } from './stores.ts';

/** Runs a measurement against a service whose store was filled with so many linkbacks. */
export async function withSeededService<Result>(
  count: number,
  measure: (service: Service) => Promise<Result>,
): Promise<Result> {
  const folder = await storeOf(count);
  const service = await startService({ folder, env: { SITES: seededSites, LOG_LEVEL: 'error' } });
  try {
    const result = await measure(service);
    // What comes next finds the store as a stop leaves it.
    await service.end('SIGTERM');
    return result;
  } finally {
    await service.close();
  }
}
