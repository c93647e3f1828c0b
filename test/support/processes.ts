import { startService, type Service } from './service.ts';

/** The built program as commands. */
export const cli: string = new URL('../../dist/cli.js', import.meta.url).pathname;

export type Processes = {
  /** Starts a process that serves and does no work. */
  readonly serve: (name: string, env?: Readonly<Record<string, string>>) => Promise<Service>;
  /** Starts one that only works. */
  readonly work: (name: string, env?: Readonly<Record<string, string>>) => Promise<Service>;
  /** Ends those that still run. */
  readonly close: () => Promise<void>;
};

/** Makes the processes that share a database, each with a name that the server knows it by. */
export function shareDatabase(url: string, common: Readonly<Record<string, string>>): Processes {
  const all: Service[] = [];
  const start = async (
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Service> => {
    const DATABASE_URL = named(url, name);
    const service = await startService({ main: cli, args, env: { ...common, DATABASE_URL, ...env } });
    all.push(service);
    return service;
  };
  return {
    serve: (name, env = {}) => start(name, ['serve', '--no-work'], env),
    work: (name, env = {}) => start(name, ['work'], env),
    close: async () => {
      await Promise.all(all.map((each) => each.close()));
    },
  };
}

/** The address of a database, for a process that the server is to know by a name. */
export function named(url: string, name: string): string {
  const address = new URL(url);
  address.searchParams.set('application_name', name);
  return address.href;
}
