import { makeBuckets, type Buckets, type Rate } from './buckets.ts';

/** A token of a bucket: what kind of limit it is, and whose. */
export type Claim = { readonly kind: string; readonly key: string; readonly rate: Rate };

/** Token buckets: those of this process, or of all processes that share a database. */
export type Ledger = {
  /** Takes a token of each of these, or of none: then gives the milliseconds until it can. */
  readonly take: (claims: readonly Claim[], now: number) => Promise<number>;
  /** Milliseconds until each of these has a token: 0 when they have one now. */
  readonly waitMs: (claims: readonly Claim[], now: number) => Promise<number>;
  /** Puts a token back that turned out not to be needed. */
  readonly giveBack: (claim: Claim, now: number) => Promise<void>;
};

/** Makes the ledger of this process: buckets for each kind, in its memory. */
export function makeLedger(): Ledger {
  const kinds = new Map<string, Buckets>();
  const of = ({ kind, rate }: Claim): Buckets => {
    const buckets = kinds.get(kind) ?? makeBuckets(rate);
    kinds.set(kind, buckets);
    return buckets;
  };
  const waitOf = (claims: readonly Claim[], now: number): number =>
    Math.max(0, ...claims.map((claim) => of(claim).waitMs(claim.key, now)));
  return {
    take: async (claims, now) => {
      const waitMs = waitOf(claims, now);
      if (waitMs === 0) for (const claim of claims) of(claim).take(claim.key, now);
      return waitMs;
    },
    waitMs: async (claims, now) => waitOf(claims, now),
    giveBack: async (claim, now) => of(claim).giveBack(claim.key, now),
  };
}
