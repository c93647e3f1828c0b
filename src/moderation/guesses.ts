import { createHash } from 'node:crypto';
import { callerOf } from '../linkback/allowance.ts';
import { maxKeys, perMinute } from '../linkback/buckets.ts';
import type { Claim, Ledger } from '../linkback/ledger.ts';
import { refuse, type Refusal } from '../linkback/refusal.ts';
import type { MayReadSites } from './token.ts';

/** Wrong tokens that one caller may send in a minute; one caller is one address, or the /64 of an IPv6 subscriber. */
export const guessesPerMinute = 10;

/** Checks a secret that a caller sent: gives what the check gives, or `too-many` instead of asking it. */
export type Guesses = <Known>(
  callerIp: string,
  secret: string | undefined,
  check: () => Promise<Known | undefined>,
) => Promise<Known | Refusal | undefined>;

/**
 * Makes the limit on guessing secrets, which all checks of tokens and logins share.
 *
 * No secret is no guess. A right one costs nothing, and is let through from the same caller afterwards, whatever their
 * neighbours behind one address are up to; one that was never right from there has to wait like all the others, for
 * else a right guess would come through, too.
 *
 * Limits:  {@link guessesPerMinute}; of right secrets, {@link maxKeys} are remembered, as digests.
 * Refuses: `too-many`, with the seconds until the next guess may come.
 */
export function makeGuesses(now: () => number, ledger: Ledger): Guesses {
  const right = new Set<string>();

  const remember = (key: string, isRight: boolean): void => {
    right.delete(key);
    if (isRight) right.add(key);
    const [oldest] = right.size > maxKeys ? right : [];
    if (oldest !== undefined) right.delete(oldest);
  };

  return async (callerIp, secret, check) => {
    if (secret === undefined) return check();
    const caller = callerOf(callerIp);
    const key = createHash('sha256').update(`${caller} ${secret}`).digest('base64');
    const wasRight = right.has(key);
    const guess: Claim = { kind: 'guess', key: caller, rate: perMinute(guessesPerMinute) };
    // Taken before the answer is known: guesses that come all at once must count, too.
    const waitMs = wasRight ? 0 : await ledger.take([guess], now());
    if (waitMs > 0) return refuse('too-many', Math.ceil(waitMs / 1000));
    const known = await check();
    remember(key, known !== undefined);
    if (wasRight && known === undefined) await ledger.take([guess], now());
    if (!wasRight && known !== undefined) await ledger.giveBack(guess, now());
    return known;
  };
}

/** For when limits are off. */
export const anyGuesses: Guesses = (_callerIp, _secret, check) => check();

/** An `Authenticate` that knows who is asking. */
export type AuthenticateCaller<Holder> = (
  authorization: string | undefined,
  callerIp: string,
) => Promise<Holder | Refusal | undefined>;

export function limitAuthenticate<Holder>(
  authenticate: (authorization: string | undefined) => Promise<Holder | undefined>,
  guesses: Guesses,
): AuthenticateCaller<Holder> {
  return (authorization, callerIp) => guesses(callerIp, authorization, () => authenticate(authorization));
}

/** A {@link MayReadSites} that knows who is asking. */
export type MayCallerReadSites = (
  authorization: string | undefined,
  urlToken: string | undefined,
  callerIp: string,
) => Promise<boolean | Refusal>;

export function limitMayReadSites(mayReadSites: MayReadSites, guesses: Guesses): MayCallerReadSites {
  return async (authorization, urlToken, callerIp) => {
    const sent = [authorization, urlToken].filter((each) => each !== undefined);
    const secret = sent.length === 0 ? undefined : sent.join(' ');
    const check = async (): Promise<true | undefined> =>
      (await mayReadSites(authorization, urlToken)) ? true : undefined;
    return (await guesses(callerIp, secret, check)) ?? false;
  };
}
