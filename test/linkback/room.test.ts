import { beforeEach, describe, expect, it } from 'vitest';
import { makeRoom, maxOpenJobs, type Room } from '../../src/linkback/room.ts';

let open: number;
let counts: number[];
let room: Room;

beforeEach(() => {
  open = 0;
  counts = [];
  room = makeRoom(async (most) => {
    counts.push(most);
    return Math.min(open, most);
  }, 10);
});

describe('the room for promised work', () => {
  it('is full when as many jobs are open, and has places again as soon as it is noticed that some have ended', async () => {
    open = 8;
    await room.recount(0);
    expect([room.take(), room.take(), room.take(), room.isFull()]).toEqual([true, true, false, true]);
    open = 9;
    await room.recount(999);
    expect(room.isFull()).toBe(true);
    await room.recount(1000);
    expect([room.take(), room.take()]).toEqual([true, false]);
  });

  it.each([
    ['ten seconds while there is room', 9, 10_000],
    ['second while there is none', 10, 1000],
  ])(
    'is counted once in a %s, however many ask, and no further than it is large',
    async (_, jobs, everyMs) => {
      open = jobs;
      for (let n = 0; n < everyMs; n += 10) await Promise.all([room.recount(n), room.recount(n)]);
      expect(counts).toEqual([10]);
      await Promise.all(Array.from({ length: 100 }, () => room.recount(everyMs)));
      expect(counts).toEqual([10, 10]);
    },
  );

  it('is counted anew when the clock goes back', async () => {
    await room.recount(1_000_000);
    await room.recount(0);
    expect(counts).toHaveLength(2);
  });

  it('takes a place back', async () => {
    open = 9;
    await room.recount(0);
    expect(room.take()).toBe(true);
    room.giveBack();
    expect([room.take(), room.take()]).toEqual([true, false]);
  });

  it('is counted again after a count that failed', async () => {
    let isBroken = true;
    const broken = makeRoom(async () => {
      if (isBroken) throw new Error('locked');
      return 10;
    }, 10);
    await expect(broken.recount(0)).rejects.toThrow('locked');
    isBroken = false;
    await broken.recount(1);
    expect(broken.isFull()).toBe(true);
  });

  it(`is ${maxOpenJobs} jobs large`, async () => {
    const usual = makeRoom(async (most) => most - 1);
    await usual.recount(0);
    expect([usual.take(), usual.take()]).toEqual([true, false]);
  });
});
