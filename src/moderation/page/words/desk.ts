import type { WebhookEvent } from '../state/desk-shapes.ts';
import type { Scope } from '../state/shapes.ts';

export const scopes = ['read', 'moderate', 'send', 'admin'] as const;

/** What each scope lets its holder do. */
export const scopeWords: Readonly<Record<Scope, string>> = {
  read: 'Look at everything in the inbox.',
  moderate: 'Look and decide: approve, reject, erase, make rules.',
  send: 'Send linkbacks from your pages to others.',
  admin: 'Everything, also sites, tokens and webhooks.',
};

export const webhookEvents = [
  'received',
  'verified',
  'refused',
  'gone',
  'decided',
  'published',
  'updated',
  'withdrawn',
] as const;

/** What each event tells of. */
export const eventWords: Readonly<Record<WebhookEvent, string>> = {
  received: 'Somebody announced a link to one of your pages.',
  verified: 'The link was found on the page.',
  refused: 'The link was not found, or the page could not be read.',
  gone: 'A page that had linked to yours does so no more.',
  decided: 'You, a rule or a policy decided on it.',
  published: 'Readers see it from now on.',
  updated: 'What readers see of it has changed.',
  withdrawn: 'Readers do not see it any more.',
};
