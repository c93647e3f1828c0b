import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Findings } from './network.ts';

/** Brings up a network in which every address is this machine's, then runs the program that follows. */
const setUp = [
  'ip link set lo up',
  'ip route add local 0.0.0.0/0 dev lo',
  'ip -6 route add local ::/0 dev lo || true',
  'exec "$@"',
].join(' && ');

/** Root needs no user of its own in there; others can only be root in there. */
const unshare = process.getuid?.() === 0 ? ['--net'] : ['--net', '--map-root-user'];
const through = [...unshare, 'sh', '-c', setUp, 'sh'];

/** Whether this user may have no network of their own here; said aloud once, where it is asked. */
export const ownNetworksAreMissing: boolean = areMissing();

function areMissing(): boolean {
  const { status, error, stderr } = spawnSync('unshare', [...through, 'true'], { encoding: 'utf8' });
  if (status === 0) return false;
  console.warn(`SKIPPED: no network of its own can be made here: ${error?.message ?? stderr.trim()}`);
  return true;
}

/** Tries all ways into private networks on a service that may fetch these exceptions, in a network of its own. */
export async function tryAllWaysInside(exceptions: string): Promise<Findings> {
  const script = fileURLToPath(new URL('network-inside.ts', import.meta.url));
  const command = [...through, process.execPath, script, exceptions];
  const { stdout } = await promisify(execFile)('unshare', command, { maxBuffer: 16 * 1024 * 1024 });
  return JSON.parse(stdout) as Findings;
}
