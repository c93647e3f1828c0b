import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { Halt } from './linkback/halt.ts';
import { readBaseUrl } from './linkback/site-parts.ts';
import {
  digestPeriods,
  readMailAddress,
  readMailServer,
  type DigestSettings,
} from './moderation/digest-settings.ts';
import { readSites, type SiteSettings } from './site-settings.ts';
import {
  growingDays,
  list,
  oneOf,
  onOff,
  optional,
  wholeNumber,
  dnsServer,
  token,
  trustedProxies,
} from './setting-values.ts';
import { joinExceptions, parseException, type Exceptions } from './web/address.ts';

/** Every setting: its default, and what it decides. docs/configuration.md lists the same, and a test holds it to it. */
export const settings = {
  HOST: '127.0.0.1',
  PORT: '8470',
  WORKER_PORT: '',
  BASE_URL: '',
  DATABASE_URL: 'sqlite:data/linkbackd.db',
  DATABASE_POOL_SIZE: '10',
  DATABASE_TIMEOUT_MS: '5000',
  SITES: '',
  ADMIN_TOKEN: '',
  FEED_TOKEN: '',
  METRICS_TOKEN: '',
  POLICY: 'hold-first',
  BLOCKED_HOSTS: '',
  CLOSED_PATHS: '',
  CLOSE_AFTER_DAYS: 'off',
  OWN_LINKBACKS: 'on',
  HOLD_AT_SCORE: '3',
  SPAM_AT_SCORE: '8',
  VOUCH_REQUIRED: '',
  LENIENT_WEBMENTIONS: '',
  EXCERPT_STYLE: 'wordpress',
  EXCERPT_WINDOW: '100',
  EXCERPT_MARK: '[…]',
  ANSWER_WITHIN_MS: '2000',
  REVERIFY_AFTER_DAYS: '1,7,30,90',
  ALLOW_PRIVATE_NETWORK: '',
  ALLOW_IP_HOSTS: 'off',
  DNS_SERVERS: '',
  TRUST_PROXY: 'off',
  LIMITS: 'on',
  PINGS_PER_MINUTE: '60',
  NEW_PAIRS_PER_MINUTE: '300',
  AKISMET_KEY: '',
  AKISMET_URL: 'https://rest.akismet.com/1.1/comment-check',
  DIGEST: 'off',
  DIGEST_TO: '',
  DIGEST_FROM: '',
  DIGEST_HOUR: '7',
  SMTP_URL: '',
  LOG_LEVEL: 'info',
} as const;

export type SettingName = keyof typeof settings;
export type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What the environment decides, read once and never changed. */
export type Config = SiteSettings & {
  readonly host: string;
  readonly port: number;
  /** Where `linkbackd work` tells how it is; undefined for nowhere. */
  readonly workerPort: number | undefined;
  /** The public address when it is set; else it follows from where the service listens. */
  readonly baseUrl: URL | undefined;
  readonly database: Database;
  readonly adminToken: string | undefined;
  /** Reads whole feeds and may stand in a URL; without it no token in a URL is taken. */
  readonly feedToken: string | undefined;
  /** Reads `/metrics` and nothing else. */
  readonly metricsToken: string | undefined;
  readonly answerWithinMs: number;
  /** Growing waits after which a verified linkback is looked at again; empty for never. */
  readonly reverifyAfterDays: readonly number[];
  readonly exceptions: Exceptions;
  readonly allowIpHosts: boolean;
  readonly dnsServers: readonly string[];
  /** How many proxies, or which, are believed about the caller's address. */
  readonly trustProxy: number | string[] | false;
  readonly limits: boolean;
  readonly pingsPerMinute: number;
  readonly newPairsPerMinute: number;
  /** Where new linkbacks are asked about, and the key to it; undefined to ask nobody. */
  readonly akismet: { readonly key: string; readonly url: URL } | undefined;
  /** What waits, by e-mail; undefined for never. */
  readonly digest: DigestSettings | undefined;
  readonly logLevel: (typeof logLevels)[number];
};

/** The program's own version. */
export function readVersion(): string {
  const about: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof about === 'object' && about !== null && 'version' in about
    ? String(about.version)
    : 'unknown';
}

/** The process's environment over what the file `.env` says. */
export function readEnvironment(file = '.env'): Environment {
  return { ...(existsSync(file) ? readEnvFile(file) : {}), ...process.env };
}

function readEnvFile(file: string): Environment {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch (error) {
    const remedy = 'Make it a file that this user may read, or start in another folder.';
    throw new Halt(`${file} cannot be read: ${messageOf(error)}.`, remedy, { cause: error });
  }
}

/**
 * Reads the settings.
 *
 * Throws: {@link Halt} that names all faults at once.
 */
export function readConfig(environment: Environment): Config {
  const faults: string[] = [];
  const read = <Value>(name: SettingName, parse: (text: string) => Value): Value => {
    const text = environment[name]?.trim();
    const isUnset = text === undefined || text === '';
    try {
      return parse(isUnset ? settings[name] : text);
    } catch (error) {
      faults.push(`${name}: ${withoutPasswords(messageOf(error))}`);
      return parse(settings[name]);
    }
  };
  const config: Config = Object.freeze({
    host: read('HOST', (text) => text),
    port: read('PORT', wholeNumber(0, 65_535)),
    workerPort: read('WORKER_PORT', optional(wholeNumber(0, 65_535))),
    baseUrl: read('BASE_URL', optional(readBaseUrl)),
    database: readDatabase(read),
    ...readSites(read),
    adminToken: read('ADMIN_TOKEN', optional(token)),
    feedToken: read('FEED_TOKEN', optional(token)),
    metricsToken: read('METRICS_TOKEN', optional(token)),
    answerWithinMs: read('ANSWER_WITHIN_MS', wholeNumber(0, 60_000)),
    reverifyAfterDays: read('REVERIFY_AFTER_DAYS', growingDays),
    exceptions: read('ALLOW_PRIVATE_NETWORK', (text) => joinExceptions(list(text).map(exception))),
    allowIpHosts: read('ALLOW_IP_HOSTS', onOff),
    dnsServers: read('DNS_SERVERS', (text) => list(text).map(dnsServer)),
    trustProxy: read('TRUST_PROXY', trustedProxies),
    limits: read('LIMITS', onOff),
    pingsPerMinute: read('PINGS_PER_MINUTE', wholeNumber(1, 1_000_000)),
    newPairsPerMinute: read('NEW_PAIRS_PER_MINUTE', wholeNumber(1, 1_000_000)),
    akismet: readAkismet(read),
    digest: readDigest(read),
    logLevel: read('LOG_LEVEL', oneOf(logLevels)),
  });
  if (faults.length === 0) return config;
  const what = `${faults.length === 1 ? 'A setting is' : `${faults.length} settings are`} wrong:\n  ${faults.join('\n  ')}`;
  throw new Halt(what, 'Correct them in the environment or in .env; docs/configuration.md describes each.');
}

/** Where everything is kept. */
export type Database =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'postgres';
      readonly url: string;
      readonly poolSize: number;
      readonly timeoutMs: number;
    };

type Read = <Value>(name: SettingName, parse: (text: string) => Value) => Value;

function readDatabase(read: Read): Database {
  const poolSize = read('DATABASE_POOL_SIZE', wholeNumber(2, 500));
  const timeoutMs = read('DATABASE_TIMEOUT_MS', wholeNumber(100, 600_000));
  return read('DATABASE_URL', (text): Database => {
    const url = URL.parse(text);
    if (url !== null && /^postgres(?:ql)?:$/u.test(url.protocol) && url.pathname.length > 1)
      return { kind: 'postgres', url: text, poolSize, timeoutMs };
    return { kind: 'sqlite', file: sqliteFile(text) };
  });
}

function readAkismet(read: Read): Config['akismet'] {
  const key = read('AKISMET_KEY', optional(akismetKey));
  const url = read('AKISMET_URL', readBaseUrl);
  return key === undefined ? undefined : { key, url };
}

function akismetKey(text: string): string {
  if (/^[\w-]{8,64}$/u.test(text)) return text;
  throw new Error('must be 8 to 64 letters and digits; its value is not shown here');
}

function readDigest(read: Read): Config['digest'] {
  const to = read('DIGEST_TO', (text) => list(text).map(readMailAddress));
  const from = read('DIGEST_FROM', optional(readMailAddress));
  const hour = read('DIGEST_HOUR', wholeNumber(0, 23));
  const smtpUrl = read('SMTP_URL', optional(readMailServer));
  return read('DIGEST', (text) => {
    const every = oneOf(['off', ...digestPeriods])(text);
    if (every === 'off') return undefined;
    if (to.length > 0 && from !== undefined && smtpUrl !== undefined)
      return { every, hour, to, from, smtpUrl };
    throw new Error(`"${every}" needs DIGEST_TO, DIGEST_FROM and SMTP_URL`);
  });
}

function sqliteFile(text: string): string {
  const file = /^sqlite:(?:\/\/)?(.+)$/u.exec(text)?.[1];
  if (file === ':memory:') throw new Error('a database in memory forgets everything; name a file');
  if (file !== undefined) return file;
  const hidden = 'its value is not shown here, for it may hold a password';
  throw new Error(
    `is no database this program knows; write "sqlite:" and a path, or postgres://USER:PASSWORD@HOST/DATABASE (${hidden})`,
  );
}

/** Addresses may hold a name and a password, before the last @. */
function withoutPasswords(text: string): string {
  return text.replace(/\/\/[^"]*@/gu, '//…@');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exception(text: string): Exceptions {
  const parsed = parseException(text);
  if (parsed === undefined)
    throw new Error(`"${text}" is neither a network such as 10.0.0.0/8 nor a host:port`);
  return parsed;
}
