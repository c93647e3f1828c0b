import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeLog, maxWaitingBytes, type Log, type WriteOut } from '../src/log.ts';

const now = Date.UTC(2026, 0, 2, 12);

/** What was handed over to be written, oldest first, with the callback that says how it went. */
let handed: { readonly text: string; readonly done: Parameters<WriteOut>[1] }[];
let log: Log;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  handed = [];
  log = makeLog(
    (bytes, done) => void handed.push({ text: bytes.toString(), done }),
    () => now,
  );
});

afterEach(() => void vi.useRealTimers());

/** Takes all that is handed over, until there is nothing more, and gives its lines. */
function takeAll(): string[] {
  let text = '';
  for (let at = handed.length - 1; at < handed.length; at += 1) {
    const last = handed[at];
    text += last?.text ?? '';
    last?.done(null, Buffer.byteLength(last.text));
  }
  return text.split('\n').filter((line) => line !== '');
}

/** Writes numbered lines of a kilobyte each. */
function writeKilobytes(from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) log.write(`${n} ${'x'.repeat(1019 - String(n).length)}…\n`);
}

const numberOf = (line: string): number | string =>
  line.startsWith('{')
    ? `${(JSON.parse(line) as { dropped: number }).dropped} dropped`
    : Number.parseInt(line, 10);

describe('the log', () => {
  it('is written line by line while each is taken at once', async () => {
    log.write('one\n');
    expect(takeAll()).toEqual(['one']);
    log.write('two\n');
    expect(takeAll()).toEqual(['two']);
    expect(await log.written(1000)).toBe(true);
  });

  it('puts together what came while nobody took anything', () => {
    for (const line of ['one\n', 'two\n', 'three\n']) log.write(line);
    expect(handed.map((each) => each.text)).toEqual(['one\n']);
    expect(takeAll()).toEqual(['one', 'two', 'three']);
    expect(handed).toHaveLength(2);
  });

  it('goes on in the middle of a line of which a part was taken', () => {
    log.write('a long line\n');
    handed[0]?.done(null, 7);
    expect(handed[1]?.text).toBe('line\n');
  });

  it('keeps as much as it may while nobody takes anything, and says where lines are missing, and how many', () => {
    const fitting = maxWaitingBytes / 1024;
    writeKilobytes(0, fitting + 500);
    const [first] = handed;
    first?.done(null, Buffer.byteLength(first.text));
    // There is room again for one: the missing ones are told of before it.
    writeKilobytes(9000, 3);
    const lines = takeAll().map(numberOf);
    expect(lines.slice(0, fitting - 1)).toEqual(Array.from({ length: fitting - 1 }, (_, at) => at + 1));
    expect(lines.slice(fitting - 1)).toEqual(['500 dropped', 9000, '2 dropped']);
    log.write('as ever\n');
    expect(takeAll()).toEqual(['as ever']);
  });

  it('says so in a line of its own shape, with the time', () => {
    writeKilobytes(0, maxWaitingBytes / 1024 + 1);
    const last = takeAll().at(-1) ?? '';
    expect(JSON.parse(last)).toEqual({
      level: 40,
      time: now,
      dropped: 1,
      msg: expect.stringContaining('dropped'),
    });
  });

  it('tries again a second later what could not be written, from where that ended', () => {
    log.write('a long line\n');
    log.write('another\n');
    handed[0]?.done(new Error('no space left on device'), 2);
    vi.advanceTimersByTime(999);
    expect(handed).toHaveLength(1);
    vi.advanceTimersByTime(1);
    handed[1]?.done(new Error('no space left on device'), 0);
    vi.advanceTimersByTime(1000);
    expect(takeAll()).toEqual(['long line', 'another']);
  });

  it('tells when all is written, or that it is not in time', async () => {
    log.write('one\n');
    const inTime = log.written(1000);
    takeAll();
    expect(await inTime).toBe(true);
    log.write('two\n');
    const late = log.written(1000);
    vi.advanceTimersByTime(1000);
    expect(await late).toBe(false);
  });

  it('gives up what nobody has begun to write, with the number of what is missing', () => {
    writeKilobytes(0, maxWaitingBytes / 1024 + 2);
    const rest = log.takeRest().toString().trimEnd().split('\n').map(numberOf);
    expect(rest.at(0)).toBe(1);
    expect(rest.at(-1)).toBe('2 dropped');
    expect(log.takeRest()).toHaveLength(0);
  });
});
