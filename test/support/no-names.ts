import { createSocket } from 'node:dgram';

export type NameServer = {
  /** `127.0.0.1:PORT`, as the setting DNS_SERVERS wants it. */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/** Starts a name server on loopback that knows no name at all: it answers NXDOMAIN to everything. */
export async function startNoNames(): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const answer = Buffer.from(question);
    // An answer, recursion available; "no such name"; the question is repeated, and nothing follows it.
    answer.writeUInt16BE(0x8183, 2);
    answer.fill(0, 6, 12);
    const end = question.indexOf(0, 12) + 5;
    socket.send(answer.subarray(0, end), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}
