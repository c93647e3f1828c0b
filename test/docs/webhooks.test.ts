import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookEvents } from '../../src/linkback/webhook.ts';
import { signedHeaders } from '../../src/linkback/webhook-call.ts';
import { logLifeMs } from '../../src/queue/deliver.ts';
import { retryWaitsMs } from '../../src/queue/retry.ts';
import { maxWebhooks } from '../../src/moderation/webhooks.ts';
import { postTimeoutMs } from '../../src/web/post.ts';
import { mention } from '../support/announce.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { addWebhook, deliveriesOf } from '../support/receiver.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const doc = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');

describe('docs/webhooks.md', () => {
  it('lists every event, in order, and no other', () => {
    const [, table = ''] = /\| event \|.*\n\|[-|]+\n((?:\|.*\n)+)/u.exec(doc) ?? [];
    const listed = [...table.matchAll(/^\| `(\w+)` \|/gmu)].map(([, event]) => event);
    expect(listed).toEqual([...webhookEvents]);
  });

  it('has the limits of the code', () => {
    const hours = retryWaitsMs.slice(3).map((ms) => ms / 3_600_000);
    const minutes = retryWaitsMs.slice(0, 3).map((ms) => ms / 60_000);
    const text = doc.replace(/\s+/gu, ' ');
    expect(text).toContain(
      `after ${minutes[0]} minute, ${minutes[1]} minutes, ${minutes[2]} minutes, ${hours[0]} hours, ${hours[1]} hours and ${hours[2]} hours`,
    );
    expect(text).toContain(`kept for ${logLifeMs / 86_400_000} days`);
    expect(text).toContain(`at most ${maxWebhooks} webhooks`);
    expect(text).toContain('within ten seconds');
    expect(postTimeoutMs).toBe(10_000);
  });
});

describe('its receiver', () => {
  let folder: string;
  let web: Web;
  let here: Here;
  let child: ChildProcessByStdio<null, Readable, null> | undefined;
  let said: string;

  beforeEach(async () => {
    [folder, said] = [makeFolder(), ''];
    web = await startWeb();
    here = await startHere({ SITES: `blog=${web.url('/')}`, POLICY: 'approve-all' });
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await here.close();
    await web.close();
    removeFolder(folder);
  });

  /** Runs the program as it stands on the page, and gives its address. */
  async function runReceiver(secret: string): Promise<string> {
    const [, program = ''] = /```js\n([\s\S]+?)```/u.exec(doc) ?? [];
    const file = join(folder, 'receiver.mjs');
    writeFileSync(file, program);
    const env = { PATH: process.env['PATH'] ?? '', PORT: '0', WEBHOOK_SECRET: secret };
    child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const port = await waitUntil(() => /listening at (\d+)\n/u.exec(said)?.[1], {
      what: 'the receiver listens',
    });
    return `http://127.0.0.1:${port}/`;
  }

  it('takes what its own linkbackd tells, once, and nothing of anybody else', async () => {
    const { id, secret } = await addWebhook(here, { url: web.url('/not-yet'), events: ['published'] });
    const url = await runReceiver(secret);
    await here.api('PATCH', `/api/webhooks/${id}`, { url });
    web.page('/post', '<title>Ours</title>');
    web.page('/entry', linkingPage(web.url('/post')));
    await mention(here, web.url('/entry'), web.url('/post'));
    const delivered = await waitUntil(
      async () => (await deliveriesOf(here, id)).find(({ state }) => state === 'delivered'),
      { what: 'the call' },
    );
    await waitUntil(() => said.includes(`linkback.published ${delivered.linkback}\n`), { what: 'its word' });
    await here.api('POST', `/api/webhooks/${id}/deliveries/${delivered.id}/replay`);
    await here.api('POST', `/api/webhooks/${id}/test`);
    await waitUntil(() => said.includes('test'), { what: 'the test' });
    expect(said.match(/linkback\.published/gu)).toHaveLength(1);
    await waitUntil(async () => (await deliveriesOf(here, id)).every(({ state }) => state === 'delivered'));

    const body = JSON.stringify({ type: 'linkback.published', data: { id: 'forged' } });
    const call = { id: 'c', at: Date.now(), body };
    const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await fetch(url, { method: 'POST', headers, body })).status;
    const foreign = `whsec_${Buffer.from('the key of somebody else').toString('base64')}`;
    expect(await status(signedHeaders(call, foreign))).toBe(401);
    expect(await status(signedHeaders({ ...call, at: Date.now() - 600_000 }, secret))).toBe(401);
    expect(await status({ ...signedHeaders(call, secret), 'webhook-id': 'another' })).toBe(401);
    expect(await status({})).toBe(401);
    expect(said).not.toContain('forged');
    expect(await status(signedHeaders(call, secret))).toBe(204);
    await waitUntil(() => said.includes('forged'), { what: 'the genuine one' });
  });
});
