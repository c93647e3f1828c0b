import Database from 'better-sqlite3';
import { join } from 'node:path';
// The tests may build the tree a browser would: what they read is what we wrote ourselves.
// eslint-disable-next-line no-restricted-imports
import { parse, parseFragment, type DefaultTreeAdapterMap } from 'parse5';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { scriptAddresses, scriptTexts } from '../support/scripts.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const target = 'https://blog.example/post';
/** What stands in a field of the page that all others are compared with. */
const harmless = 'Nothing but words';

let web: Web;
let service: Service;
let database: Database.Database;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: 'blog=https://blog.example/', POLICY: 'approve-all' } });
  const source = web.url('/source');
  web.page('/source', linkingPage(target));
  await service.ping(source, target);
  await waitUntil(async () => (await text(listPath('/api/linkbacks'))).includes('"items":[{'));
  database = new Database(join(service.folder, 'linkbackd.db'));
  database.pragma('synchronous = OFF');
});

afterAll(async () => {
  database.close();
  await service.close();
  await web.close();
});

const listPath = (path: string): string => `${path}?target=${encodeURIComponent(target)}`;

/** The fields of a stored linkback that strangers fill, each with how it is written down. */
const fields: Readonly<Record<string, (text: string) => void>> = {
  title: (text) => setFact('$.title', text),
  'name of the author': (text) => setFact('$.author.name', text),
  'address of the author': (text) => setFact('$.author.url', text),
  'photo of the author': (text) => setFact('$.author.photo', text),
  language: (text) => setFact('$.language', text),
  'words before the link': (text) => setExcerpt('$.before', text),
  'words of the link': (text) => setExcerpt('$.link', text),
  'words after the link': (text) => setExcerpt('$.after', text),
  source: (text) => {
    database.prepare('UPDATE linkback SET source = ?').run(`https://source.example/${text}`);
  },
  fragment: (text) => {
    database.prepare('UPDATE linkback SET fragment = ?').run(text);
  },
};

function setFact(path: string, text: string): void {
  database.prepare('UPDATE linkback SET facts = json_set(facts, ?, ?)').run(path, text);
}

function setExcerpt(path: string, text: string): void {
  database.prepare('UPDATE linkback SET excerpt = json_set(excerpt, ?, ?)').run(path, text);
}

/** Fills every field at once. */
function fill(textOf: (field: string, at: number) => string): void {
  for (const [at, [field, write]] of Object.entries(fields).entries()) write(textOf(field, at));
}

const isAddress = (field: string): boolean => field.includes('address') || field.includes('photo');

type Node = DefaultTreeAdapterMap['node'];

/** The elements of a tree with the names of their attributes: what no text may change. */
function skeletonOf(node: Node): string {
  const children = 'childNodes' in node ? node.childNodes.map(skeletonOf).join('') : '';
  if (!('tagName' in node))
    return node.nodeName.startsWith('#') && node.nodeName !== '#comment' ? children : '!';
  return `<${node.tagName} ${node.attrs.map(({ name }) => name).join(' ')}>${children}</>`;
}

type Link = { readonly href: string; readonly rel: string };

function linksOf(node: Node): readonly Link[] {
  const below = 'childNodes' in node ? node.childNodes.flatMap(linksOf) : [];
  if (!('tagName' in node) || node.tagName !== 'a') return below;
  const valueOf = (wanted: string): string => node.attrs.find(({ name }) => name === wanted)?.value ?? '';
  return [{ href: valueOf('href'), rel: valueOf('rel') }, ...below];
}

/** What is filled in past the service has nobody forget the answers that are kept for everybody: this asks for one's own. */
const text = async (path: string): Promise<string> =>
  (await service.get(path, { authorization: `Bearer ${service.token}` })).text();

const treeOf = async (path: string): Promise<Node> => {
  const html = await text(listPath(path));
  return html.startsWith('<!doctype') ? parse(html) : parseFragment(html);
};

/** The elements of a feed with their attributes' names, and the HTML within, once more. */
async function feedSkeleton(path: string): Promise<string> {
  const parser = new SaxesParser();
  const found: string[] = [];
  let content = '';
  parser.on('opentag', ({ name, attributes }) => {
    content = '';
    found.push(`<${name} ${Object.keys(attributes).join(' ')}>`);
  });
  parser.on('text', (piece) => (content += piece));
  parser.on('cdata', (piece) => (content += piece));
  parser.on('closetag', ({ name }) => {
    if (/^(?:content|content:encoded|description|summary)$/u.test(name))
      found.push(skeletonOf(parseFragment(content)));
  });
  parser.write(await text(listPath(path))).close();
  return found.join('');
}

/** A page that carries the JSON in a script element, as static sites do: nothing of it may end the element. */
async function inScript(): Promise<{ readonly skeleton: string }> {
  const json = await text(listPath('/api/linkbacks'));
  expect(JSON.parse(json)).toHaveProperty('items');
  return { skeleton: skeletonOf(parse(`<script type="application/json">${json}</script><p>`)) };
}

/** What every output makes of the one linkback: what no text may change, and the links in it. */
async function outputs(): Promise<{
  readonly shapes: Readonly<Record<string, string>>;
  readonly links: readonly Link[];
}> {
  const [fragment, page, atom, rss, script] = await Promise.all([
    treeOf('/linkbacks.html'),
    treeOf('/linkbacks'),
    feedSkeleton('/feed.atom'),
    feedSkeleton('/feed.rss'),
    inScript(),
  ]);
  const shapes = {
    fragment: skeletonOf(fragment),
    page: skeletonOf(page),
    atom,
    rss,
    script: script.skeleton,
  };
  return { shapes, links: [...linksOf(fragment), ...linksOf(page)] };
}

/** All texts for each field, in an order that differs from field to field: together they are filled in once around. */
const rounds = [...scriptTexts, ...scriptAddresses];
const roundText = (round: number) => (_field: string, at: number) =>
  rounds[(round + at * 17) % rounds.length] ?? '';

describe('a stranger who writes scripts into all that they can fill', () => {
  it('changes no element and no attribute of the list, its page, the feeds, and a script element with the JSON', async () => {
    fill((field) => (isAddress(field) ? 'https://source.example/plain' : harmless));
    const linked = await outputs();
    fill(() => harmless);
    const unlinked = await outputs();
    for (const round of rounds.keys()) {
      fill(roundText(round));
      const { shapes, links } = await outputs();
      for (const [output, shape] of Object.entries(shapes)) {
        const allowed = [linked, unlinked].map(({ shapes: known }) => known[output]);
        expect(allowed, `${output}, round ${round}`).toContain(shape);
      }
      const strange = links.filter(({ href }) => !href.startsWith(service.url) && href !== target);
      for (const { href, rel } of strange) {
        expect(href, `round ${round}`).toMatch(/^https?:\/\//u);
        expect(rel, `round ${round}`).toBe('nofollow ugc noopener');
      }
    }
  });

  it.each(['/api/linkbacks', '/api/mentions.jf2', '/api/mentions.json', '/feed.json'])(
    'changes nothing of %s but its texts, and ends no script element that carries it',
    async (path) => {
      fill(() => harmless);
      const names = namesIn(JSON.parse(await text(listPath(path))));
      for (const round of rounds.keys()) {
        fill(roundText(round));
        const json = await text(listPath(path));
        expect(json, `round ${round}`).not.toMatch(/[<>&\u2028\u2029]/u);
        expect(names, `round ${round}`).toEqual(expect.arrayContaining([...namesIn(JSON.parse(json))]));
      }
    },
  );
});

/** Every name of a member in a JSON value, at any depth. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...namesIn(each)]);
}

describe('the corpus', () => {
  it('has a hundred and fifty texts and more, all different', () => {
    expect(new Set(scriptTexts).size).toBeGreaterThanOrEqual(150);
    expect(new Set(scriptTexts).size).toBe(scriptTexts.length);
  });
});
