import type { FastifySchema } from 'fastify';

const params = {
  type: 'object',
  properties: {
    site: { type: 'string', description: 'The name of the site.', examples: ['blog'] },
    path: { type: 'string', description: 'The path of the target, its slashes and query as they are.' },
  },
};

const answer = { 'text/xml': { schema: { type: 'string' } } };

/** What the API's description says of receiving TrackBack pings. Spec: TrackBack 1.2. */
export const receiving: FastifySchema = {
  tags: ['Receiving'],
  summary: 'Receive a TrackBack ping',
  params,
  body: {
    content: {
      'application/x-www-form-urlencoded': {
        schema: {
          type: 'object',
          required: ['url'],
          properties: {
            url: { type: 'string', format: 'uri', description: 'The page that links.' },
            title: { type: 'string' },
            excerpt: { type: 'string' },
            blog_name: { type: 'string' },
            charset: { type: 'string', description: 'Of the other fields, unless the content type says it.' },
          },
        },
      },
    },
  },
  response: {
    200: { description: 'XML whose error is 0, or 1 with a message.', content: answer },
    429: { description: 'Too many pings, in the same XML; see Retry-After.', content: answer },
    503: { description: 'Not at the moment, in the same XML; see Retry-After.', content: answer },
  },
};

/** What it says of the same address when it is read. */
export const listing: FastifySchema = {
  tags: ['Receiving'],
  summary: 'List what a page was pinged with, or go to it',
  description: 'GET never pings.',
  params,
  querystring: {
    type: 'object',
    properties: { __mode: { type: 'string', enum: ['rss'], description: 'For the list, as RSS.' } },
  },
  response: {
    200: {
      description: 'The approved pings of the page, as RSS inside of TrackBack’s XML.',
      content: answer,
    },
    302: { description: 'To the page, where no list is asked for.', type: 'null' },
  },
};
