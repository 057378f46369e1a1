import type { Account } from '../accounts/accounts.ts';
import type { UsageMeter } from '../usage/meter.ts';
import type { WeChatCall } from '../wechat/call.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { parseGlobalAccessToken, type GlobalAccessToken } from '../wechat/tokens.ts';
import type { UsableCredential } from './credential.ts';
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
   * Sends the call that `build` makes from the token. If WeChat rejects the token, sends it again with its
   * replacement; a rejection of that is thrown.
   */
  async send<T>(account: Account, build: (token: GlobalAccessToken) => WeChatCall<T>): Promise<T> {
    return (await this.sendWith(account, build)).answer;
  }

  /** The same, telling the generation of the token that WeChat accepted. `byHand` is as for {@link UsageMeter.send}. */
  async sendWith<T>(
    account: Account,
    build: (token: GlobalAccessToken) => WeChatCall<T>,
    { byHand = false } = {},
  ): Promise<{ answer: T; generation: number }> {
    const sendAs = async ({ value, generation }: UsableCredential) => ({
      answer: await this.#meter.send(account, build(parseGlobalAccessToken(value)), { byHand }),
      generation,
    });
    const remembered = await this.#reader.get(account.account);
    const first = await unlessRejected(sendAs(remembered));
    if (first) return first;
    // What was remembered may be a former token. Its being rejected says nothing about the present one.
    const present = await this.#reader.getStored(account.account);
    if (present.generation !== remembered.generation) {
      const second = await unlessRejected(sendAs(present));
      if (second) return second;
    }
    return sendAs(await this.#reader.replacement(account.account, present.generation));
  }
}

/** Undefined where WeChat rejected the token of the call. */
async function unlessRejected<T>(sending: Promise<T>): Promise<T | undefined> {
  try {
    return await sending;
  } catch (error) {
    if (error instanceof WeChatApiError && error.kind === 'token_rejected') return undefined;
    throw error;
  }
}
