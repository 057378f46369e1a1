/** What the command line exits with. docs/operations.md has the same table. */
export const exitCodes = { done: 0, failed: 1, usage: 2, degraded: 3, down: 4, interrupted: 130 } as const;

export const exitCodeMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.done, 'done; with --wait the sync has ended'],
  [exitCodes.failed, 'refused, or failed; with --wait the sync has not ended, or lacks details'],
  [exitCodes.usage, 'the command line is wrong; nothing was sent'],
  [exitCodes.degraded, 'status --check: a refresh is failing, and users notice nothing yet'],
  [exitCodes.down, 'status --check: an account has no usable token, and its calls answer 503'],
  [exitCodes.interrupted, 'interrupted by Ctrl-C, or the input ended at a question; nothing was changed'],
];
