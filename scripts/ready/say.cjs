'use strict';

/** An expected reason why the checkout cannot be made ready; its message is written for the person at the terminal. */
class NotReady extends Error {}

/** Writes one line on stderr, with the program's name before it. */
function say(line) {
  process.stderr.write(`linkbackd: ${line}\n`);
}

module.exports = { NotReady, say };
