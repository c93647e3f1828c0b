/**
 * What somebody wrote cannot be, or not beside what is there already; the message says so in a sentence for them to
 * read. As an answer over HTTP it has a status of its own.
 */
export class Mistake extends Error {
  override readonly name = 'Mistake';
  readonly statusCode: 400 | 409;

  constructor(sentence: string, statusCode: 400 | 409 = 400) {
    super(sentence);
    this.statusCode = statusCode;
  }
}
