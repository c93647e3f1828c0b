import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { ownerOf } from '../support/owner.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const day = 24 * 3_600_000;

let web: Web;
let mail: MailServer;
let here: Here;

beforeEach(async () => {
  [web, mail] = await Promise.all([startWeb(), startMailServer()]);
  web.page('/post', '<title>Ours</title>');
});
afterEach(async () => {
  await here.close();
  await Promise.all([web.close(), mail.close()]);
});

async function start(env: Readonly<Record<string, string>>): Promise<void> {
  const mailbox = { DIGEST_TO: 'me@blog.example', DIGEST_FROM: 'it@blog.example', SMTP_URL: mail.url };
  here = await startHere({ SITES: `blog=${web.url('/')}`, ...mailbox, ...env });
}

async function receive(path: string): Promise<string> {
  web.page(path, linkingPage(web.url('/post')));
  await mention(here, web.url(path), web.url('/post'));
  return (await ownerOf(here).find(web.url(path))).id;
}

describe('a service with a digest', () => {
  it('writes to its owner while something waits, and one letter a day at most', async () => {
    await start({ DIGEST: 'daily' });
    const id = await receive('/1');
    here.pass(day);
    await waitUntil(() => mail.letters().length === 1, { what: 'the first letter' });
    expect(mail.letters()[0]?.text).toContain(`${here.url}/moderate?id=${id}`);
    // What the letter links to may be opened by anything that looks at mail, and nothing is decided by that.
    await here.get(`/moderate?id=${id}`);
    expect(await ownerOf(here).find(web.url('/1'))).toMatchObject({ moderation: 'pending' });
    await receive('/2');
    here.pass(day);
    await waitUntil(() => mail.letters().length === 2, { what: 'the second letter' });
    expect(mail.letters()[1]?.head).toContain('2 linkbacks wait');
    expect(mail.offered()).toBe(2);
  });

  it('ends in time though its mail server says nothing', async () => {
    const silent = await startWeb();
    await start({ DIGEST: 'daily', SMTP_URL: `smtp://${silent.host}` });
    await receive('/1');
    here.pass(day);
    const from = performance.now();
    await here.close();
    expect(performance.now() - from).toBeLessThan(9000);
    await silent.close();
    await start({});
  });
});

describe('a service without one', () => {
  it('writes to nobody', async () => {
    await start({});
    await receive('/1');
    here.pass(day);
    await receive('/2');
    expect(mail.offered()).toBe(0);
  });
});
