import type { Admit } from './accept.ts';
import type { Allowance } from './allowance.ts';
import type { PingStore } from './ports.ts';
import { refuse } from './refusal.ts';
import type { Room } from './room.ts';

/** How long the very same ping is taken for the one before it, in milliseconds. */
export const samePingMs = 30_000;

/** How long a caller should wait when there is more work than we can promise to do, in seconds. */
export const fullRetrySeconds = 300;

export type AdmitPorts = {
  readonly recall: PingStore['recall'];
  readonly room: Room;
  /** Absent when limits are off. */
  readonly allowance: Pick<Allowance, 'ping'> | undefined;
};

/**
 * Makes the decision whether there is room for a ping.
 *
 * The very same ping again within {@link samePingMs} is answered as the one before, and counts nowhere: at most, one look
 * is promised for when that time is over, for the page may have changed. A pair that is known is never turned away for
 * want of room.
 *
 * Refuses: `unavailable` for a new pair when there is too much work already; `too-many`.
 */
export function makeAdmit({ recall, room, allowance }: AdmitPorts): Admit {
  return async (ping, now) => {
    await room.recount(now);
    // Without limits, and with room for all, it makes no difference.
    const known = allowance === undefined && !room.isFull() ? undefined : await recall(ping);
    const saidAt = known?.saidAt ?? null;
    const isRepeat = allowance !== undefined && saidAt !== null && Math.abs(now - saidAt) < samePingMs;
    if (isRepeat) return { notBefore: saidAt + samePingMs };
    const isNew = known === undefined;
    if (isNew && !room.take()) return refuse('unavailable', fullRetrySeconds);
    const over = await allowance?.ping({ ...ping, isNew }, now);
    if (over === undefined) return {};
    if (isNew) room.giveBack();
    return over;
  };
}
