'use strict';

const { spawn } = require('node:child_process');

const { NotReady } = require('./say.cjs');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program to its end and gives its exit status.
 *
 * A signal meant to end us is handed on first: otherwise an `npm ci` would go on alone, and spoil the next one.
 */
function run(program, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    let stoppedBy;
    const handOn = (signal) => {
      stoppedBy = signal;
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, handOn);
    child.on('error', (error) => reject(new NotReady(`${program} did not start: ${error.message}`)));
    child.on('close', (status, signal) => {
      for (const each of SIGNALS) process.removeListener(each, handOn);
      const by = stoppedBy ?? signal;
      if (by) reject(new NotReady(`stopped by ${by}`));
      else resolve(status);
    });
  });
}

module.exports = { run };
