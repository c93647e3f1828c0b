import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type Service } from '../test/support/service.ts';
import type { Load, Loaded } from './load.ts';
import type { PageServer } from './page-server.ts';
import { startProgram } from './program.ts';

/** What a measurement stands on: pages, callers and folders, each program in a process of its own. */
export type Stage = {
  readonly pages: PageServer;
  /** Makes calls; throws when an answer is not what was expected. */
  readonly load: (load: Load) => Promise<Loaded>;
  /** A folder that goes when the measurement is over. */
  readonly folder: () => string;
  /** Starts the service as it is built, with a site `blog` whose pages the page server has. */
  readonly serve: (env?: Readonly<Record<string, string>>, folder?: string) => Promise<Service>;
  /** What a service is to be told: the site, and who knows the pages' hosts. */
  readonly env: Readonly<Record<string, string>>;
  /** A page of ours. */
  readonly target: string;
  /** The address, with `{n}` in it, of pages of so many bytes that link to the target, each on a host of its own. */
  readonly source: (bytes: number) => string;
  /** The same of pages that never come. */
  readonly silent: string;
  /** Sees to it that something ends with the measurement. */
  readonly closing: <Some extends { readonly close: () => Promise<void> }>(some: Some) => Some;
};

/** Runs a measurement, and ends all that it started. */
export async function withStage<Result>(measure: (stage: Stage) => Promise<Result>): Promise<Result> {
  const closers: (() => Promise<void>)[] = [];
  const closing: Stage['closing'] = (some) => {
    closers.unshift(some.close);
    return some;
  };
  try {
    const { said: pages } = closing(await startProgram<PageServer, never, never>('./page-server.ts'));
    const caller = closing(await startProgram<object, Load, Loaded>('./load.ts'));
    const folder = (): string => {
      const made = mkdtempSync(join(tmpdir(), 'linkbackd-bench-'));
      closers.push(async () => rmSync(made, { recursive: true, force: true }));
      return made;
    };
    const at = (host: string, path: string): string => `http://${host}.bench:${pages.port}${path}`;
    const target = at('blog', '/post');
    const settings = {
      SITES: `blog=${new URL('/', target).href}`,
      DNS_SERVERS: pages.dns,
      LOG_LEVEL: 'error',
    };
    return await measure({
      pages,
      env: settings,
      folder,
      closing,
      target,
      source: (bytes) => at('site-{n}', `/page/${bytes}/{n}?target=${encodeURIComponent(target)}`),
      silent: at('silent-{n}', '/silent/{n}'),
      load: async (load) => {
        const loaded = await caller.ask(load);
        if (loaded.wrong !== null) throw new Error(`Not an answer to ${load.path}: ${loaded.wrong}`);
        return loaded;
      },
      serve: async (env = {}, inside = folder()) =>
        closing(
          await startService({
            folder: inside,
            env: { ...settings, ...env },
          }),
        ),
    });
  } finally {
    for (const close of closers) await close();
  }
}

/** A call that announces a page, in one of the dialects. */
export function announcing(
  dialect: 'webmention' | 'pingback',
  source: string,
  target: string,
): Pick<Load, 'method' | 'path' | 'headers' | 'body'> {
  if (dialect === 'webmention') {
    const body = `source=${encodeURIComponent(source)}&target=${encodeURIComponent(target)}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', path: '/webmention', headers, body: body.replaceAll('%7Bn%7D', '{n}') };
  }
  const params = [source, target].map(
    (url) => `<param><value><string>${url.replaceAll('&', '&amp;')}</string></value></param>`,
  );
  const body =
    '<?xml version="1.0"?>\n<methodCall><methodName>pingback.ping</methodName>' +
    `<params>${params.join('')}</params></methodCall>`;
  return { method: 'POST', path: '/pingback', headers: { 'content-type': 'text/xml' }, body };
}

/** User and system time that a process has used, all its threads together, in milliseconds. */
export function cpuMsOf(pid: number): number {
  // The second field is the program's name in brackets, and may have blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return (ticks * 1000) / ticksPerSecond;
}

/** What the kernel says to programs, whatever it counts in itself. */
const ticksPerSecond = 100;

/** Memory that a process has now, and had at most, in megabytes. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const read = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`, 'u').exec(status)?.[1]) / 1024;
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
