import { fileURLToPath } from 'node:url';
import { buildApp, type App, type Part } from './app.ts';
import { readConfig, readEnvironment, readVersion, type Config, type SettingName } from './config.ts';
import type { LoggerOptions } from './server.ts';
import { logToStandardError, type Log } from './log.ts';
import { Halt } from './linkback/halt.ts';
import { keepSmall } from './memory.ts';
import { Unavailable } from './linkback/unavailable.ts';

/** When stopping takes longer than this the process ends all the same, in milliseconds. */
const stopWithinMs = 25_000;
/** How long the end of a service waits for whoever takes its log, in milliseconds. */
const lastLinesMs = 1000;

/**
 * Serves, works, or does both, until a signal stops it; the process then ends by itself, with nothing left to do.
 *
 * Says on standard output what a new owner must know; logs go to standard error.
 */
export async function serve(part: Part = 'both'): Promise<void> {
  try {
    const config = readConfig(readEnvironment());
    if (part !== 'both' && config.database.kind === 'sqlite') throw onlyOnPostgres;
    const log = logToStandardError();
    keepSmall();
    const app = await buildApp(config, {
      part,
      version: readVersion(),
      migrations: fileURLToPath(new URL('../migrations', import.meta.url)),
      logger: loggerOptions(config, log),
    });
    stopOnSignal(app, log);
    const newToken = await startListening(app, config, part);
    process.stdout.write(part === 'work' ? working(app) : welcome(app, newToken));
  } catch (error) {
    const halt = error instanceof Unavailable ? withoutDatabase(error) : error;
    if (!(halt instanceof Halt)) throw halt;
    process.stderr.write(`linkbackd cannot start. ${halt.message}\n${halt.remedy}\n`);
    process.exitCode = 1;
  }
}

const onlyOnPostgres = new Halt(
  'On SQLite one process does everything.',
  'Start it with `linkbackd serve`; to spread the work over several processes, set DATABASE_URL to a PostgreSQL database.',
);

/** It was there a moment ago. */
function withoutDatabase(error: Unavailable): Halt {
  return new Halt(error.message, 'Start again when the database answers; its own log may say more.', {
    cause: error,
  });
}

function working(app: App): string {
  const at = app.listensAt();
  const tells = at === undefined ? '' : ` How it is, it tells at ${at}`;
  return `linkbackd works; it serves nothing.${tells}\n`;
}

async function startListening(app: App, config: Config, part: Part): Promise<string | undefined> {
  try {
    return await app.start();
  } catch (error) {
    await app.stop();
    const { host, port, workerPort = 0 } = config;
    throw part === 'work'
      ? explainedListen(error, host, workerPort, 'WORKER_PORT')
      : explainedListen(error, host, port, 'PORT');
  }
}

function explainedListen(error: unknown, host: string, port: number, setting: SettingName): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new Halt(
        `Port ${port} on ${host} is used by another program.`,
        `Stop that one, or set ${setting} to a free port.`,
      );
    case 'EACCES':
      return new Halt(`This user may not listen on port ${port}.`, `Set ${setting} to a number above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Halt(
        `${host} is no address of this machine.`,
        'Set HOST to 127.0.0.1, 0.0.0.0 or an address it has.',
      );
    default:
      return error;
  }
}

function stopOnSignal(app: App, log: Log): void {
  const stop = (): void => {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    setTimeout(() => {
      process.stderr.write(
        'Stopping took too long; ending now. Jobs in hand are done after the next start.\n',
      );
      process.exit(1);
    }, stopWithinMs).unref();
    void app.stop().then(() => leave(log));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

/** Ends the process where it would not end by itself: lines that nobody takes keep it alive. */
async function leave(log: Log): Promise<void> {
  if (!(await log.written(lastLinesMs))) process.exit();
}

/** JSON lines for machines, something readable on a terminal. */
function loggerOptions({ logLevel }: Config, log: Log): LoggerOptions {
  if (logLevel === 'silent') return false;
  if (!process.stderr.isTTY) return { level: logLevel, stream: log };
  const options = { destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' };
  return { level: logLevel, transport: { target: 'pino-pretty', options } };
}

function welcome(app: App, newToken: string | undefined): string {
  const base = app.baseUrl();
  const comeIn =
    newToken === undefined
      ? [`Moderation page: ${base}/moderate`]
      : [
          `Moderation page: ${base}/moderate`,
          'Come in there with your admin token, shown this once:',
          `  ${newToken}`,
          'Keep it safe: it is stored as a digest only.',
        ];
  const lines = [`linkbackd listens at ${base}/`, '', ...whatToPaste(app, base), '', ...comeIn, ''];
  return `${lines.join('\n')}\n`;
}

function whatToPaste(app: App, base: string): readonly string[] {
  const setups = app.setups();
  if (setups.length === 0) {
    return [
      'There is no site yet. Add yours on the moderation page, or name it here and start again:',
      '  SITES=https://blog.example npm start',
    ];
  }
  return [
    'Let your pages say where their linkbacks go, by these headers or these elements of the <head>:',
    ...setups.flatMap(({ target, headers, elements }) => [
      `  for ${target}`,
      ...Object.entries(headers).map(([name, value]) => `    ${name}: ${value}`),
      ...elements.split('\n').map((element) => `    ${element}`),
    ]),
    'For TrackBack each page has a block of its own; this shows all there is to paste into one:',
    `  ${base}/setup?target=ADDRESS-OF-THE-PAGE`,
    'To show what came in, put this where a page has its comments:',
    `  ${base}/linkbacks.html?target=ADDRESS-OF-THE-PAGE`,
  ];
}
