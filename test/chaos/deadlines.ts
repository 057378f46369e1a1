import { hangMs } from './patience.ts';

/** A call that hangs ends before the test gives up, as one does in life, and what comes of that is seen. */
const deadlineMs = hangMs / 3;

/**
 * Makes every deadline of this process for calls one that only a hang meets. They count the machine's time, not the
 * service's, and so they would end calls where the machine is slow. What they are for, `test/wechat` tests.
 */
export function outlastSlowMachines(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeout(Math.max(ms, deadlineMs));
}
