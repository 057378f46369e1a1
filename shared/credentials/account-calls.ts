import type { Account } from '../accounts/accounts.ts';
import type { UsageMeter } from '../usage/meter.ts';
import type { WeChatCall } from '../wechat/call.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { parseGlobalAccessToken, type GlobalAccessToken } from '../wechat/tokens.ts';
import type { CredentialReader } from './reader.ts';

/** Sends calls that need the global access token. */
export class AccountCalls {
  readonly #reader: CredentialReader;
  readonly #meter: UsageMeter;

  constructor(reader: CredentialReader, meter: UsageMeter) {
    this.#reader = reader;
    this.#meter = meter;
  }

  /**
   * Sends the call that `build` makes from the token. If WeChat rejects the token, sends it once more with the
   * replacement; a second rejection is thrown.
   */
  async send<T>(account: Account, build: (token: GlobalAccessToken) => WeChatCall<T>): Promise<T> {
    return (await this.sendWith(account, build)).answer;
  }

  /** The same, telling the generation of the token that WeChat accepted. */
  async sendWith<T>(
    account: Account,
    build: (token: GlobalAccessToken) => WeChatCall<T>,
  ): Promise<{ answer: T; generation: number }> {
    const first = await this.#reader.get(account.account);
    try {
      return {
        answer: await this.#meter.send(account, build(parseGlobalAccessToken(first.value))),
        generation: first.generation,
      };
    } catch (error) {
      if (!(error instanceof WeChatApiError && error.kind === 'token_rejected')) throw error;
    }
    const { value, generation } = await this.#reader.replacement(account.account, first.generation);
    return { answer: await this.#meter.send(account, build(parseGlobalAccessToken(value))), generation };
  }
}
