import type { Account } from '../accounts/accounts.ts';
import type { MeterOptions, UsageMeter } from '../usage/meter.ts';
import type { WeChatCall } from '../wechat/call.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import { parseGlobalAccessToken, type GlobalAccessToken } from '../wechat/tokens.ts';
import type { UsableCredential } from './credential.ts';
import type { CredentialReader } from './reader.ts';

/** What WeChat answered, and the generation of the token that it accepted. */
export interface Answered<T> {
  readonly answer: T;
  readonly generation: number;
}

/** Sends calls that need the global access token. */
export class AccountCalls {
  readonly #reader: CredentialReader;
  readonly #meter: UsageMeter;

  constructor(reader: CredentialReader, meter: UsageMeter) {
    this.#reader = reader;
    this.#meter = meter;
  }

  /**
   * Sends the call that `build` makes from the token. If WeChat rejects the token, sends it again: with its
   * replacement, or with the same one where WeChat, asked again, accepts it. A rejection of that is thrown.
   */
  async send<T>(account: Account, build: (token: GlobalAccessToken) => WeChatCall<T>): Promise<T> {
    return (await this.sendWith(account, build)).answer;
  }

  /** The same, telling the generation of the token that WeChat accepted. */
  async sendWith<T>(
    account: Account,
    build: (token: GlobalAccessToken) => WeChatCall<T>,
    options: MeterOptions = {},
  ): Promise<Answered<T>> {
    const reader = this.#reader;
    const { appId } = account;
    let sentAt = 0;
    const onSend = () => {
      sentAt = reader.moment();
    };
    const sendAs = async ({ value, generation }: UsableCredential) => ({
      answer: await this.#meter.send(account, build(parseGlobalAccessToken(value)), { ...options, onSend }),
      generation,
    });
    const remembered = await reader.get(appId);
    const first = await unlessRejected(sendAs(remembered));
    if (first) return first;
    // What was remembered may be a former token. Its being rejected says nothing about the present one.
    const present = await reader.getStored(appId);
    if (present.generation !== remembered.generation) {
      const second = await unlessRejected(sendAs(present));
      if (second) return second;
    }
    const { credential } = await reader.replacement(appId, present.generation, sentAt);
    return sendAs(credential);
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
