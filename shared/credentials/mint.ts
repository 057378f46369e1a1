import type { Account } from '../accounts/accounts.ts';

/** A value as WeChat handed it out; `expiresIn` in seconds. A ticket names the token it was got with. */
export interface Minted {
  readonly value: string;
  readonly expiresIn: number;
  readonly tokenGeneration?: number | undefined;
}

export interface MintOptions {
  /**
   * Asks for a new value although the old one still has life. Only the stable token knows the difference; a classic mint
   * always makes a new one.
   */
  readonly force: boolean;
  /** A person asks, so that a quota that is taken for used up does not count. */
  readonly byHand: boolean;
  /** When all requests must have ended, in Unix seconds: the lease that they are made under does not last forever. */
  readonly until: number;
}

/** How a credential's value is got. Throws WeChatError, LenderError, KeyringError, or what reading the secret throws. */
export type Mint = (account: Account, options: MintOptions) => Promise<Minted>;

/** Gets an account's own credential from WeChat, and that of a borrowed account from the deployment that lends it. */
export function mintFrom(parts: { readonly wechat: Mint; readonly lender: Mint }): Mint {
  return (account, options) => (account.lender === undefined ? parts.wechat : parts.lender)(account, options);
}
