import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The law of the house: which rooms a room may import, and which libraries live where. docs/architecture.md says why. */
const roomsAllowed: Readonly<Record<string, readonly string[]>> = {
  linkback: [],
  web: ['linkback'],
  store: ['linkback'],
  queue: ['linkback'],
  protocols: ['linkback', 'web'],
  verify: ['linkback', 'web'],
  send: ['linkback', 'web', 'protocols'],
  moderation: ['linkback'],
  display: ['linkback'],
};

/** Each library has one home, so that replacing it is one folder's work. */
const homes: Readonly<Record<string, RegExp>> = {
  undici: /^web\//u,
  'cheerio/slim': /^web\//u,
  htmlparser2: /^web\//u,
  'ipaddr.js': /^web\//u,
  piscina: /^web\//u,
  'microformats-parser': /^web\//u,
  'p-limit': /^web\//u,
  tldts: /^web\//u,
  '@exodus/bytes/encoding.js': /^web\//u,
  'html-encoding-sniffer': /^web\//u,
  'better-sqlite3': /^store\//u,
  pg: /^store\//u,
  kysely: /^store\//u,
  'xmlrpc/lib/customtype.js': /^protocols\/pingback\/wire\.ts$/u,
  'xmlrpc/lib/deserializer.js': /^protocols\/pingback\/wire\.ts$/u,
  'xmlrpc/lib/serializer.js': /^protocols\/pingback\/wire\.ts$/u,
  saxes: /^protocols\/pingback\/wire\.ts$/u,
  typebox: /^(?:display|moderation|protocols)\/|^server\.ts$/u,
  'typebox/compile': /^server\.ts$/u,
  preact: /^moderation\/page\//u,
  'preact/hooks': /^moderation\/page\//u,
  '@preact/signals': /^moderation\/page\//u,
  fastify: /^server\.ts$/u,
  '@fastify/cookie': /^moderation\/owner\.ts$/u,
  '@fastify/cors': /^routes\.ts$/u,
  '@fastify/helmet': /^server\.ts$/u,
  '@fastify/swagger': /^openapi\.ts$/u,
  '@fastify/swagger-ui': /^openapi\.ts$/u,
  feed: /^display\/feed-text\.ts$/u,
  'wink-naive-bayes-text-classifier': /^moderation\//u,
  nodemailer: /^moderation\/mail\.ts$/u,
  uuid: /^(?:app|cli\/opened)\.ts$/u,
  commander: /^cli(?:\.ts$|\/)/u,
  'cli-progress': /^cli\//u,
  'prom-client': /^(?:process-)?metrics\.ts$/u,
};

/** Types cost nothing at run time: rooms that serve HTTP know Fastify by its types only. */
const typeHomes: Readonly<Record<string, RegExp>> = {
  ...homes,
  fastify: /^(?:app|crowd|looking|openapi|operate|routes|server|(?:display|moderation|protocols)\/.*)\.ts$/u,
};

const doors: ReadonlySet<string> = new Set([
  'app.ts',
  'main.ts',
  'openapi.ts',
  'receiving.ts',
  'routes.ts',
  'cli.ts',
  'config.ts',
  'crowd.ts',
  'database.ts',
  'log.ts',
  'log-lines.ts',
  'memory.ts',
  'looking.ts',
  'measured.ts',
  'metrics.ts',
  'operate.ts',
  'process-metrics.ts',
  'neighbours.ts',
  'runtime.ts',
  'server.ts',
  'serving.ts',
  'setting-values.ts',
  'site-settings.ts',
  'telling.ts',
]);
/** What runs in browsers lies in the room it belongs to, and is a world of its own. */
const browserCode = /^(?:display\/widget|moderation\/page)\//u;
const forbiddenNames = /(?:^|\/)(?:utils?|helpers?|common|manager|service|types|index|misc)\.tsx?$/u;

const root = new URL('../src/', import.meta.url).pathname;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/u.test(file) && !file.endsWith('.d.ts'))
  .sort();

type Import = { readonly from: string; readonly to: string; readonly isType: boolean };

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//gu, '');
  const statements = text.matchAll(
    /^(?:import|export(?=[^;'"=]*\sfrom\s))\s(?:(type)\s)?[^;'"]*?['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gmu,
  );
  return [...statements].map(([, type, named = '', dynamic = '']) => {
    const to = named === '' ? dynamic : named;
    return {
      from: file,
      to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to,
      isType: type === 'type',
    };
  });
});

const inside = imports.filter(({ to }) => /\.tsx?$/u.test(to));
const libraries = imports.filter(({ to }) => !/\.tsx?$/u.test(to) && !to.startsWith('node:'));

/** The verbs of the command line stand behind its door, and belong to it. */
const roomOf = (file: string): string =>
  file.includes('/') && !file.startsWith('cli/') ? (file.split('/')[0] ?? '') : 'door';

describe('the law', () => {
  it('sees the imports it judges', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(inside.length).toBeGreaterThan(100);
    expect(libraries.length).toBeGreaterThan(20);
  });

  it('knows every room and every door', () => {
    const unknown = files.filter((file) =>
      roomOf(file) === 'door'
        ? !doors.has(file.replace(/^cli\/.*$/u, 'cli.ts'))
        : !(roomOf(file) in roomsAllowed),
    );
    expect(unknown).toEqual([]);
  });

  it('lets a room import only the rooms below it', () => {
    const broken = inside.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return room !== 'door' && room !== other && roomsAllowed[room]?.includes(other) !== true;
    });
    expect(broken).toEqual([]);
  });

  it('keeps the dialects from one another', () => {
    const dialectOf = (file: string): string | undefined => /^protocols\/(\w+)\//u.exec(file)?.[1];
    const broken = inside.filter(({ from, to }) => {
      const [one, other] = [dialectOf(from), dialectOf(to)];
      return one !== undefined && other !== undefined && one !== other;
    });
    expect(broken).toEqual([]);
  });

  it('keeps what runs in browsers apart from what runs in Node', () => {
    const standard = imports.filter(({ from, to }) => browserCode.test(from) && to.startsWith('node:'));
    const crossing = inside.filter(({ from, to, isType }) => {
      const folder = (file: string): string => browserCode.exec(file)?.[0] ?? '';
      // A page may know the shapes of what it is sent.
      return folder(from) !== folder(to) && !(isType && folder(to) === '');
    });
    const foreign = crossing.filter(({ from, to }) => browserCode.test(from) || browserCode.test(to));
    expect([...standard, ...foreign]).toEqual([]);
  });

  it('keeps each library in its home', () => {
    const broken = libraries.filter(
      ({ from, to, isType }) => (isType ? typeHomes : homes)[to]?.test(from) !== true,
    );
    expect(broken).toEqual([]);
  });

  it('keeps the middle to the standard library', () => {
    expect(libraries.filter(({ from }) => from.startsWith('linkback/'))).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(findCircle()).toBeUndefined();
  });

  it('lets only config.ts read the environment', () => {
    const readers = files.filter((file) => readFileSync(join(root, file), 'utf8').includes('process.env'));
    expect(readers).toEqual(['config.ts']);
  });

  it('opens connections to strangers in web/ only', () => {
    const sockets = imports.filter(({ to }) =>
      /^(?:node:(?:net|tls|http|https|http2|dgram|dns|dns\/promises)|undici)$/u.test(to),
    );
    // What is listed here needs no connection: names of status codes, and the shape of an address.
    const harmless = new Set(['linkback/problem.ts', 'setting-values.ts']);
    expect(sockets.filter(({ from }) => !from.startsWith('web/') && !harmless.has(from))).toEqual([]);
    const fetches = files.filter(
      (file) => !browserCode.test(file) && /(?<![.\w])fetch\(/u.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(fetches).toEqual([]);
  });

  it('writes SQL in store/ only', () => {
    const sql = /\b(?:SELECT\s.+\sFROM|INSERT\s+INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET)\b/u;
    const writers = files.filter((file) => sql.test(readFileSync(join(root, file), 'utf8')));
    expect(writers.filter((file) => !file.startsWith('store/'))).toEqual([]);
  });

  it('has no file whose name says nothing, and none that is too long', () => {
    expect(files.filter((file) => forbiddenNames.test(file))).toEqual([]);
    const long = files.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 350);
    expect(long).toEqual([]);
  });
});

function findCircle(): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of inside.filter(({ from }) => from === file)) {
      const circle = visit(to, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
