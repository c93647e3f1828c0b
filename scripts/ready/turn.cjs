'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { say } = require('./say.cjs');

const LOCK = '.ready.lock';
const LOOK_AGAIN_MS = 200;

/** Tells whether a process with this id exists (also when it belongs to somebody else). */
function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Gives the process that holds the lock, or undefined when it is free or its holder has died. */
function holder(file) {
  try {
    const pid = Number(fs.readFileSync(file, 'utf8'));
    return isAlive(pid) ? pid : undefined;
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

/** Waits until the lock is ours, and says once for whom it waits. A lock whose holder has died is swept away. */
async function wait(file) {
  let said = false;
  while (!take(file)) {
    const pid = holder(file);
    if (pid === undefined) {
      fs.rmSync(file, { force: true });
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
