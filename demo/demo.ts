import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { section5Pages } from '../test/support/section5.ts';
import { startBlog, type Blog } from './blogs.ts';

/** The whole service on loopback, with a blog of ours and two others that write about one of its posts. */

const post = '/shifting-the-way-we-co-create';
const adminToken = `demo-${crypto.randomUUID()}`;

type PublicLinkback = {
  readonly id: string;
  readonly display: string;
  readonly source: { readonly title: string };
};
type List = { readonly items: readonly PublicLinkback[] };

async function run(once: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-demo-'));
  let service: Service | undefined;
  const blog = await startBlog(async (request, response) => {
    const endpoint = service === undefined ? {} : { 'x-pingback': `${service.address}/blog/xmlrpc` };
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...endpoint });
    response.end(request.method === 'HEAD' ? '' : await postPage(service, `${blog.address}${post}`));
  });
  const target = `${blog.address}${post}`;
  const others = await Promise.all(storyPages(target).map(startStory));
  try {
    service = await startService(
      folder,
      blog,
      others.map((each) => each.blog),
    );
    for (const { blog: other, path, name } of others) {
      console.log(`${name} sends a pingback. The answer:\n  ${await other.announce(path, target)}`);
    }
    await approveAll(service);
    await show(service, target);
    if (!once) await untilInterrupted();
  } finally {
    for (const each of [blog, ...others.map(({ blog: other }) => other)]) each.close();
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The two entries that readers of blogs know: "Lead Me On" and "Honeycomb". */
function storyPages(
  target: string,
): readonly { readonly name: string; readonly path: string; readonly html: string }[] {
  const [leadMeOn, , honeycomb] = section5Pages(target);
  return [
    { name: 'Lead Me On', path: '/leadership-challenge-1', html: leadMeOn?.html ?? '' },
    { name: 'Honeycomb', path: '/connect-with-other-teachers', html: honeycomb?.html ?? '' },
  ];
}

async function startStory({
  name,
  path,
  html,
}: {
  readonly name: string;
  readonly path: string;
  readonly html: string;
}) {
  const blog = await startBlog((request, response) => {
    const isStory = request.url === path;
    response
      .writeHead(isStory ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' })
      .end(isStory ? html : 'not here');
  });
  return { name, path, blog };
}

type Service = { readonly address: string; readonly stop: () => Promise<void> };

async function startService(folder: string, blog: Blog, others: readonly Blog[]): Promise<Service> {
  const main = new URL('../dist/main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: {
      // Nothing of the owner's own settings.
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: `sqlite:${join(folder, 'demo.db')}`,
      SITES: `blog=${blog.address}/`,
      ADMIN_TOKEN: adminToken,
      // The demo's blogs are on this very machine, which strangers' pages never may be.
      ALLOW_PRIVATE_NETWORK: [blog, ...others].map((each) => new URL(each.address).host).join(','),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { address: await listeningAt(child), stop: () => stopped(child) };
}

function listeningAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /listens at (\S+?)\/?\n/u.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', (code) => {
      reject(new Error(`the service ended with ${code ?? 'a signal'}`));
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function approveAll({ address }: Service): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const response = await fetch(`${address}/api/moderation/linkbacks?moderation=pending&order=oldest`, {
    headers,
  });
  for (const { id } of ((await response.json()) as List).items) {
    const body = JSON.stringify({ moderation: 'approved', note: 'approved by the demo' });
    const decided = await fetch(`${address}/api/moderation/linkbacks/${id}`, {
      method: 'PATCH',
      headers,
      body,
    });
    if (!decided.ok) throw new Error(`approving ${id} was answered ${decided.status}`);
  }
}

async function show({ address }: Service, target: string): Promise<void> {
  const api = `${address}/api/linkbacks?target=${encodeURIComponent(target)}`;
  const { items } = (await (await fetch(api)).json()) as List;
  const entries = items.flatMap(({ source, display }) => [`  ${source.title}`, `  ${display}`, '']);
  const lines = [
    '',
    'Both were verified and approved. The list under the post:',
    '',
    ...entries,
    'Look at',
    `  the post and its linkbacks  ${target}`,
    `  the list alone              ${address}/linkbacks?target=${encodeURIComponent(target)}`,
    `  the API                     ${api}`,
    `  moderation                  ${address}/api/moderation/linkbacks`,
    `                              with the header "Authorization: Bearer ${adminToken}"`,
  ];
  console.log(lines.join('\n'));
}

/** Our post, with the list where a blog has its comments: an include of the fragment, made on the server. */
async function postPage(service: Service | undefined, target: string): Promise<string> {
  const list =
    service === undefined
      ? ''
      : await (await fetch(`${service.address}/linkbacks.html?target=${encodeURIComponent(target)}`)).text();
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shifting the way we co-create</title>
<style>body { font: 1.1rem/1.6 Georgia, serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style></head>
<body><article><h1>Shifting the way we co-create</h1><p>A post that two other blogs have written about.</p></article>
<section><h2>Linkbacks</h2>${list}</section></body></html>`;
}

async function untilInterrupted(): Promise<void> {
  console.log('\nPress Ctrl-C to end the demo.');
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'].map((signal) => once(process, signal, { signal: stop.signal }));
  await Promise.race(signals);
  stop.abort();
  await Promise.allSettled(signals);
}

await run(process.argv.includes('--once'));
