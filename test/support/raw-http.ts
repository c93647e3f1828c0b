import { connect, type Socket } from 'node:net';
import { waitUntil } from './wait.ts';

export type RawAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A TCP connection to an HTTP server on which a test writes bytes as it likes. */
export type RawConnection = {
  readonly write: (bytes: string | Uint8Array) => void;
  /** Waits for the nth answer; informational ones count. */
  readonly answer: (n?: number) => Promise<RawAnswer>;
  /** Everything that came in so far. */
  readonly received: () => string;
  readonly hasEnded: () => boolean;
  readonly close: () => void;
};

/** Connects to `HOST:PORT`. */
export async function openRaw(host: string): Promise<RawConnection> {
  const [address, port] = host.split(':');
  const socket = await connected(Number(port), address ?? '');
  let received = '';
  let hasEnded = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => (received += text));
  socket.on('end', () => (hasEnded = true));
  socket.on('error', () => (hasEnded = true));
  return {
    write: (bytes) => void socket.write(bytes),
    answer: (n = 1) =>
      waitUntil(() => splitAnswers(received)[n - 1], { what: `answer ${n} on a connection` }),
    received: () => received,
    hasEnded: () => hasEnded,
    close: () => void socket.destroy(),
  };
}

function connected(port: number, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The whole answers in a stream; every one of our service's has a length, or is informational. */
function splitAnswers(stream: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = stream;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return answers;
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((each) => {
        const [, name = '', value = ''] = /^([^:]*):\s*(.*)$/u.exec(each) ?? [];
        return [name.toLowerCase(), value];
      }),
    );
    const length = Number(headers['content-length'] ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    if (body.length < length) return answers;
    answers.push({
      status: Number(line.split(' ')[1]),
      headers,
      body: Buffer.from(body, 'latin1').toString(),
    });
    rest = rest.slice(end + 4 + length);
  }
}
