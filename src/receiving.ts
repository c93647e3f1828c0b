import type { Config } from './config.ts';
import { makeAccept, type Accept, type AcceptPorts } from './linkback/accept.ts';
import { makeAdmit } from './linkback/admit.ts';
import { anyCaller, makeAllowance } from './linkback/allowance.ts';
import type { Ledger } from './linkback/ledger.ts';
import { makeRoom } from './linkback/room.ts';
import type { Store } from './linkback/store.ts';
import { domainOf } from './web/domain.ts';

export type ReceivingNeeds = Pick<AcceptPorts, 'sites' | 'rulesOf' | 'isStopping' | 'now' | 'newId'> & {
  readonly store: Pick<Store, 'file' | 'isApprovedHost' | 'recall' | 'openJobs'>;
  readonly ledger: Ledger;
  /** Says that there is work. */
  readonly wake: () => void;
  /** Whether this process alone writes: then what is written after a ping is written in the same transaction. */
  readonly isAlone: boolean;
  /** Instead of the room's own bound. */
  readonly maxOpenJobs: number | undefined;
};

/** Builds the taking in of pings, with the limits on it. */
export function makeReceiving(
  { limits, pingsPerMinute, newPairsPerMinute }: Config,
  needs: ReceivingNeeds,
): Accept {
  const { store, ledger, wake, isAlone, maxOpenJobs, ...options } = needs;
  const { isApprovedHost, recall } = store;
  const allowance = limits
    ? makeAllowance({ pingsPerMinute, newPairsPerMinute, domainOf, isApprovedHost, ledger })
    : undefined;
  return makeAccept({
    ...options,
    file: async (ping) => {
      const filing = store.file(ping);
      // The worker's claim comes right behind: one transaction less for each ping.
      if (isAlone) wake();
      const filed = await filing;
      if (!isAlone) wake();
      return filed;
    },
    limitCaller: allowance?.caller ?? anyCaller,
    admit: makeAdmit({ recall, room: makeRoom(store.openJobs, maxOpenJobs), allowance }),
  });
}
