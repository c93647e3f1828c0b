import { createClient } from '@hey-api/openapi-ts';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { linkingPage } from '../support/linking-page.ts';
import { adminToken, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

/** What a generated function gives: data, or the error that came instead. */
type Given = { readonly data?: unknown; readonly error?: unknown; readonly response: Response };
type Call = (options?: Readonly<Record<string, unknown>>) => Promise<Given>;
/** Functions by the names that the description has. */
type Client = Readonly<Record<string, Call>>;

let folder: string;
let web: Web;
let service: Service;
let client: Client;

beforeAll(async () => {
  folder = makeFolder();
  web = await startWeb();
  service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
  client = await generate(`${service.url}/openapi.json`);
});

afterAll(async () => {
  await service.close();
  await web.close();
  removeFolder(folder);
});

/** Has a tool that knows nothing of us write a client from the live description, and loads it. */
async function generate(input: string): Promise<Client> {
  const path = join(folder, 'client');
  await createClient({
    input,
    output: { path },
    logs: { level: 'silent' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
  });
  return (await import(/* @vite-ignore */ pathToFileURL(join(path, 'sdk.gen.ts')).href)) as Client;
}

async function call<Answer = Record<string, unknown>>(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const { data, error, response } = await (client[name] ?? missing(name))({
    auth: () => adminToken,
    ...options,
  });
  expect([name, error, response.ok]).toEqual([name, undefined, true]);
  return data as Answer;
}

function missing(name: string): never {
  throw new Error(`the generated client has no ${name}`);
}

type Listed = { readonly items: readonly { id: string; moderation: string; verification: string }[] };

describe('a generated client', () => {
  it('lists, decides, undoes, makes rules and tokens, and is told what is wrong', async () => {
    web.page('/blog/one', 'Ours');
    web.page('/source', linkingPage(web.url('/blog/one')));
    expect((await sendWebmention(service, web.url('/source'), web.url('/blog/one'))).status).toBe(201);
    const waiting = { query: { site: 'blog', verification: 'verified' } };
    const { id } = await waitUntil(
      async () => (await call<Listed>('listModeratedLinkbacks', waiting)).items[0],
    );

    const decided = await call('decideLinkback', {
      path: { id },
      body: { moderation: 'approved', note: 'Good' },
    });
    expect(decided).toMatchObject({ id, moderation: 'approved', public: true });
    const target = { query: { target: web.url('/blog/one') } };
    expect((await call<Listed>('listLinkbacks', target)).items).toMatchObject([{ id }]);
    expect(await call('undoDecision', { path: { id: decided['decision'] } })).toEqual({ count: 1, kept: 0 });
    expect((await call<Listed>('listLinkbacks', target)).items).toEqual([]);
    const many = await call('decideLinkbacks', { body: { filter: { site: 'blog' }, moderation: 'spam' } });
    expect(many).toMatchObject({ count: 1 });
    expect(await call('getLinkback', { path: { id } })).toMatchObject({
      moderation: 'spam',
      others: { count: 0 },
    });

    const draft = { action: 'reject', sourceHost: '127.0.0.1' };
    expect(await call('previewRule', { body: draft })).toMatchObject({ matching: 1, wouldChange: 1 });
    const rule = await call('addRule', { body: draft });
    expect(await call('listRules')).toEqual({ items: [rule], next: null });
    await call('deleteRule', { path: { id: rule['id'] } });

    const made = await call('addToken', { body: { name: 'reader', scopes: ['read'] } });
    const asReader = { auth: () => String(made['token']) };
    expect(await call('getSession', asReader)).toMatchObject({ name: 'reader', scopes: ['read'] });
    const refused = await client['eraseLinkback']?.({ ...asReader, path: { id } });
    expect(refused?.response.status).toBe(403);
    expect(refused?.error).toMatchObject({ status: 403, detail: expect.stringContaining('"moderate"') });
    await call('revokeToken', { path: { id: made['id'] } });
    await call('eraseLinkback', { path: { id } });
    expect((await client['getLinkback']?.({ auth: () => adminToken, path: { id } }))?.error).toMatchObject({
      status: 404,
    });
  });
});
