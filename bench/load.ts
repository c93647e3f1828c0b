import { connect, type Socket } from 'node:net';
import { answerParent } from './program.ts';
import { percentile } from './statistics.ts';

/**
 * Calls over a number of connections that stay open, each waiting for its answer before the next call. `{n}` in a path
 * or a body becomes the call's number; numbers go on from load to load.
 */
export type Load = {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections: number;
  /** Whichever comes first ends it. */
  readonly maxCalls: number;
  readonly maxSeconds: number;
  /** What a right answer has in its body or head. */
  readonly expect: string;
};

/** What came of it. */
export type Loaded = {
  readonly calls: number;
  readonly right: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** An answer that was not right, to be shown. */
  readonly wrong: string | null;
};

let number = 0;

async function run(load: Load): Promise<Loaded> {
  const took: number[] = [];
  const state = { left: load.maxCalls, right: 0, wrong: null as string | null };
  const startedAt = performance.now();
  const endsAt = startedAt + load.maxSeconds * 1000;
  const isOver = (): boolean => state.left <= 0 || performance.now() >= endsAt;
  const { hostname, port } = new URL(load.url);
  const callers = Array.from({ length: Math.min(load.connections, load.maxCalls) }, async () => {
    const socket = connect(Number(port), hostname).setNoDelay(true);
    const answers = answersOf(socket);
    while (!isOver()) {
      state.left -= 1;
      number += 1;
      const before = performance.now();
      socket.write(requestOf(load, number));
      const answer = await answers.next();
      took.push(performance.now() - before);
      if (answer.includes(load.expect)) state.right += 1;
      else state.wrong ??= answer;
    }
    socket.destroy();
  });
  await Promise.all(callers);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    calls: took.length,
    right: state.right,
    perSecond: took.length / seconds,
    p50: percentile(took, 50),
    p99: percentile(took, 99),
    wrong: state.wrong,
  };
}

function requestOf({ method, path, headers = {}, body = '', url }: Load, n: number): string {
  const text = body.replaceAll('{n}', String(n));
  const fields = { host: new URL(url).host, ...headers, 'content-length': String(text.length) };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path.replaceAll('{n}', String(n))} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${text}`;
}

/** The answers that come over a connection, as text; they must say how long they are. */
function answersOf(socket: Socket): { readonly next: () => Promise<string> } {
  let text = '';
  let told: ((answer: string) => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  const look = (): void => {
    const end = text.indexOf('\r\n\r\n');
    if (end === -1 || told === undefined) return;
    const length = Number(/\r\ncontent-length: (\d+)/iu.exec(text.slice(0, end))?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    const answer = text.slice(0, end + 4 + length);
    text = text.slice(end + 4 + length);
    told(answer);
  };
  socket.setEncoding('latin1').on('data', (part: string) => {
    text += part;
    look();
  });
  socket.on('error', (error) => failed?.(error));
  socket.on('close', () => failed?.(new Error('the connection was closed')));
  return {
    next: () =>
      new Promise((resolve, reject) => {
        told = resolve;
        failed = reject;
        look();
      }),
  };
}

if (process.argv[1] === import.meta.filename) answerParent({}, run);
