import type { FastifySchema } from 'fastify';
import { problemSchema } from '../../linkback/problem.ts';

const { title: _named, properties, ...rest } = problemSchema;
const reason = { type: 'string', description: 'The reason by its name.' };
const problem = { ...rest, properties: { ...properties, reason } };

const refusal = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

/** What the API's description says of receiving webmentions. Spec: Webmention 3.2; Vouch. */
export const receiving: FastifySchema = {
  tags: ['Receiving'],
  summary: 'Receive a webmention',
  description:
    'It is answered when it is on disk; its source is read afterwards. A browser is led to the status page.',
  body: {
    content: {
      'application/x-www-form-urlencoded': {
        schema: {
          type: 'object',
          required: ['source', 'target'],
          properties: {
            source: { type: 'string', format: 'uri', description: 'The page that links.' },
            target: { type: 'string', format: 'uri', description: 'The page that is linked to.' },
            vouch: { type: 'string', format: 'uri', description: 'A page that vouches for the source.' },
          },
        },
      },
    },
  },
  response: {
    201: {
      description: 'Taken; Location is the address of its status.',
      headers: { Location: { type: 'string', format: 'uri' } },
      content: { 'text/plain': { schema: { type: 'string' } } },
    },
    303: { description: 'Taken, for a browser: to its status.', type: 'null' },
    400: refusal('It cannot be taken; "reason" says why.'),
    403: refusal('The owner takes none from this source.'),
    429: refusal('Too many; Retry-After says when to come again.'),
    449: refusal('The site wants a page that vouches for the source: send it again with one.'),
    503: refusal('Not at the moment; Retry-After says when to come again.'),
  },
};

/** What it says of the form for people. */
export const form: FastifySchema = {
  tags: ['Receiving'],
  summary: 'Get a form for people',
  response: {
    200: { description: 'A page with the form.', content: { 'text/html': { schema: { type: 'string' } } } },
  },
};
