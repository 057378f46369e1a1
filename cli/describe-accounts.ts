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

/** The same, with what can be set of each. */
export function describeWithSettings({ now, accounts }: Reports): string {
  return accounts.flatMap((report) => [describeAccount(report, now), ...settingsOf(report)]).join('\n');
}

function settingsOf(report: AccountReport): string[] {
  const { aliases, allowedOrigins, domainFiles, sessionIdleSeconds, sessionSeconds } = report;
  const limits = Object.entries(report.dailyLimits).map(([api, calls]) => `${api}=${calls}`);
  const files = domainFiles.map((id) => `MP_verify_${id}.txt`);
  return [
    `  aliases: ${listOf(aliases)}`,
    `  origins: ${listOf(allowedOrigins)}`,
    `  domain files: ${listOf(files)}`,
    `  sessions: end after ${hours(sessionIdleSeconds)} unused, and at the latest after ${hours(sessionSeconds)}`,
    `  sync: ${report.sync}, up to ${report.syncShare} % of the quotas of a day`,
    `  daily limits that are not the usual: ${listOf(limits)}`,
  ];
}

function listOf(texts: readonly string[]): string {
  return texts.join(', ') || 'none';
}

function hours(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Math.round(seconds / 60)} min`;
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
