import { seededRandom, type Random } from './mutate.ts';

/** The long run repeats and scales up what `npm test` does a share of. */
export const isLong: boolean = process.env['LINKBACKD_LONG'] === '1';

/**
 * Chance for damaged bytes: the same in every `npm test`, new in every long run unless LINKBACKD_SEED repeats one.
 *
 * The seed belongs into the test's name, so that whoever sees it fail can have it again.
 */
export const seed: number = isLong
  ? Number(process.env['LINKBACKD_SEED'] ?? Date.now() % 2 ** 31)
  : 20_260_101;

export const chance = (): Random => seededRandom(seed);
