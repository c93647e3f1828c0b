import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { hasAlready } from './conditional.ts';
import { conditionalAnswers, asItIs, reading, textOf } from './described.ts';

/** A day without asking, then a week in which the old one serves while the new one is fetched. */
const keeping = 'public, max-age=86400, stale-while-revalidate=604800';

/** Run from its sources, the service takes the script that was built last. */
const script = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/display/widget.js' : './widget.js',
  import.meta.url,
);

/** Serves `/widget.js`, the custom element that shows a page's linkbacks in the page itself, compressed. */
export function serveWidget(app: FastifyInstance, _options: object, done: () => void): void {
  const plain = readFileSync(script);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const forms: Readonly<Record<Encoding, () => Form>> = {
    br: once(() => ({ body: brotliCompressSync(plain), etag: `"${hash}-br"` })),
    gzip: once(() => ({ body: gzipSync(plain, { level: 9 }), etag: `"${hash}-gzip"` })),
    identity: once(() => ({ body: plain, etag: `"${hash}"` })),
  };
  app.setSerializerCompiler(asItIs);
  app.get('/widget.js', { schema: widgetSchema }, (request, reply) => {
    const encoding = chooseEncoding(request.headers['accept-encoding'] ?? '');
    const { body, etag } = forms[encoding]();
    reply.header('etag', etag).header('cache-control', keeping).header('vary', 'accept-encoding');
    if (hasAlready(request.headers['if-none-match'], etag)) return reply.code(304).send();
    if (encoding !== 'identity') reply.header('content-encoding', encoding);
    return reply.type('text/javascript; charset=utf-8').send(body);
  });
  done();
}

type Encoding = 'br' | 'gzip' | 'identity';
type Form = { readonly body: Buffer; readonly etag: string };

/** Compressing takes its time, which a start should not. */
function once(make: () => Form): () => Form {
  let made: Form | undefined;
  return () => (made ??= make());
}

const widgetSchema = reading('getWidget', 'The custom element <link-backs>', {
  description: 'A script without dependencies, for any page: docs/widget.md says how.',
  response: conditionalAnswers([textOf('text/javascript', 'The script.')], []),
});

/** The smallest form that a caller takes. Spec: RFC 9110 section 12.5.3. */
function chooseEncoding(accepted: string): Encoding {
  const takes = (name: string): boolean =>
    accepted
      .toLowerCase()
      .split(',')
      .map((each) => each.replace(/\s/gu, '').split(';'))
      .some(([coding, weight = 'q=1']) => coding === name && !/^q=0(?:\.0*)?$/u.test(weight));
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}
