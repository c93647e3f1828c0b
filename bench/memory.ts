import { atMost, withoutGoal, type Figure } from './figure.ts';
import { popularTarget, seededWords } from './seed.ts';
import { announcing, memoryOf, withStage } from './stage.ts';
import { median } from './statistics.ts';
import { seededSites, storeOf } from './stores.ts';

const linkbacks = 1_000_000;
const goalMb = 250;
const seconds = 60;
/** What the last third of the time may have more than the one before: flat, but for what a collection has not met yet. */
const flatMb = 15;

/** P7: memory with a million linkbacks, during a minute of pings that are verified, lists, the inbox and searches. */
export async function measureMemory(): Promise<readonly Figure[]> {
  const store = await storeOf(linkbacks);
  return withStage(async ({ serve, load, source, target }) => {
    const ours = new URL('/', target).href;
    const service = await serve({ SITES: `${seededSites}, bench=${ours}` }, store);
    const headers = { authorization: `Bearer ${service.token}` };
    const list = new URLSearchParams({ target: popularTarget }).toString();
    const calls = [
      { ...announcing('webmention', source(20_000), target), expect: 'HTTP/1.1 201' },
      { ...announcing('pingback', source(50_000), target), expect: 'pingback' },
      get(`/api/linkbacks?${list}`),
      get(`/linkbacks.html?${list}`),
      get(`/feed.atom?site=blog`),
      get('/api/moderation/linkbacks', headers),
      get(`/api/moderation/linkbacks?q=${seededWords.rare}`, headers),
    ];
    const seen: { readonly at: number; readonly mb: number }[] = [];
    const startedAt = performance.now();
    for (let turn = 0; performance.now() - startedAt < seconds * 1000; turn += 1) {
      const call = calls[turn % calls.length];
      if (call === undefined) break;
      await load({ url: service.url, ...call, connections: 8, maxCalls: 2000, maxSeconds: 1 });
      seen.push({ at: (performance.now() - startedAt) / 1000, mb: memoryOf(service.pid).now });
    }
    const { peak } = memoryOf(service.pid);
    const between = (from: number, to: number): number =>
      median(seen.filter(({ at }) => at >= seconds * from && at < seconds * to).map(({ mb }) => mb));
    const grown = between(2 / 3, 2) - between(1 / 3, 2 / 3);
    const how = `${linkbacks} linkbacks, ${seconds} s of mixed load from 8 connections`;
    await service.end('SIGTERM');
    return [
      atMost(goalMb, peak, { id: 'P7', name: 'memory, at most', unit: 'MB', how }),
      atMost(flatMb, grown, { id: 'P7', name: 'growth in the last third', unit: 'MB', how }),
      withoutGoal(between(2 / 3, 2), { id: 'P7', name: 'memory, last third', unit: 'MB', how }),
    ];
  });
}

function get(path: string, headers: Readonly<Record<string, string>> = {}) {
  return { method: 'GET', path, headers, expect: 'HTTP/1.1 200' } as const;
}
