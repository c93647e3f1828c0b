/** What the owner's API says of sites, tokens and webhooks. Times are ISO 8601 in UTC. */
import type { Scope, Thresholds } from './shapes.ts';

export type Policy = 'hold-first' | 'hold-all' | 'approve-all';

/** What to paste, so that the pages of a site are found and show their linkbacks. */
export type Setup = {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly elements: string;
  readonly rdf: string;
  readonly list: string;
  readonly widget: string;
};

/** How the words around a link are cut. */
export type Quoting = {
  readonly style: 'wordpress' | 'complete';
  readonly window: number;
  readonly mark: string;
};

/** What an owner may choose for a site. */
export type SiteChoices = {
  readonly addresses: readonly string[];
  readonly policy: Policy;
  readonly quoting: Quoting;
  readonly blockedHosts: readonly string[];
  readonly closedPaths: readonly string[];
  readonly requiresVouch: boolean;
  readonly isLenient: boolean;
  readonly takesOwn: boolean;
  readonly closeAfterDays: number | null;
  readonly thresholds: Thresholds;
};

export type Site = SiteChoices & {
  readonly slug: string;
  /** Whether it stands in the settings, where alone it can be changed. */
  readonly isConfigured: boolean;
  readonly setup: Setup;
};

export type Token = {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly site: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly createdAt: string;
  readonly isCurrent: boolean;
};

export type TokenDraft = Pick<Token, 'name' | 'scopes' | 'site' | 'expiresAt'>;

export type WebhookEvent =
  'received' | 'verified' | 'refused' | 'gone' | 'decided' | 'published' | 'updated' | 'withdrawn';

export type Webhook = {
  readonly id: string;
  readonly site: string | null;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly isActive: boolean;
  readonly createdAt: string;
};

export type WebhookDraft = Pick<Webhook, 'url' | 'events' | 'site'>;

export type Delivery = {
  readonly id: string;
  readonly event: string;
  readonly state: 'waiting' | 'leased' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly status: number | null;
  readonly detail: string | null;
};
