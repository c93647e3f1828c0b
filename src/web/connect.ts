import { isIPv6 } from 'node:net';
import type { Readable } from 'node:stream';
import { buildConnector } from 'undici';
import { maxBodyBytes } from './body.ts';

/** For TCP and TLS together, in milliseconds. */
export const connectTimeoutMs = 3000;

/** Bytes taken from one connection, with the heads, chunk sizes and all that no body's limit counts. */
export const maxWireBytes: number = 2 * maxBodyBytes;

/** The address we turned out to be connected to is not one we may talk to. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * Makes a connector that goes to the given addresses and nowhere else.
 *
 * Names are not looked up again, so what was checked is what is connected to; and the connected socket's own word for
 * its peer is checked before a byte of the request is written.
 *
 * Limits: {@link connectTimeoutMs}, {@link maxWireBytes}.
 */
export function makeConnect(
  addresses: readonly string[],
  mayTalkTo: (address: string) => boolean,
): buildConnector.connector {
  const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    maxCachedSessions: 0,
    allowH2: false,
    autoSelectFamily: true,
    minVersion: 'TLSv1.2',
    // Literal hosts never get here: for them the address is the host itself, which the guard has checked.
    lookup: (_host, options, callback) => {
      const first = known[0];
      if (first === undefined) callback(new Refused('no address'), '', 4);
      else if (options.all === true) callback(null, known);
      else callback(null, first.address, first.family);
    },
  });
  return (options, callback) => {
    connect(options, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const peer = socket.remoteAddress ?? '';
      if (mayTalkTo(peer)) {
        callback(null, socket);
        limitBytes(socket);
        return;
      }
      socket.destroy();
      callback(new Refused(`connected to ${peer}`), null);
    });
  };
}

/** The client reads by now, so that listening takes nothing from it. */
function limitBytes(socket: Pick<Readable, 'on' | 'destroy'>): void {
  let bytes = 0;
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxWireBytes) socket.destroy(new Error('too many bytes for any page'));
  });
}
