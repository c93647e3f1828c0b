import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostilePages } from '../test/support/hostile-pages.ts';
import { startService, type Service } from '../test/support/service.ts';
import type { Figure } from './figure.ts';
import type { PageServer } from './page-server.ts';
import { startProgram } from './program.ts';

const sizes = [20_000, 200_000, 1_000_000, 5_000_000];
const callers = 8;

/**
 * P9: the longest delay of the event loop while hostile pages are verified.
 *
 * Every shape of the corpus at four sizes, by real pingbacks from eight callers; the pages come from a process of their own.
 */
export async function measureHostilePages(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-bench-'));
  const delayFile = join(folder, 'delay.json');
  const pages = await startProgram<PageServer, never, never>('./page-server.ts');
  const origin = `http://127.0.0.1:${pages.said.port}`;
  const preload = `--import ${new URL('./loop-delay.ts', import.meta.url).pathname}`;
  const service = await startService({
    folder,
    env: { SITES: `blog=${origin}/`, NODE_OPTIONS: preload, LOOP_DELAY_FILE: delayFile, LOG_LEVEL: 'error' },
  });
  try {
    process.kill(service.pid, 'SIGUSR2');
    const jobs = sizes.flatMap((bytes) => hostilePages.map(({ name }) => ({ bytes, name })));
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: callers }, () => pingAll(jobs, service, origin)));
    const seconds = (performance.now() - startedAt) / 1000;
    await service.end('SIGTERM');
    const delay = JSON.parse(readFileSync(delayFile, 'utf8')) as Record<
      'p50' | 'p99' | 'p999' | 'max',
      number
    >;
    const count = sizes.length * hostilePages.length;
    const how = `${count} pages of ${hostilePages.length} shapes, 20 KB to 5 MB, in ${seconds.toFixed(0)} s`;
    return [
      {
        id: 'P9',
        name: 'event-loop delay, p99.9',
        value: delay.p999,
        unit: 'ms',
        goal: '<= 50 ms',
        isMet: delay.p999 <= 50,
        how,
      },
      {
        id: 'P9',
        name: 'event-loop delay, longest',
        value: delay.max,
        unit: 'ms',
        goal: 'as p99.9',
        isMet: null,
        how,
      },
    ];
  } finally {
    await service.close();
    await pages.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pingAll(
  jobs: { readonly bytes: number; readonly name: string }[],
  service: Service,
  origin: string,
): Promise<void> {
  for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
    const target = `${origin}/post`;
    const query = new URLSearchParams({ shape: job.name, bytes: String(job.bytes), target });
    await service.ping(`${origin}/hostile?${query.toString()}`, target);
  }
}
