import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { startWeb, type Web } from '../support/web.ts';

const deadly = isLong ? 60 : 6;
const timeout = isLong ? 600_000 : 90_000;

let folder: string;
let web: Web;
let service: Service;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  service = await startService({ folder, env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' } });
});

afterEach(async () => {
  await service.close();
  await web.close();
  removeFolder(folder);
});

const target = (): string => web.url('/post');

/** An entry with a link to our page, and then the shape of which a tree takes gigabytes. */
const bomb = (): string =>
  `<title>A bomb</title><div class="h-entry">${linkingPage(target())}</div>${Array.from(
    { length: 4000 },
    (_, at) => `<p><b id=${at}></p>`,
  ).join('')}`;

const reply = (): string =>
  `<title>A reply</title><div class="h-entry"><p>A <a class="u-in-reply-to" href="${target()}">link</a>.</p></div>`;

describe('pages that kill the thread which reads them', () => {
  it(
    `are verified for what can be read of them, ${deadly} at once, and those that come after are read to the full`,
    { timeout },
    async () => {
      web.page('/bomb', bomb());
      web.page('/reply', reply());
      const owner = ownerOf(service);
      const statuses = await Promise.all(
        Array.from({ length: deadly }, (_, n) => mention(service, web.url(`/bomb?n=${n}`), target())),
      );
      expect(new Set(statuses.map((each) => each.status))).toEqual(new Set(['verified']));
      // The threads are there again, the one for microformats, too.
      for (const n of [1, 2, 3]) {
        expect(await mention(service, web.url(`/reply?n=${n}`), target())).toMatchObject({
          status: 'verified',
        });
        expect(await owner.find(web.url(`/reply?n=${n}`))).toMatchObject({ type: 'reply' });
      }
      expect(service.output().stderr).not.toMatch(/"level":[56]0/u);
      expect((await service.get('/readyz')).status).toBe(200);
      expect(findViolations(folder)).toEqual([]);
      expect(await service.end('SIGTERM')).toBe(0);
    },
  );
});
