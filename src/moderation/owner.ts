import cookie from '@fastify/cookie';
import type { FastifyInstance } from 'fastify';
import type { Directory } from '../linkback/directory.ts';
import { safeJson } from '../linkback/safe-json.ts';
import type { Store } from '../linkback/store.ts';
import type { SiteChoices } from '../linkback/site-parts.ts';
import { requireAccess, type AccessOptions } from './access.ts';
import { decideMany } from './decisions.ts';
import { moderateLinkbacks } from './linkbacks.ts';
import { watchModeration, type LiveOptions } from './live.ts';
import { manageRules } from './rules.ts';
import { signIn } from './sign-in.ts';
import type { SetupOf } from './site-json.ts';
import { manageSites } from './sites.ts';
import { manageTokens } from './tokens.ts';
import { feedWaiting, type WaitingFeedOptions } from './waiting-feed.ts';
import { manageWebhooks } from './webhooks.ts';

export type OwnerOptions = {
  readonly store: Store;
  readonly directory: Directory;
  readonly access: AccessOptions;
  readonly live: Pick<LiveOptions, 'streams' | 'listen'>;
  readonly feed: Pick<WaitingFeedOptions, 'feedToken' | 'writeAtom'>;
  readonly hasAdminToken: boolean;
  /** What is chosen for sites that do not choose otherwise. */
  readonly usualChoices: SiteChoices;
  readonly setupOf: SetupOf;
  /** Says that a job may be due. */
  readonly wake: () => void;
  readonly now: () => number;
  readonly newId: () => string;
};

/** Serves the owner's API: every route in here says what it needs, and the guard before them sees to it. */
export async function serveOwner(app: FastifyInstance, options: OwnerOptions): Promise<void> {
  const { access, live, feed, ...given } = options;
  await app.register(cookie);
  requireAccess(app, access);
  // Answers are text as they are; what their schemas say is for those who read the description.
  app.setSerializerCompiler(() => safeJson);
  app.setReplySerializer(safeJson);
  // POST GET DELETE /api/session
  await app.register(signIn, access);
  // GET /api/moderation/linkbacks, GET PATCH DELETE …/{id}, POST …/{id}/verify
  await app.register(moderateLinkbacks, given);
  // POST /api/moderation/decisions, …/{id}/undo
  await app.register(decideMany, given);
  // GET POST /api/moderation/rules, PATCH DELETE …/{id}, POST …/preview
  await app.register(manageRules, given);
  // GET POST /api/sites, PATCH DELETE …/{slug}
  await app.register(manageSites, given);
  // GET POST /api/tokens, PATCH DELETE …/{id}
  await app.register(manageTokens, given);
  // GET POST /api/webhooks, PATCH DELETE …/{id}, POST …/test, GET …/deliveries, POST …/{id}/replay
  await app.register(manageWebhooks, given);
  // GET /api/moderation/live
  await app.register(watchModeration, { ...live, store: options.store, access });
  // GET /api/moderation/feed.atom
  await app.register(feedWaiting, { ...feed, store: options.store, access });
}
