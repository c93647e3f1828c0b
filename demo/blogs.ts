import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatCall, readAnswer } from '../src/protocols/pingback/wire.ts';

/** A small blog on loopback: pages, and what a blog does when it publishes one. */
export type Blog = {
  readonly address: string;
  /** Sends a pingback for one of its pages, as blogs do: find the endpoint, then call it. Gives the answer. */
  readonly announce: (path: string, target: string) => Promise<string>;
  readonly close: () => void;
};

export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Starts a blog that answers with the given pages; `/` says that it is there. */
export async function startBlog(answer: Answer): Promise<Blog> {
  const server = createServer((request, response) => {
    void Promise.resolve(answer(request, response)).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  const address = `http://127.0.0.1:${await listen(server)}`;
  return {
    address,
    announce: async (path, target) => callPing(await findEndpoint(target), `${address}${path}`, target),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      // A server that listens on a port has an address of this form.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Spec: Pingback 1.0 section 2.2: the header of the page says where its pingbacks go. */
async function findEndpoint(target: string): Promise<string> {
  const response = await fetch(target, { method: 'HEAD' });
  const endpoint = response.headers.get('x-pingback');
  if (endpoint === null) throw new Error(`${target} does not say where its pingbacks go`);
  return endpoint;
}

async function callPing(endpoint: string, source: string, target: string): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: formatCall('pingback.ping', [source, target]),
  });
  const answer = readAnswer(
    new Uint8Array(await response.arrayBuffer()),
    response.headers.get('content-type') ?? '',
  );
  if ('malformed' in answer) throw new Error('the endpoint did not answer in XML-RPC');
  if ('fault' in answer)
    throw new Error(`the endpoint answered fault ${answer.fault.code}: ${answer.fault.text}`);
  return String(answer.value);
}
