import type { Here } from './here.ts';
import { adminToken } from './service.ts';

/** A series as Prometheus reads it. */
export type Series = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** What a service tells Prometheus. */
export async function numbersText({ get }: Pick<Here, 'get'>, token: string = adminToken): Promise<string> {
  const answer = await get('/metrics', { authorization: `Bearer ${token}` });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.text();
}

/** Reads the text format. Throws for a line that is none of it. */
export function readNumbers(text: string): readonly Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/iu.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no series: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text])),
        value: Number(value),
      };
    });
}

/** The value of the one series of a name with these labels among its own; 0 where there is none. */
export function valueOf(
  series: readonly Series[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = series.filter(
    (each) => each.name === name && Object.entries(labels).every(([key, text]) => each.labels[key] === text),
  );
  if (found.length > 1) throw new Error(`there are ${found.length} series ${name}`);
  return found[0]?.value ?? 0;
}
