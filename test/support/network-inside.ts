/** Runs in a network of its own, where every address leads to this machine, and prints what {@link tryAllWays} found. */
import { tryAllWays } from './network.ts';

const [exceptions = ''] = process.argv.slice(2);
const findings = await tryAllWays({
  publicAddress: '93.184.216.34',
  privateAddress: '127.0.0.1',
  port: 8080,
  exceptions,
  isWholeInternet: true,
});
process.stdout.write(JSON.stringify(findings));
