import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * Who may open a socket: the guard's neighbours in web/, the server that listens, and the home of each library that
 * connects by itself. Everything else must have no way to.
 */

const root = new URL('../', import.meta.url).pathname;
const source = join(root, 'src');

/** What runs in browsers has no sockets but its own page's. */
const browserCode = /^(?:display\/widget|moderation\/page)\//u;

/** Node's modules that reach the network, or start programs that could. */
const network =
  /^(?:node:)?(?:net|tls|https?|http2|dgram|dns|dns\/promises|quic|child_process|cluster|inspector(?:\/promises)?|repl|wasi)$/u;

/** Names in them that are no way out: shapes of addresses, names of status codes. */
const harmlessNames: ReadonlySet<string> = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'STATUS_CODES']);

/** Who takes what from where, of all that could connect, look up names, or start programs. */
const ways: Readonly<Record<string, readonly string[]>> = {
  'web/connect.ts': ['undici buildConnector'],
  'web/fetch.ts': ['undici Client', 'undici errors'],
  'web/guard.ts': ['node:dns/promises lookup'],
  'web/resolve.ts': ['node:dns/promises Resolver'],
  'server.ts': ['fastify fastify', 'fastify LogController'],
  // Starts this very program again, on a newer Node.
  'runtime.ts': ['node:child_process spawn'],
  // Starts a program of ours that reads the database's own file.
  'store/soundness.ts': ['node:child_process spawn'],
  // Starts a program of ours that builds trees of what it is sent.
  'web/tree-reader.ts': ['node:child_process fork'],
};

/** Libraries that connect or listen by themselves, and where each may be used; `never` where no import reaches it. */
const connecting: Readonly<Record<string, RegExp | 'never'>> = {
  undici: /^web\//u,
  fastify: /^server\.ts$/u,
  // Letters to the owner go to the owner's own mail server.
  nodemailer: /^moderation\//u,
  // To the database that the owner names.
  pg: /^store\/(?:postgres|copy)/u,
  // Only its registry; its pushing, which would connect, is nowhere used.
  'prom-client': /^(?:process-)?metrics\.ts$/u,
  // Only its codec, which the law keeps in one file; its client and server would connect.
  xmlrpc: /^protocols\/pingback\/wire\.ts$/u,
  // Only `cheerio/slim`, by the law; the whole of it can fetch.
  cheerio: /^web\//u,
  'cheerio/node_modules/undici': 'never',
  // Know HTTP by its words and its stand-ins, and are other packages' own.
  'find-my-way': 'never',
  'light-my-request': 'never',
  'parse5-parser-stream': 'never',
};

type Finding = { readonly file: string; readonly way: string };

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/u.test(file) && !file.endsWith('.d.ts') && !browserCode.test(file))
  .sort();

/** Globals that connect, or fetch code that the imports do not show. */
const forbiddenGlobals: ReadonlySet<string> = new Set(
  (
    'fetch WebSocket WebSocketStream EventSource XMLHttpRequest navigator require createRequire getBuiltinModule binding ' +
    'eval Function globalThis global'
  ).split(' '),
);

const isConnecting = (from: string): boolean => network.test(from) || packageOf(from) in connecting;

function packageOf(from: string): string {
  return from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Every way out that a file has, whether it takes it or not. */
function findWays(file: string, text: string): Finding[] {
  const found: Finding[] = [];
  const note = (way: string): void => void found.push({ file, way });
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) noteImport(node, note);
    else if (ts.isImportEqualsDeclaration(node)) note('import =');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [to] = node.arguments;
      const name = to !== undefined && ts.isStringLiteral(to) ? to.text : '';
      if (isConnecting(name)) note(`${name} *`);
      else if (!name.startsWith('./')) note('import() of what is none of our files');
    } else if (ts.isIdentifier(node) && forbiddenGlobals.has(node.text) && isGlobal(node)) note(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return found;
}

function noteImport(node: ts.ImportDeclaration | ts.ExportDeclaration, note: (way: string) => void): void {
  const from = node.moduleSpecifier;
  if (from === undefined || !ts.isStringLiteral(from) || !isConnecting(from.text)) return;
  const clause = ts.isImportDeclaration(node) ? node.importClause : undefined;
  if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
  const bindings = clause?.namedBindings;
  const isNamed = clause?.name === undefined && bindings !== undefined && ts.isNamedImports(bindings);
  if (!isNamed) {
    note(`${from.text} *`);
    return;
  }
  const names = bindings.elements
    .filter((each) => !each.isTypeOnly)
    .map((each) => (each.propertyName ?? each.name).text);
  for (const name of names) if (!harmlessNames.has(name)) note(`${from.text} ${name}`);
}

/** Whether a name means the global one: it is neither a property nor declared under that name in this file. */
function isGlobal(node: ts.Identifier): boolean {
  const { parent } = node;
  // `process.getBuiltinModule` and `globalThis.fetch` are ways out, `turns.fetch` is none.
  if (ts.isPropertyAccessExpression(parent) && parent.name === node)
    return /^(?:process|globalThis|global|module|self|window)$/u.test(parent.expression.getText());
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent))
    return parent.name !== node;
  if (ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent)) return false;
  return !isDeclared(node.text, node.getSourceFile());
}

function isDeclared(name: string, file: ts.SourceFile): boolean {
  let isFound = false;
  const visit = (node: ts.Node): void => {
    const declares = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node);
    isFound ||= declares && ts.isIdentifier(node.name) && node.name.text === name;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return isFound;
}

/** Of a library whose own home is enough; what is taken of undici and Fastify is listed name by name. */
function isAtHome(file: string, way: string): boolean {
  const library = packageOf(way.split(' ')[0] ?? '');
  const home = connecting[library];
  return home instanceof RegExp && home.test(file) && library !== 'undici' && library !== 'fastify';
}

describe('sockets', () => {
  it('are opened by the files that are listed, in the ways that are listed', () => {
    const found: Record<string, string[]> = {};
    for (const file of files) {
      for (const { way } of findWays(file, readFileSync(join(source, file), 'utf8')))
        found[file] = [...(found[file] ?? []), way].sort();
    }
    const rest = Object.entries(found).flatMap(([file, all]) =>
      all
        .filter((way) => ways[file]?.includes(way) !== true && !isAtHome(file, way))
        .map((way) => [file, way]),
    );
    expect(rest).toEqual([]);
    // What is listed is there: else the list would hide what comes later.
    for (const [file, listed] of Object.entries(ways)) expect(found[file]).toEqual([...listed].sort());
  });

  it.each([
    ['an import', "import { connect } from 'node:net';"],
    ['an import without its prefix', "import { request } from 'http';"],
    ['a whole module', "import * as net from 'node:net';"],
    ['a default import', "import tls from 'node:tls';"],
    ['an import for its effects', "import 'node:inspector';"],
    ['an import under another name', "import { connect as isIP } from 'node:net';"],
    ['something handed on', "export { connect } from 'node:net';"],
    ['everything handed on', "export * from 'node:dgram';"],
    ['a library that connects', "import { request } from 'undici';"],
    ['a file of such a library', "import Client from 'xmlrpc/lib/client.js';"],
    ['another program', "import { exec } from 'node:child_process';"],
    ['a dynamic import', "const net = await import('node:net');"],
    ['a dynamic import of who knows what', 'const module = await import(name);'],
    ['a template for an address', 'const module = await import(`node:${name}`);'],
    ['require', "const net = require('node:net');"],
    [
      'require that is made',
      "import { createRequire } from 'node:module'; createRequire(import.meta.url)('net');",
    ],
    ['import =', "import net = require('node:net');"],
    ['a builtin module by its name', "process.getBuiltinModule('node:net');"],
    ['an inner binding', "process.binding('tcp_wrap');"],
    ['fetch', "await fetch('https://example.com/');"],
    ['fetch as a value', 'const get = { get: fetch };'],
    ['fetch of the global object', "globalThis.fetch('https://example.com/');"],
    ['the global object by name', "globalThis['fet' + 'ch']('https://example.com/');"],
    ['a web socket', "new WebSocket('wss://example.com/');"],
    ['an event source', "new EventSource('https://example.com/');"],
    ['code from a text', "eval('1');"],
    ['a function from a text', "new Function('return 1');"],
  ])('would be seen: %s', (_, text) => {
    expect(findWays('verify/verify.ts', text)).not.toEqual([]);
  });

  it.each([
    ["import { isIP } from 'node:net';"],
    ["import type { Socket } from 'node:net';"],
    ["import { type Socket, isIPv6 } from 'node:net';"],
    ["import { STATUS_CODES } from 'node:http';"],
    ["await import('./main.ts');"],
    ['const fetch = { host: url.host }; turns.add(fetch);'],
    ['options.fetch(url); type Fetch = { readonly fetch: string };'],
  ])('are not seen in %s', (text) => {
    expect(findWays('verify/verify.ts', text)).toEqual([]);
  });

  it('are opened by no library that nobody knows of', () => {
    const locked = Object.entries(
      (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock).packages,
    ).filter(([folder, { dev = false }]) => folder !== '' && !dev);
    expect(locked.length).toBeGreaterThan(50);
    const names = locked.map(([folder]) => folder.replace(/^node_modules\//u, ''));
    expect(names.filter((name) => !(name in connecting) && reachesNetwork(name))).toEqual([]);
    // And each that is listed does.
    expect(Object.keys(connecting).filter((name) => names.includes(name) && !reachesNetwork(name))).toEqual(
      [],
    );
  });
});

type Lock = { readonly packages: Readonly<Record<string, { readonly dev?: boolean }>> };

const reaches =
  /(?:require\(|from\s*|import\(|import\s+)['"](?:node:)?(?:net|tls|https?|http2|dgram|dns|dns\/promises|undici)['"]/u;

/** Whether any file of a package that runs, as opposed to its tests, takes a way out. */
function reachesNetwork(name: string): boolean {
  const folder = join(root, 'node_modules', name);
  return listFiles(folder)
    .filter((file) => /\.[cm]?js$/u.test(file))
    .filter((file) => !/(?:^|\/)(?:node_modules|tests?|examples?|benchmarks?|docs|\.github)\//u.test(file))
    .some((file) => reaches.test(readFileSync(join(folder, file), 'utf8')));
}

/** None of a package that is for other machines than this one. */
function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
