/** The store cannot write now (disk full, locked, down): temporary, answered `unavailable`, nothing is lost. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** The store was found damaged: nothing is written to it any more, for whoever mends it takes an older copy. */
export class Damaged extends Unavailable {
  override readonly name: string = 'Damaged';
}
