import type { FastifyInstance } from 'fastify';
import { v7 as newId } from 'uuid';
import type { Config } from './config.ts';
import { openDatabase } from './database.ts';
import { openStreams } from './display/event-streams.ts';
import { feedText } from './display/feed-text.ts';
import { setupOf, type Setup } from './display/setup.ts';
import { makeChanges } from './linkback/changes.ts';
import { makeDirectory } from './linkback/directory.ts';
import { makeLedger } from './linkback/ledger.ts';
import { usualThresholds } from './linkback/site.ts';
import { anyGuesses, limitMayReadSites, makeGuesses } from './moderation/guesses.ts';
import { measureEngine, measureWork } from './measured.ts';
import { makeMetrics } from './metrics.ts';
import { makeClassifier } from './moderation/classifier.ts';
import { cookieName } from './moderation/access.ts';
import { makeAskLeave } from './moderation/numbers-leave.ts';
import { keepFresh } from './moderation/refresh.ts';
import { makeSessions } from './moderation/session.ts';
import { makeWeigh } from './moderation/signals.ts';
import { firstToken, makeAuthenticate, makeMayReadSites, makeTokens } from './moderation/token.ts';
import { tellCall } from './moderation/webhook-body.ts';
import { describeRoutes, type MountedRoute } from './openapi.ts';
import { sayableInXml } from './protocols/xml-text.ts';
import { makeOutcomes } from './queue/outcomes.ts';
import { makeRecheckAt, makeRetryAt } from './queue/retry.ts';
import { makeWorker } from './queue/worker.ts';
import { storeLog, workerLog } from './log-lines.ts';
import { makeLooking } from './looking.ts';
import { mountOperation, mountRoutes } from './routes.ts';
import { addressOf, buildServer, listeningAt, type LoggerOptions } from './server.ts';
import { makeNeighbours } from './neighbours.ts';
import { makeReceiving } from './receiving.ts';
import type { Engine } from './store/engine.ts';
import { sharedLimits } from './store/limits.ts';
import { makeStore } from './store/store.ts';
import { makeTelling } from './telling.ts';

/**
 * How long jobs in hand may take to end when the service stops, in milliseconds; then they are given back.
 *
 * Whoever stops a service kills it ten seconds later, and an attempt that is killed counts against its job.
 */
const stopGraceMs = 3000;
/** How long callers may take to finish what they say when the service stops: longer than any wait for a lock. */
const hangUpAfterMs = 6000;

export type App = {
  /** Where the process listens; undefined when it does not. */
  readonly listensAt: () => string | undefined;
  /** The public address, without a trailing slash; right once the service listens. */
  readonly baseUrl: () => string;
  /** Every route, as it is mounted. */
  readonly routes: () => readonly MountedRoute[];
  /** What to paste into the pages of each site. */
  readonly setups: () => readonly Setup[];
  /** Listens, starts the work, and gives the first admin token when this start has made it. */
  readonly start: () => Promise<string | undefined>;
  /** Takes nothing new, ends or releases what is in hand, and closes everything. */
  readonly stop: () => Promise<void>;
};

/** What this process does of it all; several processes share it where they share a database. */
export type Part = 'both' | 'serve' | 'work';

export type AppDependencies = {
  readonly part?: Part;
  readonly version: string;
  readonly migrations: string;
  readonly logger: LoggerOptions;
  /** Instead of the system's clock, and the database's. */
  readonly now?: () => number;
  /** Open jobs above which no new pair is taken; the room's own bound where it is absent. */
  readonly maxOpenJobs?: number;
  /** How long a host rests after a fetch, in milliseconds; the turns' own rest where it is absent. */
  readonly hostRestMs?: number;
};

/**
 * Builds the service from its configuration: every room, and what it needs of the others.
 *
 * Throws: `Halt` when the store cannot be opened.
 */
export async function buildApp(config: Config, dependencies: AppDependencies): Promise<App> {
  const now = dependencies.now ?? Date.now;
  const server = buildServer(config, dependencies.logger);
  const routes = describeRoutes(server, {
    version: dependencies.version,
    cookieName: cookieName(config.baseUrl?.href ?? ''),
  });
  const { part = 'both', version } = dependencies;
  const metrics = makeMetrics({ version, now, count: () => store.numbers() });
  const database = await openDatabase(config, {
    migrations: dependencies.migrations,
    isService: true,
    tell: storeLog(server.log),
    committed: metrics.committed,
  });
  // Whoever hands in a clock means it for everything.
  const engine = dependencies.now === undefined ? database : withoutClock(database);
  const changes = makeChanges();
  const neighbours = makeNeighbours(engine.wire);
  const plainStore = makeStore(measureEngine(metrics, engine), {
    now,
    newId,
    tell: (change) => {
      changes.tell(change);
      neighbours.tellChange(change);
    },
    tellCall,
    promised: () => {
      if (part === 'serve') neighbours.tellCalls();
      else telling.wake();
    },
  });
  const store = { ...plainStore, ...measureWork(metrics, plainStore) };
  const directory = makeDirectory(config.sites, store);
  await directory.reload();
  const { sites, siteOf } = directory;

  const base = makeBase(config, server, part);
  const baseUrl = (): string => base().href.replace(/\/$/u, '');
  const shared = sharedLimits(engine, newId);
  const ledger = shared?.ledger ?? makeLedger();
  const looking = makeLooking(config, {
    store,
    shared,
    sites,
    siteOf,
    base,
    userAgent: () => `linkbackd/${version} (+${baseUrl()}; linkback verification)`,
    metrics,
    log: server.log,
    now,
    hostRestMs: dependencies.hostRestMs,
  });
  const { guard } = looking;
  const telling = makeTelling(config, { store, guard, version, baseUrl, now, log: server.log, metrics });
  const classifier = makeClassifier(store, (error) => {
    server.log.error({ err: error }, 'learning from decisions failed');
  });
  changes.listen(classifier.listener);
  const outcomes = makeOutcomes();
  const worker = makeWorker({
    store,
    verify: looking.verify,
    tell: (told) => {
      outcomes.tell(told);
      neighbours.tellOutcome(told);
    },
    busyHosts: looking.busyHosts,
    judging: (slug) => {
      const { policy, thresholds } = siteOf(slug) ?? { policy: 'hold-all', thresholds: usualThresholds };
      return { policy, thresholds, rules: directory.rulesOf(slug) };
    },
    weigh: makeWeigh(classifier),
    retryAt: makeRetryAt({ now, random: Math.random }),
    recheckAt: makeRecheckAt(config.reverifyAfterDays, { now, random: Math.random }),
    now,
    log: workerLog(server.log),
  });

  let isStopping = false;
  // A connection that stays open after its answer keeps the server from closing.
  server.addHook('onSend', (_request, reply, payload, next) => {
    if (isStopping) reply.header('connection', 'close');
    next(null, payload);
  });
  const wake = part === 'serve' ? neighbours.tellWork : worker.wake;
  const accept = makeReceiving(config, {
    store,
    sites,
    rulesOf: directory.rulesOf,
    ledger,
    wake,
    isAlone: engine.wire === undefined,
    isStopping: () => isStopping,
    now,
    newId,
    maxOpenJobs: dependencies.maxOpenJobs,
  });

  const tokens = makeTokens(store, { adminToken: config.adminToken, now });
  const guesses = config.limits ? makeGuesses(now, ledger) : anyGuesses;
  const mount = part === 'work' ? mountOperation : mountRoutes;
  mount(server, {
    store,
    sites,
    changes,
    accept,
    now,
    baseUrl,
    prefix: config.baseUrl?.pathname.replace(/\/$/u, '') ?? '',
    owner: {
      store,
      directory: {
        ...directory,
        reload: async () => {
          await directory.reload();
          neighbours.tellDirectory();
        },
      },
      access: { tokens, sessions: makeSessions(store, tokens, now), guesses, baseUrl },
      live: { streams: openStreams({ total: 200 }), listen: changes.listen },
      feed: {
        feedToken: config.feedToken,
        writeAtom: ({ linkOf, ...frame }, linkbacks) =>
          feedText('atom', frame, linkbacks, {
            markOf: (slug) => siteOf(slug)?.quoting.mark ?? '',
            sayable: sayableInXml,
            linkOf,
          }),
      },
      hasAdminToken: config.adminToken !== undefined,
      usualChoices: config.usualChoices,
      setupOf: (site) => setupOf(site, site.addresses[0], site.slug, baseUrl()),
      wake,
      now,
      newId,
    },
    answered: (dialect) => (answer, waitedMs) => metrics.answered(dialect, answer, waitedMs / 1000),
    operation: { check: store.check, metrics, askLeave: makeAskLeave(tokens, guesses, config.metricsToken) },
    mayReadSites: limitMayReadSites(makeMayReadSites(makeAuthenticate(tokens), config.feedToken), guesses),
    awaitVerdict: ({ linkbackId }) => outcomes.next(linkbackId, config.answerWithinMs),
  });

  let stopRefreshing = (): void => undefined;
  return {
    listensAt: () => (server.server.listening ? listeningAt(server, config) : undefined),
    baseUrl,
    routes,
    setups: () => sites().map((site) => setupOf(site, site.addresses[0], site.slug, baseUrl())),
    start: async () => {
      const onError = (error: unknown): void =>
        server.log.warn({ err: error }, 'sites and rules cannot be read at the moment');
      await neighbours.hear({
        changes,
        told: outcomes.tell,
        work: worker.wake,
        calls: telling.wake,
        directory: () => void directory.reload().catch(onError),
      });
      const port = part === 'work' ? config.workerPort : config.port;
      if (port !== undefined) await server.listen({ host: config.host, port });
      if (part !== 'serve') {
        worker.start();
        telling.start();
      }
      stopRefreshing = keepFresh({ directory, now, onError });
      for (const { slug } of sites()) void classifier.learn(slug);
      // Made last: a start that failed would have nobody to show it to.
      const mayMakeToken = config.adminToken === undefined && part !== 'work';
      return mayMakeToken ? firstToken(store, newId(), now()) : undefined;
    },
    stop: async () => {
      isStopping = true;
      stopRefreshing();
      classifier.stop();
      outcomes.dismiss();
      // A server that closes times nobody out any more: half a request would keep it open for ever.
      const hangUp = setTimeout(() => server.server.closeAllConnections(), hangUpAfterMs);
      await Promise.all([server.close(), worker.stop(stopGraceMs), telling.stop(stopGraceMs)]);
      clearTimeout(hangUp);
      metrics.close();
      await looking.close();
      await store.close();
    },
  };
}

function withoutClock({ clock: _clock, ...engine }: Engine): Engine {
  return engine;
}

/**
 * The public address; without one, that of where the server listens, which does not change once it does. A worker's own
 * is nobody's.
 */
function makeBase(config: Config, server: FastifyInstance, part: Part): () => URL {
  if (part === 'work') return () => config.baseUrl ?? addressOf(config.host, config.port);
  let listening: URL | undefined;
  return () => {
    const base = config.baseUrl ?? listening ?? new URL(listeningAt(server, config));
    if (server.server.listening) listening = base;
    return base;
  };
}
