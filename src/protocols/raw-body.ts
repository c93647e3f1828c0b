import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * Gives a dialect its requests' bodies as bytes, whatever their content type: which characters they are, each dialect
 * finds out by its own rules.
 *
 * Limits: `maxBytes`; a longer body is an error with status 413, for the dialect to put into its own words.
 */
export function takeBodiesAsBytes(app: FastifyInstance, maxBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBytes }, (_request, body, parsed) => {
    parsed(null, body);
  });
}

/** The bytes of a request's body; none when it had none. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
