import type { LinkbackEvent, Mover } from './event.ts';
import type { Linkback, Moderation } from './linkback.ts';

/** A decision and its event; no event when the linkback stands there already. */
export type Decision = { readonly linkback: Linkback; readonly events: readonly LinkbackEvent[] };

/**
 * The third verb of a linkback's life: the owner's word on it.
 *
 * Any state may follow any other, in any state of verification: an owner may approve what is not verified yet, and it
 * shows the moment it is.
 */
export function decide(linkback: Linkback, to: Moderation, by: Mover, note: string, now: number): Decision {
  if (linkback.moderation === to) return { linkback, events: [] };
  const event: LinkbackEvent = {
    at: now,
    by,
    why: note,
    machine: 'moderation',
    from: linkback.moderation,
    to,
  };
  return { linkback: { ...linkback, moderation: to, updatedAt: now }, events: [event] };
}
