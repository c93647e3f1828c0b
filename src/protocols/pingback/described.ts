import type { FastifySchema } from 'fastify';

const call = `<?xml version="1.0"?>
<methodCall>
  <methodName>pingback.ping</methodName>
  <params>
    <param><value><string>https://leadmeon.example/we-not-me</string></value></param>
    <param><value><string>https://blog.example/shifting-the-way-we-co-create</string></value></param>
  </params>
</methodCall>`;

/** What the API's description says of receiving pingbacks. Spec: Pingback 1.0; XML-RPC. */
export const receiving: FastifySchema = {
  tags: ['Receiving'],
  summary: 'Receive a pingback',
  description:
    'XML-RPC: `pingback.ping(source, target)`, `pingback.extensions.getPingbacks(target)`, `system.listMethods`, ' +
    '`system.getCapabilities`; no `system.multicall`. Any content type is taken, up to 16 KiB. A ping is answered when ' +
    'its source was read, or after two seconds with the address of its status.',
  body: { content: { 'text/xml': { schema: { type: 'string', examples: [call] } } } },
  response: {
    200: {
      description: 'The result or a fault, as XML-RPC: whatever came of it, the status is 200.',
      content: { 'text/xml': { schema: { type: 'string' } } },
    },
  },
};
