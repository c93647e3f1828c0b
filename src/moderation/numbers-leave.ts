import type { Refusal } from '../linkback/refusal.ts';
import type { Guesses } from './guesses.ts';
import { hashToken, isSame, type Tokens } from './token.ts';

/** Whether somebody may read the numbers of the service: yes, nobody we know, one who may not, or not so often. */
export type Leave = 'yes' | 'nobody' | 'no' | Refusal;

export type AskLeave = (authorization: string | undefined, callerIp: string) => Promise<Leave>;

/**
 * Makes the check of who may read the numbers: whoever holds the metrics token, or any that reads all sites.
 *
 * The metrics token opens nothing else, and needs no database: a service whose database is gone still tells its numbers.
 *
 * Refuses: `too-many` after too many wrong tokens.
 */
export function makeAskLeave(tokens: Tokens, guesses: Guesses, metricsToken: string | undefined): AskLeave {
  const metricsHash = metricsToken === undefined ? undefined : hashToken(metricsToken);

  const check = async (token: string): Promise<'yes' | 'no' | undefined> => {
    if (metricsHash !== undefined && isSame(hashToken(token), metricsHash)) return 'yes';
    const holder = await tokens.byToken(token);
    if (holder === undefined) return undefined;
    return holder.mayDo('read') && holder.site === null ? 'yes' : 'no';
  };

  return async (authorization, callerIp) => {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(authorization ?? '')?.[1];
    if (token === undefined) return 'nobody';
    return (await guesses(callerIp, token, () => check(token))) ?? 'nobody';
  };
}
