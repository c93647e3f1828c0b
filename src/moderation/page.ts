import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { problem, problemType } from '../linkback/problem.ts';

/** What the page consists of, by the ending of its file names; nothing else in its folder is served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Where the built page lies: a browser cannot run what is not bundled, so the sources have none of their own. */
const folder = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/moderation/page/' : './page/',
  import.meta.url,
);

type Asset = { readonly type: string; readonly body: Buffer; readonly etag: string };

/**
 * Serves the moderation page at `/moderate`, and what it loads below that.
 *
 * The files hold no data and are the same for everybody; browsers ask each time whether they have changed. What the page
 * shows it gets from the API. Its links are relative, so it works below any path.
 *
 * Spec: RFC 9110 sections 8.8.3 and 13.1.2.
 */
export function showModeration(app: FastifyInstance, _options: object, done: () => void): void {
  const assets = readAssets();
  const shell = assets.get('page.html');
  app.get('/moderate', { config: { described } }, (request, reply) =>
    shell === undefined ? notBuilt(reply) : send(request, reply, shell),
  );
  app.get('/moderate/', { schema: { hide: true } }, (_request, reply) =>
    reply.code(308).header('location', '../moderate').send(),
  );
  for (const [name, asset] of assets) {
    if (asset !== shell)
      app.get(`/moderate/${name}`, { schema: { hide: true } }, (request, reply) =>
        send(request, reply, asset),
      );
  }
  done();
}

const described: FastifySchema = {
  operationId: 'getModerationPage',
  tags: ['Session'],
  summary: 'Get the moderation page',
  response: {
    200: { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } },
    304: { description: 'Nothing has changed since the answer with this ETag.', type: 'null' },
  },
};

function readAssets(): ReadonlyMap<string, Asset> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    names.filter((name) => extname(name) in contentTypes).map((name) => [name, readAsset(name)]),
  );
}

function readAsset(name: string): Asset {
  const body = readFileSync(new URL(name, folder));
  const digest = createHash('sha256').update(body).digest('base64url');
  return { type: contentTypes[extname(name)] ?? '', body, etag: `"${digest.slice(0, 22)}"` };
}

function send(request: FastifyRequest, reply: FastifyReply, { type, body, etag }: Asset): FastifyReply {
  reply.header('etag', etag).header('cache-control', 'no-cache').header('x-robots-tag', 'noindex');
  const known = request.headers['if-none-match']?.split(',').map((each) => each.trim());
  if (known?.some((each) => each === etag || each === `W/${etag}`) === true) return reply.code(304).send();
  return reply.type(type).send(body);
}

function notBuilt(reply: FastifyReply): FastifyReply {
  const detail = 'The moderation page is not built: run "npm run build", and start again.';
  return reply
    .code(503)
    .type(problemType)
    .send(JSON.stringify(problem(503, detail)));
}
