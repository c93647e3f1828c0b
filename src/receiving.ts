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
  /** Instead of the room's own bound. */
  readonly maxOpenJobs: number | undefined;
};

/** Builds the taking in of pings, with the limits on it. */
export function makeReceiving({ limits, pingsPerMinute }: Config, needs: ReceivingNeeds): Accept {
  const { store, ledger, wake, maxOpenJobs, ...options } = needs;
  const { isApprovedHost, recall } = store;
  const allowance = limits ? makeAllowance({ pingsPerMinute, domainOf, isApprovedHost, ledger }) : undefined;
  return makeAccept({
    ...options,
    file: async (ping) => {
      const filed = await store.file(ping);
      wake();
      return filed;
    },
    limitCaller: allowance?.caller ?? anyCaller,
    admit: makeAdmit({ recall, room: makeRoom(store.openJobs, maxOpenJobs), allowance }),
  });
}
