/** The store cannot write now (disk full, locked, down): temporary, answered `unavailable`, nothing is lost. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
}

/** The database is not there: ended, unreachable, or refusing us. What is merely slow is not this. */
export class Stopped extends Unavailable {
  override readonly name: string = 'Stopped';
}

/** The database did not answer in time. */
export class Slow extends Unavailable {
  override readonly name: string = 'Slow';
}

/** The store was found damaged: nothing is written to it any more, for whoever mends it takes an older copy. */
export class Damaged extends Unavailable {
  override readonly name: string = 'Damaged';
}
