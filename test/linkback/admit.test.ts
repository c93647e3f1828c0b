import { beforeEach, describe, expect, it } from 'vitest';
import { fullRetrySeconds, makeAdmit, samePingMs, type AdmitPorts } from '../../src/linkback/admit.ts';
import type { CountedPing } from '../../src/linkback/allowance.ts';
import type { Recalled } from '../../src/linkback/ports.ts';
import type { Refusal } from '../../src/linkback/refusal.ts';
import { makeRoom, type Room } from '../../src/linkback/room.ts';
import { buildPing } from '../support/build-ping.ts';

const now = 1_000_000;
const ping = buildPing();
const tooMany: Refusal = { refused: 'too-many', retryAfterSeconds: 60 };
const full: Refusal = { refused: 'unavailable', retryAfterSeconds: fullRetrySeconds };

let open: number;
let room: Room;
let known: Recalled | undefined;
let recalls: number;
let counted: CountedPing[];
let over: Refusal | undefined;

beforeEach(() => {
  open = 0;
  room = makeRoom(async () => open, 10);
  known = undefined;
  recalls = 0;
  counted = [];
  over = undefined;
});

function admit(limits: 'on' | 'off' = 'on') {
  const ports: AdmitPorts = {
    room,
    recall: async () => {
      recalls += 1;
      return known;
    },
    allowance:
      limits === 'off'
        ? undefined
        : {
            ping: async (each) => {
              counted.push(each);
              return over;
            },
          },
  };
  return makeAdmit(ports)(ping, now);
}

describe('a ping that says the same again', () => {
  it('counts nowhere, and asks for no look before its time', async () => {
    known = { saidAt: now - 1000 };
    over = tooMany;
    open = 10;
    expect(await admit()).toEqual({ notBefore: now - 1000 + samePingMs });
    expect(counted).toEqual([]);
  });

  it.each([
    ['after a while', { saidAt: now - samePingMs }],
    ['in other words', { saidAt: null }],
    ['said long before by a clock that has been set right', { saidAt: now + 2 * samePingMs }],
  ])('is one of its own %s', async (_, recalled) => {
    known = recalled;
    expect(await admit()).toEqual({});
    expect(counted).toMatchObject([{ isNew: false }]);
  });

  it('is one of its own where limits are off', async () => {
    known = { saidAt: now - 1000 };
    expect(await admit('off')).toEqual({});
  });
});

describe('a new pair', () => {
  it('is turned away when there is no room, and counts nowhere', async () => {
    open = 10;
    expect(await admit()).toEqual(full);
    expect(await admit('off')).toEqual(full);
    expect(counted).toEqual([]);
  });

  it('gives its place back when it is refused for another reason', async () => {
    open = 9;
    over = tooMany;
    for (let n = 0; n < 20; n += 1) expect(await admit()).toEqual(tooMany);
    over = undefined;
    expect(await admit()).toEqual({});
    expect(await admit()).toEqual(full);
  });

  it('takes one place each, also when all come at once', async () => {
    open = 5;
    const answers = await Promise.all(Array.from({ length: 50 }, () => admit()));
    expect(answers.filter((each) => !('refused' in each))).toHaveLength(5);
  });
});

describe('a pair that is known', () => {
  it('is never turned away for want of room, with limits or without', async () => {
    open = 10;
    known = { saidAt: null };
    expect(await admit()).toEqual({});
    expect(await admit('off')).toEqual({});
  });

  it('is still refused over the limits', async () => {
    known = { saidAt: null };
    over = tooMany;
    expect(await admit()).toEqual(tooMany);
  });
});

it('asks the store for nothing where it makes no difference', async () => {
  expect(await admit('off')).toEqual({});
  expect(recalls).toBe(0);
});
