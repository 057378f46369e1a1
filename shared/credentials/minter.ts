import type { Account } from '../accounts/accounts.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import { mintStableToken, mintToken } from '../wechat/access-token.ts';
import type { WeChatClient } from '../wechat/client.ts';

/** A value as WeChat handed it out; `expiresIn` in seconds. */
export interface Minted {
  readonly value: string;
  readonly expiresIn: number;
}

/**
 * How a credential's value is got from WeChat. `force` asks for a new value although the old one still has life
 * (only the stable token knows the difference; a classic mint always makes a new one). Throws WeChatError.
 */
export type Mint = (account: Account, options: { force: boolean }) => Promise<Minted>;

/** Mints the global access token, in the account's mode. */
export function accessTokenMint(wechat: WeChatClient, secrets: SecretStore): Mint {
  return async (account, { force }) => {
    const { appSecret } = await secrets.get(account.account);
    const identity = { appId: account.account, secret: appSecret };
    const { accessToken, expiresIn } = await wechat.send(
      account.mode === 'stable' ? mintStableToken({ ...identity, forceRefresh: force }) : mintToken(identity),
    );
    return { value: accessToken, expiresIn };
  };
}
