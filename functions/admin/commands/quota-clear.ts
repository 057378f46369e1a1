import { chinaDay } from '../../../shared/wechat/quota-day.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import { accountName, doneResult } from '../schemas.ts';

/** Has WeChat set today's quotas back, and refreshes the token. */
export const quotaClear = adminCommand({
  name: 'quota.clear',
  input: { account: accountName },
  result: doneResult,
  run: async (parts, command) => {
    const { clock, log, usage, clearQuota, requestRefresh } = parts;
    const { appId, lender } = await findAccount(parts, command.account);
    if (lender !== undefined) throw new KeyringError('account_borrowed', `Do it at ${lender}.`);
    await clearQuota(appId);
    await usage.forget(appId, chinaDay(clock.now()));
    log.info('The quotas of an account were cleared.', { account: appId });
    const done = `WeChat has set today's quotas of ${appId} back. That can be done 10 times a month.`;
    try {
      // A token whose quota was used up would wait for midnight in China.
      await requestRefresh(appId, { reason: 'manual' });
    } catch {
      return { done: `${done} Its token could not be refreshed after that: run \`refresh\`.` };
    }
    return { done };
  },
});
