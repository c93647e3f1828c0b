import { Agent, request } from 'node:http';
import { callXml, readXml } from './xml-rpc.ts';

export const loadDialects = ['pingback', 'webmention', 'trackback'] as const;

export type LoadPing = {
  readonly dialect: (typeof loadDialects)[number];
  readonly source: string;
  /** A page of the site `blog`, whose address is the root of its host. */
  readonly target: string;
};

/** What a caller was told, or that it was told nothing. */
export type Answered = {
  readonly ping: LoadPing;
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
};

export type Load = {
  /** Every whole answer so far. */
  readonly answers: readonly Answered[];
  /** Resolves when all callers have hung up: each does so when it cannot get through, or has nothing more to send. */
  readonly over: Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Has so many callers, each on a connection of its own, send pings one after another. */
export function startLoad(url: string, connections: number, next: () => LoadPing | undefined): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers: Answered[] = [];
  let isOver = false;

  const call = async (): Promise<void> => {
    for (let ping = next(); ping !== undefined && !isOver; ping = next()) {
      const answered = await send(url, ping, agent);
      if (answered === undefined) return;
      answers.push(answered);
    }
  };

  const over = Promise.all(Array.from({ length: connections }, call)).then(() => {
    agent.destroy();
  });
  return {
    answers,
    over,
    stop: () => {
      isOver = true;
      return over;
    },
  };
}

/** Whether an answer promises that the ping is stored and will be verified. */
export function isPositive({ ping, status, body }: Answered): boolean {
  if (ping.dialect === 'webmention') return status === 201 || status === 202 || status === 200;
  if (ping.dialect === 'trackback') return status === 200 && body.includes('<error>0</error>');
  const { faultCode } = readXml(body);
  return status === 200 && (faultCode === undefined || faultCode === 48);
}

/** Sends one ping; undefined when the connection ends before the whole answer has come. */
function send(url: string, ping: LoadPing, agent: Agent): Promise<Answered | undefined> {
  const { path, type, body } = letterOf(ping);
  return new Promise((resolve) => {
    const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const outgoing = request(`${url}${path}`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        const retryAfter = response.headers['retry-after'];
        resolve({ ping, status: response.statusCode ?? 0, body: text, retryAfter });
      });
      response.on('error', () => {
        resolve(undefined);
      });
    });
    outgoing.on('error', () => {
      resolve(undefined);
    });
    outgoing.end(body);
  });
}

type Letter = { readonly path: string; readonly type: string; readonly body: string };

function letterOf({ dialect, source, target }: LoadPing): Letter {
  const form = 'application/x-www-form-urlencoded';
  switch (dialect) {
    case 'pingback':
      return { path: '/pingback', type: 'text/xml', body: callXml('pingback.ping', [source, target]) };
    case 'webmention':
      return { path: '/webmention', type: form, body: new URLSearchParams({ source, target }).toString() };
    case 'trackback': {
      const { pathname, search } = new URL(target);
      const body = new URLSearchParams({ url: source, title: 'A title' }).toString();
      return { path: `/trackback/blog${pathname}${search}`, type: form, body };
    }
    default:
      return dialect satisfies never;
  }
}
