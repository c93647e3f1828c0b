/** The store cannot write now (disk full, locked, down): temporary, answered `unavailable`, nothing is lost. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
