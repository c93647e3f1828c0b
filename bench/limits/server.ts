import { fastify } from 'fastify';
import { formatResult, readCall } from '../../src/protocols/pingback/wire.ts';
import { answerParent } from '../program.ts';
import { makeReadPage } from './page.ts';
import { openRows } from './rows.ts';

export type LimitServer = { readonly url: string };
/** What `/read` sends from now on. */
export type ToSend = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/**
 * The limits of P1, P2, P4 and P5: bare routes that do the unavoidable work with the service's libraries and nothing else.
 */
const [file = '', dns = ''] = process.argv.slice(2);
const rows = await openRows(file);
const readPage = makeReadPage(dns);
let toSend: ToSend = { headers: {}, body: '' };

const server = fastify({ logger: false });
server.removeAllContentTypeParsers();
server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));

server.post('/webmention', async ({ body }, reply) => {
  const form = new URLSearchParams(String(body));
  const [source, target] = [new URL(form.get('source') ?? ''), new URL(form.get('target') ?? '')];
  const id = await rows.file(source, target, 'webmention');
  return reply
    .code(201)
    .header('location', `/status/${id}`)
    .type('text/plain; charset=utf-8')
    .send(`The webmention is queued and will be verified. Its status: /status/${id}\n`);
});

server.post('/pingback', async ({ body, headers }, reply) => {
  const { source, target } = pagesOf(body as Buffer, headers['content-type'] ?? '');
  const id = await rows.file(source, target, 'pingback');
  return reply
    .type('text/xml; charset=UTF-8')
    .send(formatResult(`The pingback is queued and will be verified. Its status: /status/${id}`));
});

server.post('/verdict', async ({ body, headers }, reply) => {
  const { source, target } = pagesOf(body as Buffer, headers['content-type'] ?? '');
  const id = await rows.file(source, target, 'pingback');
  const { title, text } = await readPage(source.href, target.href);
  await rows.verify(id, JSON.stringify({ title }), JSON.stringify({ text }));
  return reply
    .type('text/xml; charset=UTF-8')
    .send(formatResult(`The pingback is verified and registered. Its status: /status/${id}`));
});

server.get('/read', (request, reply) => {
  reply.headers(toSend.headers);
  if (request.headers['if-none-match'] === toSend.headers['etag']) return reply.code(304).send();
  return reply.send(toSend.body);
});

function pagesOf(body: Buffer, contentType: string): { readonly source: URL; readonly target: URL } {
  const call = readCall(body, contentType);
  if ('malformed' in call) throw new Error(call.malformed);
  const [source, target] = call.params;
  return { source: new URL(String(source)), target: new URL(String(target)) };
}

const url = await server.listen({ host: '127.0.0.1', port: 0 });
const said: LimitServer = { url };
answerParent(said, (next: ToSend) => {
  toSend = next;
  return {};
});
