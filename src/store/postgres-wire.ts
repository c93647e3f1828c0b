import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { TellOfStore, Wire } from './engine.ts';
import { connection, type Address } from './postgres-connection.ts';
import { messageOf } from './postgres-errors.ts';

/** The name under which the processes of one database call one another. */
const channel = 'linkbackd';
/** A message of PostgreSQL holds less than 8,000 bytes. */
const maxBytes = 7500;
/** Messages that wait at most; of more, only that something was lost is told. */
const maxWaiting = 1000;
/** How long until a lost connection is tried again, in milliseconds. */
const reconnectAfterMs = 1000;
/** How often the line is made sure of, in milliseconds: a network that is silent says nothing when it breaks. */
const sureEveryMs = 10_000;

/** Said instead of what could not be: whoever hears it may have missed something. */
const lost = 'lost';

/** What goes over the line: several messages of one process. */
type Letter = { readonly from: string; readonly said: readonly string[] };

type Hearing = { readonly listener: (message: string) => void; readonly gap: () => void };

/**
 * Opens the line between the processes that share a database: LISTEN and NOTIFY, on a connection of its own.
 *
 * What is said within a turn of the event loop goes out together, after the commit that it tells of and outside of it,
 * for transactions that notify wait for one another.
 *
 * Limits: {@link maxWaiting} messages; one of more than {@link maxBytes} bytes is told as lost.
 */
export function openWire(
  address: Address,
  tell: TellOfStore,
): Wire & { readonly close: () => Promise<void> } {
  const self = randomUUID();
  const closing = new AbortController();
  let waiting: string[] = [];
  let line: pg.Client | undefined;
  let isSending = false;
  let isDown = false;
  let living: Promise<void> = Promise.resolve();

  const send = async (): Promise<void> => {
    isSending = true;
    await new Promise(setImmediate);
    while (waiting.length > 0 && line !== undefined) {
      const client = line;
      const letter: Letter = { from: self, said: takeSome(waiting) };
      try {
        await client.query('SELECT pg_notify($1, $2)', [channel, JSON.stringify(letter)]);
      } catch {
        waiting = [lost];
        line = undefined;
        // Ends the line, and so makes another one.
        void client.end().catch(() => undefined);
      }
    }
    isSending = false;
  };

  /** Listens on a new connection until it breaks. */
  const listen = async ({ listener, gap }: Hearing, isOpen: () => void): Promise<void> => {
    const client = new pg.Client(connection(address));
    const broken = new AbortController();
    const end = (): void => broken.abort();
    client.on('error', end).on('end', end);
    closing.signal.addEventListener('abort', end, { once: true });
    try {
      await client.connect();
      client.on('notification', ({ payload = '' }) => {
        const { from, said } = readLetter(payload);
        if (from === self) return;
        for (const message of said) {
          if (message === lost) gap();
          else listener(message);
        }
      });
      await client.query(`LISTEN ${channel}`);
      line = client;
      // What could not be said meanwhile.
      if (waiting.length > 0 && !isSending) void send();
      if (isDown) tell({ kind: 'connected-again' });
      isDown = false;
      isOpen();
      gap();
      await stayAlive(client, broken.signal);
    } finally {
      line = undefined;
      closing.signal.removeEventListener('abort', end);
      await Promise.race([client.end().catch(() => undefined), wait(1000, undefined, { ref: false })]);
    }
  };

  const goDown = (detail: string): void => {
    if (!isDown && !closing.signal.aborted) tell({ kind: 'connection-lost', detail });
    isDown = true;
  };

  const live = async (hearing: Hearing, isOpen: () => void): Promise<void> => {
    const isClosing = (): boolean => closing.signal.aborted;
    while (!isClosing()) {
      try {
        await listen(hearing, isOpen);
        if (!isClosing()) goDown('the line to the other processes was cut');
      } catch (error) {
        goDown(messageOf(error));
        isOpen();
      }
      await pause(reconnectAfterMs, closing.signal);
    }
  };

  return {
    say: (message) => {
      // Without a line, only that there was something to say can be told later.
      if (line === undefined || waiting.length >= maxWaiting) waiting = [lost];
      if (line === undefined) return;
      waiting.push(Buffer.byteLength(JSON.stringify(message)) > maxBytes ? lost : message);
      if (!isSending) void send();
    },
    hear: (listener, gap) =>
      new Promise((resolve) => {
        living = live({ listener, gap }, resolve);
      }),
    close: async () => {
      closing.abort();
      await living;
    },
  };
}

/** Others may use the channel, too: what is not a letter says nothing. */
function readLetter(text: string): Letter {
  try {
    const { from, said } = JSON.parse(text) as Partial<Letter>;
    if (typeof from === 'string' && Array.isArray(said)) return { from, said: said.map(String) };
  } catch {
    // Not even JSON.
  }
  return { from: '', said: [] };
}

/** Takes as many messages as one letter holds. */
function takeSome(waiting: string[]): string[] {
  let bytes = 100;
  let count = 0;
  for (const message of waiting) {
    bytes += Buffer.byteLength(JSON.stringify(message)) + 1;
    if (bytes > maxBytes + 200 && count > 0) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

/** Asks now and then, so that a dead line is noticed: the question fails when its time is over. */
async function stayAlive(client: pg.Client, broken: AbortSignal): Promise<void> {
  const isAlive = async (): Promise<boolean> => {
    await pause(sureEveryMs, broken);
    return !broken.aborted;
  };
  while (await isAlive()) await client.query('SELECT 1');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
