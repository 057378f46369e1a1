import type { AccountReport } from '../functions/admin/account-report.ts';
import type { CommandResult } from '../functions/admin/commands.ts';
import type { EndingGrant } from '../functions/admin/commands/user-expiring.ts';
import type { ApiKey } from '../shared/accounts/api-keys.ts';
import type { Removed } from '../shared/users/erase-user.ts';
import { describeSync } from './sync-progress.ts';

/** What a command brought, as lines for people. */
export function describe(result: CommandResult): string {
  if ('accounts' in result)
    return result.accounts.map(describeAccount).join('\n') || 'No account is registered yet.';
  if ('key' in result) return `${result.key}\nThis is the only time the key is shown.`;
  if ('keys' in result) return result.keys.map(describeKey).join('\n') || 'There are no keys yet.';
  if ('expiring' in result) {
    const lines = result.expiring.map(describeEnding);
    if (result.next !== undefined) lines.push(`There may be more: --from ${result.next}`);
    return lines.join('\n') || 'No grant ends so soon.';
  }
  if ('removed' in result) return describeRemoved(result.removed);
  if ('exported' in result) return JSON.stringify(result.exported, undefined, 2);
  if ('usage' in result) {
    const calls = Object.entries(result.usage.calls).map(([api, count]) => `  ${api}  ${count}`);
    return [`${result.usage.day} (a day in China)`, ...(calls.length > 0 ? calls : ['  no calls'])].join(
      '\n',
    );
  }
  if ('quota' in result) {
    const { dailyLimit, used, remain } = result.quota;
    return `${used} of ${dailyLimit} used today, ${remain} remain`;
  }
  if ('sync' in result) return describeSync(result.sync);
  if ('followers' in result) return result.followers.map(({ openid }) => openid).join('\n');
  return result.done;
}

function describeAccount(report: AccountReport): string {
  const { failure } = report;
  const lines = [
    `${report.account}  ${report.state}  ${report.name}`,
    `  ${report.lender === undefined ? `mode ${report.mode}` : `borrowed from ${report.lender}`}, generation ${report.generation}, ${report.mintsToday} of ${report.mintBudget} mints today`,
    `  minted ${time(report.mintedAt)}, expires ${time(report.expiresAt)}, next refresh ${time(report.refreshAt)}`,
  ];
  if (failure) {
    lines.push(
      `  ${failure.code} (${failure.count} in a row): ${failure.message}`,
      `  What to do: ${failure.advice}`,
      `  Tried again at ${time(failure.retryAt)}.`,
    );
  }
  return lines.join('\n');
}

function describeKey({ keyId, name, scopes, accounts, createdAt }: ApiKey): string {
  const forWhom = accounts === '*' ? 'all accounts' : accounts.join(', ');
  return `${keyId}  ${name}\n  ${scopes.join(', ')} for ${forWhom}, made ${time(createdAt)}`;
}

function describeEnding({ openid, scopes, grantedAt, expiresAt }: EndingGrant): string {
  return `${openid}  ${scopes.join(', ')}, granted ${time(grantedAt)}, ends ${time(expiresAt)}`;
}

function describeRemoved({ grants, sessions, profiles, followers }: Removed): string {
  const parts = [
    grants > 0 ? 'the grant with its tokens' : '',
    sessions > 0 ? `${sessions} session${sessions === 1 ? '' : 's'}` : '',
    profiles > 0 ? 'the shared profile' : '',
    followers > 0 ? 'the record as a follower' : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Nothing was stored about this user.' : `Deleted: ${parts.join(', ')}.`;
}

function time(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : new Date(seconds * 1000).toISOString();
}
