import { makeLedger } from '../../src/linkback/ledger.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  guessesPerMinute,
  limitAuthenticate,
  limitMayReadSites,
  makeGuesses,
  type AuthenticateCaller,
} from '../../src/moderation/guesses.ts';
import { makeClock, type Clock } from '../support/clock.ts';

const right = 'Bearer the-right-token-of-them-all';
const refused = { refused: 'too-many', retryAfterSeconds: 6 };

type Holder = { readonly name: string };

let clock: Clock;
let asked: string[];
let authenticate: AuthenticateCaller<Holder>;

const check = async (authorization: string | undefined): Promise<Holder | undefined> => {
  asked.push(authorization ?? '');
  return authorization === right ? { name: 'owner' } : undefined;
};

beforeEach(() => {
  clock = makeClock();
  asked = [];
  authenticate = limitAuthenticate(check, makeGuesses(clock.now, makeLedger()));
});

/** So many wrong tokens, each another, all sent before the first is answered. */
const guess = (count: number, ip = '192.0.2.1', start = 0): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => authenticate(`Bearer wrong-${start + n}`, ip)));

describe('guessing tokens', () => {
  it(`is let be ${guessesPerMinute} times a minute, and then not even looked at`, async () => {
    expect(await guess(guessesPerMinute)).toEqual(Array(guessesPerMinute).fill(undefined));
    asked = [];
    expect(await guess(3, '192.0.2.1', 100)).toEqual([refused, refused, refused]);
    expect(await authenticate(right, '192.0.2.1')).toEqual(refused);
    expect(asked).toEqual([]);
    clock.advance(6000);
    expect(await authenticate(right, '192.0.2.1')).toEqual({ name: 'owner' });
  });

  it('counts as many when they come all at once', async () => {
    const answers = await guess(1000);
    expect(answers.filter((each) => each === undefined)).toHaveLength(guessesPerMinute);
    expect(asked).toHaveLength(guessesPerMinute);
  });

  it('is each caller’s own business, and all of an IPv6 subscriber’s', async () => {
    await guess(guessesPerMinute, '2001:db8:1:2::1');
    expect(await authenticate(right, '2001:db8:1:2:ffff::7')).toEqual(refused);
    expect(await authenticate(right, '2001:db8:1:3::1')).toEqual({ name: 'owner' });
    expect(await authenticate(right, '192.0.2.1')).toEqual({ name: 'owner' });
  });

  it('does not lock out whoever came with a right token before, from where they came', async () => {
    expect(await authenticate(right, '192.0.2.1')).toEqual({ name: 'owner' });
    await guess(100);
    for (let n = 0; n < 100; n += 1)
      expect(await authenticate(right, '192.0.2.1')).toEqual({ name: 'owner' });
    // And what they do leaves no more room for guesses.
    expect(await guess(1, '192.0.2.1', 500)).toEqual([refused]);
  });

  it('does not count what is right, nor what is no token', async () => {
    for (let n = 0; n < 100; n += 1) {
      expect(await authenticate(right, '192.0.2.1')).toEqual({ name: 'owner' });
      expect(await authenticate(undefined, '192.0.2.1')).toBeUndefined();
    }
    expect(await guess(1)).toEqual([undefined]);
  });

  it('counts a token that is right no more', async () => {
    let isRevoked = false;
    const guesses = makeGuesses(clock.now, makeLedger());
    const revocable = limitAuthenticate(
      async () => ((await Promise.resolve(isRevoked)) ? undefined : { name: 'owner' }),
      guesses,
    );
    expect(await revocable(right, '192.0.2.1')).toEqual({ name: 'owner' });
    isRevoked = true;
    const answers = [];
    for (let n = 0; n <= guessesPerMinute; n += 1) answers.push(await revocable(right, '192.0.2.1'));
    expect(answers).toEqual([...Array<undefined>(guessesPerMinute).fill(undefined), refused]);
  });

  it('is one count for all checks that share it, tokens in URLs as well', async () => {
    const guesses = makeGuesses(clock.now, makeLedger());
    const inHeader = limitAuthenticate(check, guesses);
    const mayRead = limitMayReadSites(async (_authorization, urlToken) => urlToken === 'feed', guesses);
    expect(await mayRead(undefined, 'feed', '192.0.2.1')).toBe(true);
    expect(await mayRead(undefined, undefined, '192.0.2.2')).toBe(false);
    for (let n = 1; n < guessesPerMinute; n += 1)
      expect(await mayRead(undefined, `wrong-${n}`, '192.0.2.2')).toBe(false);
    expect(await inHeader('Bearer wrong', '192.0.2.2')).toBeUndefined();
    expect(await mayRead(undefined, 'feed', '192.0.2.2')).toEqual(refused);
    expect(await mayRead(undefined, 'feed', '192.0.2.1')).toBe(true);
  });
});
