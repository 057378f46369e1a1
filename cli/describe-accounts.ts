import type { AccountReport } from '../functions/admin/account-report.ts';
import { describeStanding } from '../shared/credentials/credential-state.ts';
import { beijingTime, beijingTimeFrom } from '../shared/platform/beijing-time.ts';

import { exitCodes } from './exit-codes.ts';

interface Reports {
  /** When they were so, in Unix seconds. */
  readonly now: number;
  readonly accounts: readonly AccountReport[];
}

/** How accounts are, as lines for people. */
export function describeAccounts({ now, accounts }: Reports): string {
  return accounts.map((report) => describeAccount(report, now)).join('\n') || 'No account is registered yet.';
}

/** What the command line exits with after a change that has made a refresh. */
export function exitCodeOfRefresh({ accounts }: Reports): number {
  return accounts.some(({ failure }) => failure !== undefined) ? exitCodes.failed : exitCodes.done;
}

function describeAccount(report: AccountReport, now: number): string {
  const { failure, mintedAt, refreshAt } = report;
  const source = report.lender === undefined ? `mode ${report.mode}` : `borrowed from ${report.lender}`;
  const times = [
    ...(mintedAt === undefined ? [] : [`minted ${beijingTime(mintedAt)}`]),
    ...(refreshAt === undefined ? [] : [`next refresh ${beijingTimeFrom(refreshAt, now)}`]),
  ];
  const lines = [
    `${report.account}  ${report.state}  ${report.name}`,
    `  ${describeStanding(report, 'token', now)}`,
    `  ${source}, generation ${report.generation}, ${report.mintsToday} of ${report.mintBudget} mints today`,
  ];
  if (times.length > 0) lines.push(`  ${times.join(', ')}`);
  if (failure) {
    lines.push(
      `  ${failure.code} (${failure.count} in a row, the last ${beijingTimeFrom(failure.at, now)}): ${failure.message}`,
      `  What to do: ${failure.advice}`,
      `  Tried again at ${beijingTimeFrom(failure.retryAt, now)}.`,
    );
  }
  return lines.join('\n');
}
