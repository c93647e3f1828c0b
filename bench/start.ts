import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService } from '../test/support/service.ts';
import { atMost, type Figure } from './figure.ts';
import { median, rounds, turnAbout } from './statistics.ts';
import { seededSites, storeOf } from './stores.ts';

const linkbacks = 1_000_000;
const goalsMs = { empty: 1000, many: 1500 };

/** P12: from the start of the program to its first answer: with no store yet, and with a million linkbacks in it. */
export async function measureStart(): Promise<readonly Figure[]> {
  const store = await storeOf(linkbacks);
  const empty = mkdtempSync(join(tmpdir(), 'linkbackd-bench-'));
  try {
    let number = 0;
    const measured = await turnAbout({
      empty: () => startIn(join(empty, String(++number))),
      stopped: () => startIn(store, 'SIGKILL'),
      many: () => startIn(store),
    });
    const how = `${rounds} times, turn about`;
    return [
      figure('no store yet', goalsMs.empty, measured.empty, how),
      figure('a million linkbacks', goalsMs.many, measured.many, `${how}, each after a kill -9`),
      figure('a million, after a stop', goalsMs.many, measured.stopped, how),
    ];
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

function figure(name: string, goalMs: number, took: readonly number[], how: string): Figure {
  return atMost(goalMs, median(took), { id: 'P12', name: `start: ${name}`, unit: 'ms', how });
}

async function startIn(folder: string, end: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number> {
  const startedAt = performance.now();
  const service = await startService({ folder, env: { SITES: seededSites, LOG_LEVEL: 'error' } });
  try {
    const response = await service.get('/healthz');
    if (!response.ok) throw new Error(`/healthz gave ${response.status}`);
    const took = performance.now() - startedAt;
    await service.end(end);
    return took;
  } finally {
    await service.close();
  }
}
