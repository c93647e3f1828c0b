import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { readBadge } from './display/badge.ts';
import { readFeeds } from './display/feeds.ts';
import { watchLive } from './display/live.ts';
import { makeNews } from './display/news.ts';
import { pingFormPage } from './display/ping-form.ts';
import { keepAnswers } from './display/kept-answers.ts';
import { readLinkbacks } from './display/read.ts';
import { showSetup } from './display/setup.ts';
import { makePublicSources } from './display/sources.ts';
import { readStatus } from './display/status.ts';
import { readMentions } from './display/webmention-io.ts';
import { serveWidget } from './display/widget-script.ts';
import type { Accept, Filed } from './linkback/accept.ts';
import type { Answered } from './linkback/answered.ts';
import type { Changes } from './linkback/changes.ts';
import type { Dialect } from './linkback/linkback.ts';
import type { Reason } from './linkback/refusal.ts';
import { pageAt, type Site } from './linkback/site.ts';
import type { Store } from './linkback/store.ts';
import { makeNeedsVouch } from './linkback/vouch.ts';
import type { MayCallerReadSites } from './moderation/guesses.ts';
import { serveOwner, type OwnerOptions } from './moderation/owner.ts';
import { showModeration } from './moderation/page.ts';
import { serveDescription } from './openapi.ts';
import { receivePingbacks } from './protocols/pingback/receive.ts';
import { receiveTrackbacks } from './protocols/trackback/receive.ts';
import { receiveWebmentions } from './protocols/webmention/receive.ts';
import { sayableInXml } from './protocols/xml-text.ts';
import { operate, type OperateOptions } from './operate.ts';

export type RoutesNeeds = {
  readonly store: Store;
  readonly sites: () => readonly Site[];
  readonly changes: Changes;
  readonly accept: Accept;
  readonly awaitVerdict: (filed: Filed) => Promise<'verified' | Reason | undefined>;
  readonly owner: OwnerOptions;
  readonly mayReadSites: MayCallerReadSites;
  readonly answered: (dialect: Dialect) => Answered;
  readonly operation: OperateOptions;
  readonly now: () => number;
  readonly baseUrl: () => string;
  /** The path of the public address, where it has one. */
  readonly prefix: string;
};

/** The routes of a process that only works. */
export function mountOperation(server: FastifyInstance, { operation }: Pick<RoutesNeeds, 'operation'>): void {
  // GET /healthz, /readyz, /metrics
  server.register(operate, operation);
}

/** Every route of the service. */
export function mountRoutes(server: FastifyInstance, needs: RoutesNeeds): void {
  const { store, sites, changes, accept, answered, awaitVerdict, owner, mayReadSites, now, baseUrl, prefix } =
    needs;
  const publicSources = makePublicSources(store, sites);
  const news = makeNews({
    store,
    sites,
    listen: changes.listen,
    run: owner.newId(),
    onError: (error) => server.log.error({ err: error }, 'telling of a change failed'),
  });
  const statusUrl = (id: string): string => `${baseUrl()}/status/${id}`;

  keepAnswers(server, { listen: changes.listen, sites, now });

  // POST /pingback, POST /{site}/xmlrpc
  server.register(receivePingbacks, {
    accept,
    awaitVerdict,
    statusUrl,
    publicSources: async (target, slug) => (await publicSources(target, slug))?.map((each) => each.url),
    answered: answered('pingback'),
  });
  // POST, GET /trackback/{site}/{path}
  server.register(receiveTrackbacks, {
    accept,
    pageAt: (slug, path) => pageAt(sites(), slug, path),
    publicPings: publicSources,
    answered: answered('trackback'),
  });
  // POST, GET /webmention, /{site}/webmention
  server.register(receiveWebmentions, {
    accept,
    statusUrl,
    needsVouch: makeNeedsVouch(sites, store),
    formPage: (form) => pingFormPage(form, baseUrl()),
    answered: answered('webmention'),
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
    await open.register(readLinkbacks, { store, sites, baseUrl, news });
    await open.register(readFeeds, { store, sites, baseUrl, sayable: sayableInXml });
    await open.register(readBadge, { store, sites, sayable: sayableInXml });
    await open.register(watchLive, { store, sites, news });
    await open.register(serveWidget);
    await open.register(readMentions, { store, sites, mayReadSites });
  });
  // /api/session, /api/moderation/…, /api/sites, /api/tokens: each route is named in the file
  server.register(serveOwner, owner);
  // GET /moderate, /moderate/…
  server.register(showModeration);
  // GET /openapi.json, /docs
  server.register(serveDescription, { baseUrl, prefix });
  // GET /healthz, /readyz, /metrics
  server.register(operate, needs.operation);
}
