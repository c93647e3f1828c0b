/** The service cannot start or go on; the message says what happened and `remedy` what to do about it. */
export class Halt extends Error {
  override readonly name = 'Halt';
  readonly remedy: string;

  constructor(what: string, remedy: string, options?: ErrorOptions) {
    super(what, options);
    this.remedy = remedy;
  }
}
