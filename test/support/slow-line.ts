import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

/** A line to a server that can go silent, as a network does: nothing is refused, and nothing arrives. */
export type Line = {
  /** The same address, by way of this line. */
  readonly through: (url: string) => string;
  /** From now on nothing arrives, in either direction, on connections that are there and on new ones. */
  readonly freeze: () => void;
  /** Whatever was on its way arrives. */
  readonly thaw: () => void;
  /** So many more connections are let through; the others are hung up on. */
  readonly admit: (count: number) => void;
  /** How many connections were ever made. */
  readonly made: () => number;
  readonly close: () => Promise<void>;
};

/** Lays a line to the server at `url`, on loopback. */
export async function layLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let isFrozen = false;
  let admitted = Infinity;
  let made = 0;

  const join = (caller: Socket): void => {
    const server = connect(Number(port), hostname);
    for (const [one, other] of [
      [caller, server],
      [server, caller],
    ] as const) {
      open.add(one);
      one.on('data', (bytes) => void other.write(bytes));
      // Who hangs up while nothing arrives is not heard either.
      one.on('close', () => {
        open.delete(one);
        if (isFrozen) waiting.push(() => other.destroy());
        else other.destroy();
      });
      one.on('error', () => undefined);
      if (isFrozen) one.pause();
    }
  };

  const line = createServer((caller) => {
    made += 1;
    admitted -= 1;
    caller.on('error', () => undefined);
    if (admitted < 0) caller.destroy();
    else if (isFrozen) waiting.push(() => join(caller));
    else join(caller);
  }).listen(0, '127.0.0.1');
  await once(line, 'listening');
  const { port: own } = line.address() as AddressInfo;

  return {
    through: (to) => to.replace(`${hostname}:${port}`, `127.0.0.1:${own}`),
    freeze: () => {
      isFrozen = true;
      for (const each of open) each.pause();
    },
    thaw: () => {
      isFrozen = false;
      for (const each of open) each.resume();
      for (const go of waiting.splice(0)) go();
    },
    admit: (count) => {
      admitted = count;
    },
    made: () => made,
    close: async () => {
      for (const each of open) each.destroy();
      line.close();
      await once(line, 'close');
    },
  };
}
