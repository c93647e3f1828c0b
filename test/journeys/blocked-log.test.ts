import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { isPositive, startLoad } from '../support/load.ts';
import { startService, type Service } from '../support/service.ts';
import { mountSmallDisk, smallDisksAreMissing } from '../support/small-disk.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const isLong = process.env['LINKBACKD_LONG'] === '1';
/** Pings whose log lines are more than a pipe has room for, and in the long run more than the service keeps. */
const flood = isLong ? 6000 : 400;
const timeout = isLong ? 600_000 : 60_000;

let folder: string;
let web: Web;
let service: Service | undefined;
let undo: (() => void)[];

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', '<title>A page without a link</title>');
  undo = [];
});

afterEach(async () => {
  await service?.close();
  await web.close();
  for (const each of undo.reverse()) each();
  removeFolder(folder);
});

/** Starts a service whose log goes to this file, whatever kind of file that is. */
async function startLoggingTo(file: string): Promise<Service> {
  service = await startService({
    folder,
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all' },
    through: ['sh', '-c', 'log=$1; shift; exec "$@" 2>>"$log"', 'sh', file],
  });
  return service;
}

/** Sends so many pings, each of which gets a long line in the log, and waits until all are settled. */
async function sendPings(to: Service, from: number, count: number): Promise<void> {
  let n = from;
  const load = startLoad(to.url, 20, () => {
    n += 1;
    const source = web.url(`/entry?n=${n}`);
    return n > from + count ? undefined : { dialect: 'webmention', source, target: web.url('/post') };
  });
  await load.over;
  expect(load.answers.filter((each) => !isPositive(each))).toEqual([]);
  expect(load.answers).toHaveLength(count);
  const settled = "SELECT id FROM linkback WHERE verification = 'refused'";
  await waitUntil(() => readRows(folder, settled).length === from + count, {
    what: `${from + count} settled linkbacks`,
    timeoutMs: 60_000,
    everyMs: 100,
  });
}

type Line = { readonly msg: string; readonly dropped?: number };

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** How many pings a log tells of, one by one or as dropped. */
const toldOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { msg, dropped = 0 }) => sum + dropped + (msg === 'settled' ? 1 : 0), 0);

describe('a service whose log nobody reads', () => {
  /** A named pipe that is open for reading, and the means to read what is in it. */
  function makePipe() {
    const file = join(folder, 'log');
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
    // Open for both, for otherwise opening it waits for whoever writes.
    const handle = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    let isOpen = true;
    const close = (): void => {
      if (isOpen) closeSync(handle);
      isOpen = false;
    };
    undo.push(close);
    const buffer = Buffer.alloc(64 * 1024);
    let text = '';
    const readOn = (): Line[] => {
      try {
        for (;;) text += buffer.toString('latin1', 0, readSync(handle, buffer));
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' });
      }
      return linesOf(text.slice(0, text.lastIndexOf('\n') + 1));
    };
    return { file, close, readOn };
  }

  it(
    'goes on, tells of every line once it is read, or how many are missing, and ends when told to',
    { timeout },
    async () => {
      const pipe = makePipe();
      const running = await startLoggingTo(pipe.file);
      await sendPings(running, 0, flood);
      expect((await running.get('/readyz')).status).toBe(200);

      const lines = await waitUntil(
        () => {
          const found = pipe.readOn();
          return toldOf(found) >= flood && found;
        },
        { what: 'the whole log' },
      );
      expect(toldOf(lines)).toBe(flood);
      const dropped = lines.filter((line) => line.dropped !== undefined);
      if (isLong)
        expect(dropped).toMatchObject([{ level: 40, msg: expect.stringContaining('were dropped') }]);
      else expect(dropped).toEqual([]);

      // Once more, and nobody reads it any more.
      await sendPings(running, flood, flood);
      const from = performance.now();
      expect(await running.end('SIGTERM')).toBe(0);
      expect(performance.now() - from).toBeLessThan(9000);
      expect(findViolations(folder)).toEqual([]);
    },
  );

  it('goes on when its reader goes away', async () => {
    const pipe = makePipe();
    const running = await startLoggingTo(pipe.file);
    pipe.close();
    await sendPings(running, 0, 50);
    expect((await running.get('/readyz')).status).toBe(200);
    expect(await running.end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);
  });
});

describe('a service whose log has no room', () => {
  it('goes on, and ends when told to', async () => {
    const running = await startLoggingTo('/dev/full');
    await sendPings(running, 0, 50);
    expect((await running.get('/readyz')).status).toBe(200);
    expect(await running.end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);
  });

  it.skipIf(smallDisksAreMissing)(
    'writes on where it stopped once there is room, and loses nothing that waited',
    async () => {
      const disk = join(folder, 'logs');
      mkdirSync(disk);
      undo.push(mountSmallDisk(disk, 256));
      const filling = join(disk, 'filling');
      writeFileSync(filling, Buffer.alloc(240 * 1024));
      const file = join(disk, 'log');
      const running = await startLoggingTo(file);
      await sendPings(running, 0, 100);
      expect(() => writeFileSync(join(disk, 'more'), Buffer.alloc(16 * 1024))).toThrow('ENOSPC');
      rmSync(join(disk, 'more'), { force: true });
      rmSync(filling);
      const lines = await waitUntil(
        () => {
          const found = linesOf(readFileSync(file, 'utf8'));
          return toldOf(found) >= 100 && found;
        },
        { what: 'the whole log' },
      );
      expect(lines.filter((line) => line.msg === 'settled')).toHaveLength(100);
      expect(await running.end('SIGTERM')).toBe(0);
      expect(findViolations(folder)).toEqual([]);
    },
  );
});
