import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into a process before its program: measures how long its event loop was held, and writes it down on exit.
 *
 * LOOP_DELAY_FILE names the file; SIGUSR2 starts the measurement afresh, so that the start itself does not count.
 */
const resolutionMs = 1;
const file = process.env['LOOP_DELAY_FILE'] ?? '';
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
process.on('SIGUSR2', () => {
  delay.reset();
});
process.on('exit', () => {
  // The monitor counts its own interval in.
  const heldMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const at = (percentile: number): number => heldMs(delay.percentile(percentile));
  writeFileSync(file, JSON.stringify({ p50: at(50), p99: at(99), p999: at(99.9), max: heldMs(delay.max) }));
});
