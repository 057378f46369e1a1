import { existsSync, readFileSync } from 'node:fs';

/**
 * The most memory that this process ever held, in MiB. Linux says it of this process alone; what getrusage says may be
 * the parent's at the time of the fork.
 */
export function peakMiB(): number {
  if (!existsSync('/proc/self/status')) return process.resourceUsage().maxRSS / 1024;
  const [, kilobytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
