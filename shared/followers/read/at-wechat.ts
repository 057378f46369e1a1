import type { Account } from '../../accounts/accounts.ts';
import type { AccountCalls } from '../../credentials/account-calls.ts';
import { KeyringError } from '../../platform/errors.ts';
import { WeChatApiError } from '../../wechat/errors.ts';
import { listFollowers } from '../../wechat/followers.ts';

/** Some openids of WeChat's list. */
export interface WeChatPage {
  /** Followers of the account. */
  readonly total: number;
  readonly openids: readonly string[];
  /** Absent on the page that ends the list. */
  readonly next?: string;
}

/**
 * Up to `limit` openids of WeChat's list, after the openid `cursor`: one of the 500 calls a day that it allows. It is over by
 * `until`, in Unix seconds. Throws `cursor_unknown`.
 */
export async function pageAtWeChat(
  calls: AccountCalls,
  account: Account,
  { cursor, limit, until }: { cursor?: string | undefined; limit: number; until?: number },
): Promise<WeChatPage> {
  try {
    const { answer: page } = await calls.sendWith(
      account,
      (token) => listFollowers(token, cursor === undefined ? {} : { after: cursor }),
      { until },
    );
    const openids = page.openids.slice(0, limit);
    const next =
      openids.length < page.openids.length ? openids.at(-1) : page.end ? undefined : page.nextOpenid;
    return { total: page.total, openids, ...(next !== undefined && { next }) };
  } catch (error) {
    if (error instanceof WeChatApiError && error.kind === 'openid_unknown') throw cursorUnknown(error);
    throw error;
  }
}

/** What a caller is told whose cursor leads nowhere. */
export function cursorUnknown(cause?: unknown): KeyringError {
  return new KeyringError('cursor_unknown', undefined, { parameter: 'cursor' }, { cause });
}
