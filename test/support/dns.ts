/** A small real name server on loopback: A and AAAA over UDP, and the ways in which name servers misbehave. */
import { createSocket } from 'node:dgram';

/** Addresses (those of the other family are left out), an error code, no answer at all, or bytes that are none. */
export type DnsAnswer = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silence' | 'garbage';

export type Question = {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
};

export type Dns = {
  /** `127.0.0.1:PORT`, as a resolver wants it. */
  readonly server: string;
  /** The questions that have arrived, oldest first. */
  questions(): readonly Question[];
  close(): Promise<void>;
};

const types = { A: 1, AAAA: 28 } as const;
const codes = { NXDOMAIN: 3, SERVFAIL: 2, REFUSED: 5 } as const;

/** Starts a name server that answers every question with what `answer` makes of it. */
export async function startDns(answer: (question: Question) => DnsAnswer): Promise<Dns> {
  const seen: Question[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const question = readQuestion(query);
    seen.push(question);
    const reply = replyTo(query, question, answer(question));
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions: () => seen,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}

const headLength = 12;

/** Where the question of a query ends: its labels, a zero, type and class. */
function questionEnd(query: Buffer): number {
  let at = headLength;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) at += length + 1;
  return at + 5;
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = headLength;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1) === types.AAAA ? 'AAAA' : 'A',
  };
}

function replyTo(query: Buffer, { type }: Question, answer: DnsAnswer): Buffer | undefined {
  if (answer === 'silence') return undefined;
  if (answer === 'garbage') return Buffer.from('no name server speaks like this');
  const records =
    typeof answer === 'string'
      ? []
      : answer
          .filter((address) => address.includes(':') === (type === 'AAAA'))
          .map((address) => record(type, address));
  const head = Buffer.from(query.subarray(0, headLength));
  // An authoritative answer to a recursive question.
  head.writeUInt16BE(0x8580 | (typeof answer === 'string' ? codes[answer] : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, query.subarray(headLength, questionEnd(query)), ...records]);
}

/** A resource record for the name in the question, to be forgotten at once. */
function record(type: Question['type'], address: string): Buffer {
  const data = type === 'A' ? Buffer.from(address.split('.').map(Number)) : sixteenBytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | headLength, 0);
  head.writeUInt16BE(types[type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function sixteenBytes(address: string): Buffer {
  // The URL parser knows every spelling, and writes groups of base 16 only.
  const [start = '', end = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - groups(start).length - groups(end).length).fill('0');
  const all = [...groups(start), ...zeros, ...groups(end)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
