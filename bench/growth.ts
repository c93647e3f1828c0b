import type { Service } from '../test/support/service.ts';
import { atMost, withoutGoal, type Figure } from './figure.ts';
import { popularTarget } from './seed.ts';
import { announcing, cpuMsOf, withStage } from './stage.ts';
import { median, rounds, turnAbout } from './statistics.ts';
import { seededSites, storeOf } from './stores.ts';

const sizes = [1000, 100_000, 1_000_000] as const;
const goal = 1.3;
const callsEach = 1500;
const connections = 4;

type Act = (service: Service) => Promise<void>;

/** P6: what one thing costs the processor, with a thousand linkbacks in the store and with a million. */
export async function measureGrowth(): Promise<readonly Figure[]> {
  const stores = new Map<number, string>();
  for (const size of sizes) stores.set(size, await storeOf(size));
  return withStage(async ({ serve, load, silent }) => {
    const services = new Map<number, Service>();
    for (const size of sizes)
      services.set(size, await serve({ SITES: seededSites, ANSWER_WITHIN_MS: '0' }, stores.get(size)));
    // With a token, for what is for everybody is kept, and made once for all who ask.
    const call =
      (path: string, expect: string): Act =>
      async (service) => {
        const headers = { authorization: `Bearer ${service.token}` };
        const method = 'GET';
        await load({
          url: service.url,
          method,
          path,
          headers,
          connections,
          expect,
          maxCalls: callsEach,
          maxSeconds: 60,
        });
      };
    const accept: Act = async ({ url }) => {
      const ping = announcing('webmention', silent, popularTarget);
      await load({ ...ping, url, connections, expect: 'HTTP/1.1 201', maxCalls: callsEach, maxSeconds: 60 });
    };
    const target = new URLSearchParams({ target: popularTarget }).toString();
    const acts: Readonly<Record<string, Act>> = {
      'one accept': accept,
      'one page of a list': call(`/api/linkbacks?${target}&limit=20`, '"items":[{'),
      'one page of the inbox': call('/api/moderation/linkbacks?moderation=pending&limit=20', '"items":[{'),
      'one count': call(`/api/count?${target}`, '"count":'),
    };
    const figures: Figure[] = [];
    for (const [name, act] of Object.entries(acts)) {
      const costs = Object.fromEntries(
        [...services].map(([size, service]) => [`n${size}`, () => costOf(service, act)]),
      );
      await turnAbout(costs, 1);
      const measured = await turnAbout(costs);
      const [first = 1, , last = 1] = sizes.map((size) => median(measured[`n${size}`] ?? []));
      const how = `CPU of the service, ${rounds} times ${callsEach} calls, turn about`;
      figures.push(
        atMost(goal, last / first, {
          id: 'P6',
          name: `${name}: a million against a thousand`,
          unit: '',
          how,
        }),
        withoutGoal(last, { id: 'P6', name: `${name}: with a million`, unit: 'ms', how }),
      );
    }
    for (const service of services.values()) await service.end('SIGTERM');
    return figures;
  });
}

/** What it costs the service each time, in milliseconds of its processor. */
async function costOf(service: Service, act: Act): Promise<number> {
  const before = cpuMsOf(service.pid);
  await act(service);
  return (cpuMsOf(service.pid) - before) / callsEach;
}
