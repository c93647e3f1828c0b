import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';
import { descriptorLimit } from './crowd.ts';

/** How often it is looked how late timers are, in milliseconds. */
const lookEveryMs = 20;

export type ProcessMetrics = {
  /** Looks no more: what looks for its own sake would go on as long as the process does. */
  readonly close: () => void;
};

/** Tells of the process and of Node under the names that every such program has; each is read when somebody asks. */
export function tellOfProcess(registry: Registry): ProcessMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | undefined): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value !== undefined) this.set(value);
      },
    });

  let countedSeconds = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Time of processors that was spent.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const seconds = (user + system) / 1e6;
      this.inc(seconds - countedSeconds);
      countedSeconds = seconds;
    },
  });
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  gauge('process_start_time_seconds', 'When it started, in seconds since 1970.', () => startedAt);
  gauge('process_resident_memory_bytes', 'Memory that it has.', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'Files and sockets that it has open.', openDescriptors);
  const most = descriptorLimit();
  gauge('process_max_fds', 'How many it may have open.', () => (most === Infinity ? undefined : most));
  gauge('nodejs_heap_size_used_bytes', 'Memory of objects.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Memory for objects.', () => process.memoryUsage().heapTotal);
  return tellOfEventLoop(registers);
}

/** How late timers were since somebody asked last. */
function tellOfEventLoop(registers: Registry[]): ProcessMetrics {
  const delays = monitorEventLoopDelay({ resolution: lookEveryMs });
  delays.enable();
  const late = (name: string, help: string): Gauge =>
    new Gauge({ name: `nodejs_eventloop_lag_${name}_seconds`, help, registers });
  const middle = late('p50', 'How late timers are: half of them no later than this.');
  const most = late('p99', 'How late timers are: 99 of 100 no later than this.');
  new Gauge({
    name: 'nodejs_eventloop_lag_max_seconds',
    help: 'How late the latest timer was.',
    registers,
    collect() {
      // The time between two looks is no delay.
      const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - lookEveryMs / 1000);
      middle.set(seconds(delays.percentile(50)));
      most.set(seconds(delays.percentile(99)));
      this.set(delays.count === 0 ? 0 : seconds(delays.max));
      delays.reset();
    },
  });
  return { close: () => void delays.disable() };
}

/** Undefined where the system does not tell. */
function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
