import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig, settings } from '../../src/config.ts';
import { nodeOptions } from '../support/service.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const dockerfile = read('Dockerfile');
/** The instructions, each on one line. */
const instructions = dockerfile
  .replace(/^#.*\n/gmu, '')
  .replace(/\\\n\s*/gu, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => /^(\S+) (.*)$/u.exec(line) ?? [])
  .map(([, name = '', rest = '']) => ({ name, rest }));

const of = (name: string): readonly string[] =>
  instructions.filter((each) => each.name === name).map(({ rest }) => rest);

/** Runs a verb of the built program, which answers by its help. */
const help = (verb: readonly string[]): { readonly status: number | null; readonly stdout: string } =>
  spawnSync(process.execPath, [join(root, 'dist/cli.js'), ...verb, '--help'], { encoding: 'utf8' });

describe('the Dockerfile', () => {
  it('has nothing that a linter finds fault with', () => {
    expect(validate(dockerfile)).toEqual([]);
    // So that an empty list means something.
    expect(validate('FROM node\nCPY . .\nEXPOSE a')).not.toEqual([]);
  });

  it('copies what there is, and what is let through to the builder', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignored[0]).toBe('*');
    const letThrough = new Set(ignored.slice(1).map((line) => line.replace(/^!/u, '')));
    const sources = of('COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(8);
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect([...letThrough], source).toContain(source);
    }
    // Nothing more is sent than is copied.
    expect([...letThrough].sort()).toEqual([...new Set(sources)].sort());
  });

  it('has in the image all that the program reads beside itself', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    const text = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js') && statSync(join(root, 'dist', file)).isFile())
      .map((file) => read(join('dist', file)))
      .join('\n');
    const outside = [...text.matchAll(/new URL\('(?:\.\.\/)+(?!\.)([\w.-]+)[^']*', import\.meta\.url\)/gu)]
      .map(([, name = '']) => name)
      .filter((name) => existsSync(join(root, name)));
    expect(new Set(outside)).toEqual(new Set(['migrations', 'node_modules', 'package.json']));
    for (const name of outside) expect(last).toContain(name);
  });

  it('runs as nobody in particular, with Node as process 1, on a Node that is new enough', () => {
    expect(of('USER')).toEqual(['node']);
    expect(of('ENTRYPOINT')).toEqual(['["node"]']);
    expect(JSON.parse(of('CMD')[0] ?? '')).toEqual([...nodeOptions, 'dist/main.js']);
    expect(existsSync(join(root, 'src/main.ts'))).toBe(true);
    for (const from of of('FROM'))
      expect(Number(/^node:(\d+)-slim/u.exec(from)?.[1])).toBeGreaterThanOrEqual(24);
    const steps = instructions.map(({ name }) => name);
    expect(steps.indexOf('USER')).toBeGreaterThan(steps.lastIndexOf('COPY'));
    expect(steps.indexOf('USER')).toBeLessThan(steps.indexOf('VOLUME'));
  });

  it('sets settings that there are, to values that are right, with the database in the volume', () => {
    const env = Object.fromEntries(
      of('ENV').flatMap((rest) => rest.split(' ').map((each) => each.split('='))),
    );
    const { NODE_ENV, ...own } = env as Record<string, string>;
    expect(NODE_ENV).toBe('production');
    for (const name of Object.keys(own)) expect(Object.keys(settings)).toContain(name);
    const config = readConfig(own);
    expect(config.host).toBe('0.0.0.0');
    expect(config.database).toEqual({ kind: 'sqlite', file: '/data/linkbackd.db' });
    expect(of('VOLUME')).toEqual(['/data']);
    expect(of('EXPOSE')).toEqual([String(config.port)]);
  });

  it('asks for its health by a program that tells well from unwell', () => {
    const [check = ''] = of('HEALTHCHECK');
    const command = JSON.parse(check.slice(check.indexOf('['))) as string[];
    const [node, flag = '', script = ''] = command;
    expect(node).toBe('node');
    // Nobody listens there.
    const asked = spawnSync(process.execPath, [flag, script], { env: { PORT: '1' } });
    expect(asked.status).toBe(1);
  });
});

type ComposeService = {
  readonly image: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
};

type Compose = {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
};

const compose = parse(read('compose.yaml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);

/** What Compose makes of `${NAME:-default}` where nothing is set. */
const interpolated = (value: string): string => value.replace(/\$\{\w+:-([^}]*)\}/gu, '$1');

describe('compose.yaml', () => {
  it('starts one service on SQLite when nothing else is asked for', () => {
    const usual = services.filter(([, { profiles = [] }]) => profiles.length === 0);
    expect(usual.map(([name]) => name)).toEqual(['linkbackd']);
    expect(usual[0]?.[1].environment['DATABASE_URL']).toBe('sqlite:/data/linkbackd.db');
    expect(usual[0]?.[1].volumes).toEqual(['data:/data']);
  });

  it('has, for PostgreSQL, one that answers, two that work, and one that brings the schema up to date before', () => {
    const { serve, worker, migrate, postgres } = compose.services;
    expect([serve?.command, worker?.command, migrate?.command]).toEqual([
      ['dist/cli.js', 'serve', '--no-work'],
      ['dist/cli.js', 'work'],
      ['dist/cli.js', 'migrate'],
    ]);
    expect([serve?.deploy, worker?.deploy?.replicas]).toEqual([undefined, 2]);
    expect(postgres?.image).toBe('postgres:18');
    for (const each of [serve, worker])
      expect(each?.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    expect(migrate?.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  });

  it('commands verbs and options that there are', () => {
    const commands = ours.flatMap(([, { command }]) => (command === undefined ? [] : [command]));
    expect(commands.length).toBe(3);
    for (const [program, verb = '', ...options] of commands) {
      expect(program).toBe('dist/cli.js');
      const { status, stdout } = help([verb]);
      expect([verb, status]).toEqual([verb, 0]);
      expect(stdout).toContain(`linkbackd ${verb}`);
      for (const option of options) expect(stdout).toContain(option);
    }
  });

  it.each(ours)('gives %s settings that there are, and that are right', (_name, { environment }) => {
    for (const name of Object.keys(environment)) expect(Object.keys(settings)).toContain(name);
    const values = Object.entries(environment).map(([name, value]) => [name, interpolated(value)] as const);
    const config = readConfig(Object.fromEntries(values));
    expect([config.host, config.trustProxy]).toEqual(['0.0.0.0', 1]);
    expect(config.workerPort).toBe(config.port);
  });

  it.each(ours)(
    'lets %s do nothing that it need not, and opens its port to this machine only',
    (_name, service) => {
      expect([service.read_only, service.cap_drop]).toEqual([true, ['ALL']]);
      for (const port of service.ports ?? []) expect(port).toBe('127.0.0.1:8470:8470');
    },
  );

  it('names volumes and services that there are', () => {
    for (const [, { volumes = [], depends_on: needs = {} }] of services) {
      for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
      for (const name of Object.keys(needs)) expect(Object.keys(compose.services)).toContain(name);
    }
  });
});
