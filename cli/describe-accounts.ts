import type { AccountReport } from '../functions/admin/account-report.ts';
import { standingInChinese, stateNames } from '../shared/credentials/chinese.ts';
import { describeStanding } from '../shared/credentials/credential-state.ts';
import { syncModes } from './chinese.ts';
import { exitCodes } from './exit-codes.ts';
import { answered, language, named, said, say, time, timeFrom } from './language.ts';

interface Reports {
  /** When they were so, in Unix seconds. */
  readonly now: number;
  readonly accounts: readonly AccountReport[];
}

/** How accounts are, as lines for people. */
export function describeAccounts({ now, accounts }: Reports): string {
  return (
    accounts.map((report) => describeAccount(report, now)).join('\n') || said('No account is registered yet.')
  );
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
    say`  aliases: ${listOf(aliases)}`,
    say`  origins: ${listOf(allowedOrigins)}`,
    say`  domain files: ${listOf(files)}`,
    say`  sessions: end after ${hours(sessionIdleSeconds)} unused, and at the latest after ${hours(sessionSeconds)}`,
    say`  sync: ${named(report.sync, syncModes)}, up to ${report.syncShare} % of the quotas of a day`,
    say`  daily limits that are not the usual: ${listOf(limits)}`,
  ];
}

function listOf(texts: readonly string[]): string {
  return texts.join(', ') || said('none');
}

function hours(seconds: number): string {
  return seconds % 3600 === 0 ? say`${seconds / 3600} h` : say`${Math.round(seconds / 60)} min`;
}

/** What the command line exits with after a change that has made a refresh. */
export function exitCodeOfRefresh({ accounts }: Reports): number {
  return accounts.some(({ failure }) => failure !== undefined) ? exitCodes.failed : exitCodes.done;
}

function describeAccount(report: AccountReport, now: number): string {
  const { failure, mintedAt, refreshAt } = report;
  const source = report.lender === undefined ? say`mode ${report.mode}` : say`borrowed from ${report.lender}`;
  const standing = language === 'zh' ? standingInChinese : describeStanding;
  const times = [
    ...(mintedAt === undefined ? [] : [say`minted ${time(mintedAt)}`]),
    ...(refreshAt === undefined ? [] : [say`next refresh ${timeFrom(refreshAt, now)}`]),
  ];
  const lines = [
    `${report.account}  ${named(report.state, stateNames)}  ${report.name}`,
    `  ${standing(report, 'token', now)}`,
    say`  ${source}, generation ${report.generation}, ${report.mintsToday} of ${report.mintBudget} mints today`,
  ];
  if (report.pushForward !== undefined) lines.push(say`  pushes forwarded to ${report.pushForward}`);
  if (times.length > 0) lines.push(`  ${times.join(said(', '))}`);
  lines.push(...earlyEndsOf(report, now));
  if (failure) {
    lines.push(
      say`  ${failure.code} (${failure.count} in a row, the last ${timeFrom(failure.at, now)}): ${answered(failure.message)}`,
      say`  What to do: ${answered(failure.advice)}`,
      say`  Next try: ${timeFrom(failure.retryAt, now)}.`,
    );
  }
  return lines.join('\n');
}

/** So long ago at most, in seconds: a week. */
const recentSeconds = 7 * 86_400;

/** Tokens that WeChat has ended before their time lately, which is how one sees that something else mints. */
function earlyEndsOf({ earlyEnds = [] }: AccountReport, now: number): string[] {
  const recent = earlyEnds.filter((at) => at > now - recentSeconds);
  if (recent.length === 0) return [];
  const times = recent.map((at) => time(at)).join(said(', '));
  return [
    say`  ended before its time ${recent.length} × in the last 7 days: ${times}`,
    said('  Something else mints for this account, or its AppSecret was reset: docs/runbook.md has more.'),
  ];
}
