import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { v7 as newId } from 'uuid';
import type { Config } from './config.ts';
import { readBadge } from './display/badge.ts';
import { readFeeds } from './display/feeds.ts';
import { watchLive } from './display/live.ts';
import { pingFormPage } from './display/ping-form.ts';
import { readLinkbacks } from './display/read.ts';
import { makePublicSources } from './display/sources.ts';
import { setupOf, showSetup, type Setup } from './display/setup.ts';
import { readStatus } from './display/status.ts';
import { readMentions } from './display/webmention-io.ts';
import { serveWidget } from './display/widget-script.ts';
import { makeChanges, type Changes } from './linkback/changes.ts';
import { makeDirectory } from './linkback/directory.ts';
import { makeAccept, type Accept, type Filed } from './linkback/accept.ts';
import { makeAdmit } from './linkback/admit.ts';
import { anyCaller, makeAllowance } from './linkback/allowance.ts';
import type { Store } from './linkback/store.ts';
import type { Reason } from './linkback/refusal.ts';
import { makeRoom } from './linkback/room.ts';
import { isOwnRoute, pageAt, usualThresholds, type Site } from './linkback/site.ts';
import { makeNeedsVouch } from './linkback/vouch.ts';
import { anyGuesses, limitMayReadSites, makeGuesses, type MayCallerReadSites } from './moderation/guesses.ts';
import { makeClassifier } from './moderation/classifier.ts';
import { serveOwner, type OwnerOptions } from './moderation/owner.ts';
import { makeSessions } from './moderation/session.ts';
import { makeWeigh } from './moderation/signals.ts';
import { firstToken, makeAuthenticate, makeMayReadSites, makeTokens } from './moderation/token.ts';
import { receivePingbacks } from './protocols/pingback/receive.ts';
import { receiveTrackbacks } from './protocols/trackback/receive.ts';
import { receiveWebmentions } from './protocols/webmention/receive.ts';
import { sayableInXml } from './protocols/xml-text.ts';
import { makeOutcomes } from './queue/outcomes.ts';
import { makeRecheckAt, makeRetryAt } from './queue/retry.ts';
import { makeWorker, type WorkerLog } from './queue/worker.ts';
import { storeLog } from './log.ts';
import { buildServer, listeningAt, operate, type LoggerOptions } from './server.ts';
import { openSqlite } from './store/sqlite.ts';
import { makeStore } from './store/store.ts';
import { askNobody, makeAskAkismet } from './verify/akismet.ts';
import { makeLookAtTarget } from './verify/target.ts';
import { makeVerify } from './verify/verify.ts';
import { makeCheckVouch } from './verify/vouch.ts';
import { makeCap } from './web/cap.ts';
import { domainOf } from './web/domain.ts';
import { makeFetchPage } from './web/fetch.ts';
import { makeGuard } from './web/guard.ts';
import { makePost } from './web/post.ts';
import { openReader } from './web/reader.ts';
import { makeResolve } from './web/resolve.ts';
import { makeTurns } from './web/turns.ts';

/**
 * How long jobs in hand may take to end when the service stops, in milliseconds; then they are given back.
 *
 * Whoever stops a service kills it ten seconds later, and an attempt that is killed counts against its job.
 */
const stopGraceMs = 3000;
/** How long callers may take to finish what they say when the service stops: longer than any wait for a lock. */
const hangUpAfterMs = 6000;

export type App = {
  /** The public address, without a trailing slash; right once the service listens. */
  readonly baseUrl: () => string;
  /** What to paste into the pages of each site. */
  readonly setups: () => readonly Setup[];
  /** Listens, starts the work, and gives the first admin token when this start has made it. */
  readonly start: () => Promise<string | undefined>;
  /** Takes nothing new, ends or releases what is in hand, and closes everything. */
  readonly stop: () => Promise<void>;
};

export type AppDependencies = {
  readonly version: string;
  readonly migrations: string;
  readonly logger: LoggerOptions;
  readonly now?: () => number;
  /** Open jobs above which no new pair is taken; the room's own bound where it is absent. */
  readonly maxOpenJobs?: number;
};

/**
 * Builds the service from its configuration: every room, and what it needs of the others.
 *
 * Throws: `Halt` when the store cannot be opened.
 */
export async function buildApp(config: Config, dependencies: AppDependencies): Promise<App> {
  const now = dependencies.now ?? Date.now;
  const server = buildServer(config, dependencies.logger);
  const engine = openSqlite({
    file: config.databaseFile,
    migrations: dependencies.migrations,
    isService: true,
    tell: storeLog(server.log),
  });
  const changes = makeChanges();
  const store = makeStore(engine, { now, newId, tell: changes.tell });
  const directory = makeDirectory(config.sites, store);
  await directory.reload();
  const { sites, siteOf } = directory;

  const base = (): URL => config.baseUrl ?? new URL(listeningAt(server, config));
  const baseUrl = (): string => base().href.replace(/\/$/u, '');
  const isOurs = ({ host }: URL): boolean =>
    sites().some(({ addresses }) => addresses.some((address) => address.host === host));

  const turns = makeTurns({
    isPolite: config.limits,
    isOurs,
    ...(config.limits ? { cap: makeCap(now) } : {}),
  });
  const guard = makeGuard({
    resolve: makeResolve(config.dnsServers),
    exceptions: config.exceptions,
    allowIpHosts: config.allowIpHosts,
    isOwnRoute: (url) => isOwnRoute(url, base(), sites()),
  });
  const userAgent = () => `linkbackd/${dependencies.version} (+${baseUrl()}; linkback verification)`;
  const fetchPage = makeFetchPage({ guard, turns, userAgent, now });
  const reader = openReader();
  const lookAtTarget = makeLookAtTarget({ store, fetchPage, reader, now });
  const verify = makeVerify({
    siteOf,
    lookAtTarget,
    fetchPage,
    reader,
    checkVouch: makeCheckVouch({ store, fetchPage, reader }),
    askOpinion:
      config.akismet === undefined
        ? askNobody
        : makeAskAkismet({
            ...config.akismet,
            post: makePost({
              guard,
              turns: makeTurns({ isPolite: false, isOurs: () => true }),
              userAgent,
              now,
            }),
            userAgent,
            onTrouble: (detail, linkback) => {
              server.log.warn({ linkback, detail }, 'Akismet gave no opinion');
            },
          }),
    now,
  });

  const classifier = makeClassifier(store, (error) => {
    server.log.error({ err: error }, 'learning from decisions failed');
  });
  changes.listen(classifier.hear);
  const outcomes = makeOutcomes();
  const worker = makeWorker({
    store,
    verify,
    outcomes,
    busyHosts: () => (config.limits ? turns.busyHosts() : 'ignore'),
    judging: (slug) => {
      const { policy, thresholds } = siteOf(slug) ?? { policy: 'hold-all', thresholds: usualThresholds };
      return { policy, thresholds, rules: directory.rulesOf(slug) };
    },
    weigh: makeWeigh(classifier),
    retryAt: makeRetryAt({ now, random: Math.random }),
    recheckAt: makeRecheckAt(config.reverifyAfterDays, { now, random: Math.random }),
    now,
    log: workerLog(server),
  });

  let isStopping = false;
  // A connection that stays open after its answer keeps the server from closing.
  server.addHook('onSend', async (_request, reply) => {
    if (isStopping) reply.header('connection', 'close');
  });
  const { isApprovedHost, recall } = store;
  const { pingsPerMinute } = config;
  const allowance = config.limits ? makeAllowance({ pingsPerMinute, domainOf, isApprovedHost }) : undefined;
  const room = makeRoom(store.openJobs, dependencies.maxOpenJobs);
  const file: Store['file'] = async (ping) => {
    const filed = await store.file(ping);
    worker.wake();
    return filed;
  };
  const accept = makeAccept({
    sites,
    rulesOf: directory.rulesOf,
    file,
    limitCaller: allowance?.caller ?? anyCaller,
    admit: makeAdmit({ recall, room, allowance }),
    isStopping: () => isStopping,
    now,
    newId,
  });

  const tokens = makeTokens(store, { adminToken: config.adminToken, now });
  const guesses = config.limits ? makeGuesses(now) : anyGuesses;
  mount(server, {
    store,
    sites,
    changes,
    accept,
    now,
    baseUrl,
    owner: {
      store,
      directory,
      access: { tokens, sessions: makeSessions(store, tokens, now), guesses, baseUrl },
      hasAdminToken: config.adminToken !== undefined,
      usualChoices: config.usualChoices,
      setupOf: (site) => setupOf(site, site.addresses[0], site.slug, baseUrl()),
      wake: worker.wake,
      now,
      newId,
    },
    mayReadSites: limitMayReadSites(makeMayReadSites(makeAuthenticate(tokens), config.feedToken), guesses),
    awaitVerdict: ({ linkbackId }) => outcomes.next(linkbackId, config.answerWithinMs),
  });

  return {
    baseUrl,
    setups: () => sites().map((site) => setupOf(site, site.addresses[0], site.slug, baseUrl())),
    start: async () => {
      await server.listen({ host: config.host, port: config.port });
      worker.start();
      for (const { slug } of sites()) void classifier.learn(slug);
      // Made last: a start that failed would have nobody to show it to.
      return config.adminToken === undefined ? firstToken(store, newId(), now()) : undefined;
    },
    stop: async () => {
      isStopping = true;
      classifier.stop();
      outcomes.dismiss();
      // A server that closes times nobody out any more: half a request would keep it open for ever.
      const hangUp = setTimeout(() => server.server.closeAllConnections(), hangUpAfterMs);
      await Promise.all([server.close(), worker.stop(stopGraceMs)]);
      clearTimeout(hangUp);
      await reader.close();
      await store.close();
    },
  };
}

type Mounted = {
  readonly store: Store;
  readonly sites: () => readonly Site[];
  readonly changes: Changes;
  readonly accept: Accept;
  readonly awaitVerdict: (filed: Filed) => Promise<'verified' | Reason | undefined>;
  readonly owner: OwnerOptions;
  readonly mayReadSites: MayCallerReadSites;
  readonly now: () => number;
  readonly baseUrl: () => string;
};

/** Every route of the service. */
function mount(server: FastifyInstance, needs: Mounted): void {
  const { store, sites, changes, accept, awaitVerdict, owner, mayReadSites, now, baseUrl } = needs;
  const publicSources = makePublicSources(store, sites);
  const statusUrl = (id: string): string => `${baseUrl()}/status/${id}`;

  // POST /pingback, POST /{site}/xmlrpc
  server.register(receivePingbacks, {
    accept,
    awaitVerdict,
    statusUrl,
    publicSources: async (target, slug) => (await publicSources(target, slug))?.map((each) => each.url),
  });
  // POST, GET /trackback/{site}/{path}
  server.register(receiveTrackbacks, {
    accept,
    pageAt: (slug, path) => pageAt(sites(), slug, path),
    publicPings: publicSources,
  });
  // POST, GET /webmention, /{site}/webmention
  server.register(receiveWebmentions, {
    accept,
    statusUrl,
    needsVouch: makeNeedsVouch(sites, store),
    formPage: (form) => pingFormPage(form, baseUrl()),
  });
  // GET /setup, /api/setup
  server.register(showSetup, { sites, baseUrl });
  // GET /status/{id}
  server.register(readStatus, { store, now, baseUrl });
  // GET /api/linkbacks, /linkbacks.html, /linkbacks, /linkbacks.css, /badge.svg, /widget.js
  // GET /feed.atom, /feed.rss, /feed.json, /api/live
  // GET /api/mentions.jf2, /api/mentions.json, /api/count, /api/deleted.jf2, /api/example/mentions.jf2
  server.register(async (open) => {
    await open.register(cors, {
      origin: '*',
      methods: ['GET', 'HEAD'],
      allowedHeaders: ['if-none-match'],
      exposedHeaders: ['etag', 'link'],
    });
    open.addHook('onRequest', (_request, reply, next) => {
      reply.header('cross-origin-resource-policy', 'cross-origin');
      next();
    });
    await open.register(readLinkbacks, { store, sites, baseUrl });
    await open.register(readFeeds, { store, sites, baseUrl, sayable: sayableInXml });
    await open.register(readBadge, { store, sites, sayable: sayableInXml });
    await open.register(watchLive, { store, sites, listen: changes.listen, run: newId() });
    await open.register(serveWidget);
    await open.register(readMentions, { store, sites, mayReadSites });
  });
  // /api/session, /api/moderation/…, /api/sites, /api/tokens: each route is named in the file
  server.register(serveOwner, owner);
  // GET /healthz, /readyz
  server.register(operate, { check: store.check });
}

/** One line for each job's end and for each defect, with the linkback's id. */
function workerLog(server: FastifyInstance): WorkerLog {
  return {
    settled: ({ id, verification, refusal, moderation }, outcome) => {
      const found = outcome.kind === 'found' ? {} : { detail: outcome.detail };
      server.log.info(
        { linkback: id, outcome: outcome.kind, verification, refusal, moderation, ...found },
        'settled',
      );
    },
    defect: (what, error, linkback) => {
      server.log.error({ err: error, linkback }, what);
    },
  };
}
