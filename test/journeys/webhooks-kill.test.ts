import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { makeRandom } from '../support/random.ts';
import { addReceiver, deliveriesOf, type Call, type Receiver } from '../support/receiver.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const rounds = isLong ? 50 : 3;
const roundMs = 60_000;
const pingsARound = 12;

let folder: string;
let web: Web;
let hooks: Web;
let service: Service;

beforeEach(async () => {
  folder = makeFolder();
  [web, hooks] = await Promise.all([startWeb(), startWeb()]);
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(web.url('/post')));
  await start();
});

afterEach(async () => {
  await service.close();
  await Promise.all([web.close(), hooks.close()]);
  removeFolder(folder);
});

async function start(): Promise<void> {
  service = await startService({ folder, env: { SITES: `blog=${web.url('/')}`, LOG_LEVEL: 'warn' } });
}

const sourceOf = ({ data }: Call): string => (data['source'] as { readonly url: string }).url;

/** Who was told of what, under which ids: by event and source. */
function told({ calls }: Receiver): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const call of calls()) {
    const what = `${call.type} ${sourceOf(call)}`;
    ids.set(what, (ids.get(what) ?? new Set()).add(call.id));
  }
  return ids;
}

describe('a service that is killed at any moment', () => {
  it(
    `has told of everything at least once, under one id, in ${rounds} rounds`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these rounds`);
      const receiver = await addReceiver(service, hooks, '/hook', { events: ['received', 'verified'] });
      const promised: string[] = [];
      let again = 0;

      for (let round = 1; round <= rounds; round += 1) {
        const sources = Array.from({ length: pingsARound }, (_, at) => web.url(`/entry?n=${round}-${at}`));
        // In every second round nothing is delivered before the end: all of it waits, one call is in hand.
        const release = round % 2 === 0 ? hooks.hold('/hook') : undefined;
        const before = hooks.hits('/hook').length;
        const answers = await Promise.all(
          sources.map((source) => sendWebmention(service, source, web.url('/post'))),
        );
        expect(answers.map(({ status }) => status)).toEqual(sources.map(() => 201));
        promised.push(...sources);
        const enough = release === undefined ? 1 + random.below(2 * pingsARound - 2) : 1;
        await waitUntil(() => hooks.hits('/hook').length >= before + enough, {
          what: `${enough} calls`,
          everyMs: 1,
        });
        await service.end('SIGKILL');
        release?.();
        expect(findViolations(folder)).toEqual([]);
        const waiting = readRows<{ id: string }>(
          folder,
          "SELECT id FROM delivery WHERE state <> 'delivered'",
        );
        again += waiting.length;
        await start();
        await waitUntil(
          () => {
            const all = told(receiver);
            return promised.every(
              (source) => all.has(`linkback.received ${source}`) && all.has(`linkback.verified ${source}`),
            );
          },
          { what: 'everything to be told', timeoutMs: 30_000 },
        );
      }
      await waitUntil(async () =>
        (await deliveriesOf(service, receiver.webhook.id)).every(({ state }) => state === 'delivered'),
      );
      const all = told(receiver);
      expect([...all].filter(([, ids]) => ids.size !== 1)).toEqual([]);
      expect(all.size).toBe(2 * promised.length);
      expect(again).toBeGreaterThan(0);
      console.log(
        `${all.size} events in ${receiver.calls().length} calls; ${again} were open when it was killed`,
      );
    },
    (rounds + 1) * roundMs,
  );
});

describe('a service that stops in between', () => {
  it('makes the calls that were left after it has started again', async () => {
    const release = hooks.hold('/hook');
    const receiver = await addReceiver(service, hooks, '/hook', { events: ['received'] });
    const sources = Array.from({ length: 5 }, (_, at) => web.url(`/entry?n=${at}`));
    for (const source of sources) await sendWebmention(service, source, web.url('/post'));
    await hooks.waitForHit('/hook');
    const from = performance.now();
    expect(await service.end('SIGTERM')).toBe(0);
    // The one that hangs is let go.
    expect(performance.now() - from).toBeLessThan(9000);
    release();
    await start();
    await waitUntil(() => told(receiver).size === sources.length, { what: 'the others to be told' });
    const [first, again] = receiver.calls();
    expect(again).toEqual(first);
    await waitUntil(async () =>
      (await deliveriesOf(service, receiver.webhook.id)).every(
        ({ state, attempts }) => state === 'delivered' && attempts === 1,
      ),
    );
  });
});
