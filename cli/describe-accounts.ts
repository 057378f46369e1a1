import type { AccountReport } from '../functions/admin/account-report.ts';
import { describeTime } from './time.ts';

/** How accounts are, as lines for people. */
export function describeAccounts({ accounts }: { readonly accounts: readonly AccountReport[] }): string {
  return accounts.map(describeAccount).join('\n') || 'No account is registered yet.';
}

/** Whether the refresh that a change has made failed. */
export function hasFailedRefresh({ accounts }: { readonly accounts: readonly AccountReport[] }): boolean {
  return accounts.some(({ failure }) => failure !== undefined);
}

function describeAccount(report: AccountReport): string {
  const { failure } = report;
  const lines = [
    `${report.account}  ${report.state}  ${report.name}`,
    `  ${report.lender === undefined ? `mode ${report.mode}` : `borrowed from ${report.lender}`}, generation ${report.generation}, ${report.mintsToday} of ${report.mintBudget} mints today`,
    `  minted ${describeTime(report.mintedAt)}, expires ${describeTime(report.expiresAt)}, next refresh ${describeTime(report.refreshAt)}`,
  ];
  if (failure) {
    lines.push(
      `  ${failure.code} (${failure.count} in a row): ${failure.message}`,
      `  What to do: ${failure.advice}`,
      `  Tried again at ${describeTime(failure.retryAt)}.`,
    );
  }
  return lines.join('\n');
}
