import type { Account } from '../accounts/accounts.ts';
import type { Log } from '../platform/log.ts';
import type { Keeper } from './keeper.ts';

export interface SweepReport {
  readonly accounts: number;
  readonly unavailable: number;
}

const atOnce = 20;

/** Refreshes whatever is due and was missed. A fault of one account does not keep the others waiting. */
export async function sweep(accounts: readonly Account[], keeper: Keeper, log: Log): Promise<SweepReport> {
  let unavailable = 0;
  const waiting = accounts.values();
  const worker = async () => {
    for (const account of waiting) {
      try {
        const outcome = await keeper.refresh(account, { reason: 'due' });
        if (outcome.state === 'unavailable') unavailable += 1;
      } catch (error) {
        unavailable += 1;
        log.error('The sweep could not refresh an account.', {
          account: account.account,
          error: error instanceof Error ? error.name : 'unknown',
        });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, accounts.length) }, worker));
  return { accounts: accounts.length, unavailable };
}
