'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { say } = require('./say.cjs');

const LOCK = '.ready.lock';
const LOOK_AGAIN_MS = 200;
const BROOM_MS = 10_000;

/** Tells whether a process with this id exists (also when it belongs to somebody else). */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Gives the process that has the lock, dead or alive; undefined when it is free. */
function holder(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Takes the lock, or tells that another process was quicker. The id is there as soon as the name is. */
function take(file) {
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

/**
 * Sweeps the lock of a process away that has died.
 *
 * One at a time, and only after another look: whoever saw it dead a moment ago may be about to remove the lock of somebody
 * who has taken it since.
 */
function sweep(file) {
  const broom = `${file}.broom`;
  try {
    fs.writeFileSync(broom, '', { flag: 'wx' });
  } catch {
    sweepBroom(broom);
    return;
  }
  try {
    const pid = holder(file);
    if (pid !== undefined && !isAlive(pid)) fs.rmSync(file, { force: true });
  } finally {
    fs.rmSync(broom, { force: true });
  }
}

/** Whoever sweeps needs no time at all: one that is old was left by a process that died at it. */
function sweepBroom(broom) {
  const left = fs.statSync(broom, { throwIfNoEntry: false });
  if (left !== undefined && Date.now() - left.mtimeMs > BROOM_MS) fs.rmSync(broom, { force: true });
}

/** Waits until the lock is ours, and says once for whom it waits. A lock whose holder has died is swept away. */
async function wait(file) {
  let said = false;
  while (!take(file)) {
    const pid = holder(file);
    if (pid === undefined) continue;
    if (!isAlive(pid)) {
      sweep(file);
      await sleep(1);
      continue;
    }
    if (!said) say(`waiting for process ${pid}, which is preparing this folder (${path.basename(file)})`);
    said = true;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Does the work while no other process on this machine does such work in the same folder. */
async function inTurn(root, work) {
  const file = path.join(root, LOCK);
  await wait(file);
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

module.exports = { inTurn };
