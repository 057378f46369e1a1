import type { Account } from '../accounts/accounts.ts';
import type { MeterOptions, UsageMeter } from '../usage/meter.ts';
import type { WeChatCall } from '../wechat/call.ts';
import { WeChatApiError } from '../wechat/errors.ts';
import type { AnyCall, PassedCall } from '../wechat/passed-call.ts';
import { parseGlobalAccessToken, type GlobalAccessToken } from '../wechat/tokens.ts';
import type { UsableCredential } from './credential.ts';
import type { CredentialReader } from './reader.ts';

/** What WeChat answered, and the generation of the token that it accepted. */
export interface Answered<T> {
  readonly answer: T;
  readonly generation: number;
}

/** What somebody whose calls are sent wants to know, or to say, of tokens that WeChat rejects. */
export interface Rejections extends Pick<MeterOptions, 'onSend'> {
  /** Told that WeChat rejected the token of a call, before anything is done about it. */
  readonly onRejected?: () => void;
  /** Whether WeChat may be asked about the token now. @default it may */
  readonly mayCheck?: () => boolean;
  /** Told that WeChat, asked again, accepts the token. Calls that were rejected together share one verdict. */
  readonly onRefuted?: (verdict: object) => void;
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
  sendWith<T>(
    account: Account,
    build: (token: GlobalAccessToken) => WeChatCall<T>,
    options: MeterOptions = {},
  ): Promise<Answered<T>> {
    return this.#send(account, build, options);
  }

  /** The same for a caller's own call, with a word of its in what is done about rejections. */
  async pass<T>(
    account: Account,
    build: (token: GlobalAccessToken) => PassedCall<T>,
    rejections: Rejections,
  ): Promise<T> {
    return (await this.#send(account, build, rejections)).answer;
  }

  async #send<T>(
    account: Account,
    build: (token: GlobalAccessToken) => AnyCall<T>,
    { onRejected, mayCheck, onRefuted, onSend: onSent, ...options }: MeterOptions & Rejections,
  ): Promise<Answered<T>> {
    const reader = this.#reader;
    const { appId } = account;
    let sentAt = 0;
    const onSend = () => {
      sentAt = reader.moment();
      onSent?.();
    };
    const sendAs = async ({ value, generation }: UsableCredential) => ({
      answer: await this.#meter.send(account, build(parseGlobalAccessToken(value)), { ...options, onSend }),
      generation,
    });
    const trySend = async (credential: UsableCredential) => {
      const sent = await unlessRejected(sendAs(credential));
      if (sent.rejection) onRejected?.();
      return sent;
    };
    // Meanwhile, since neither needs the other.
    this.#meter.prepare(appId);
    const remembered = await reader.get(appId);
    const first = await trySend(remembered);
    if (first.answered) return first.answered;
    let { rejection } = first;
    // What was remembered may be a former token. Its being rejected says nothing about the present one.
    const present = await reader.getStored(appId);
    if (present.generation !== remembered.generation) {
      const second = await trySend(present);
      if (second.answered) return second.answered;
      ({ rejection } = second);
    }
    if (mayCheck?.() === false) throw rejection;
    const verdict = await reader.replacement(appId, present.generation, sentAt);
    const { credential, unchecked } = verdict;
    if (unchecked === undefined && credential.generation === present.generation) onRefuted?.(verdict);
    return sendAs(credential);
  }
}

type Sent<T> =
  | { readonly answered: T; readonly rejection?: undefined }
  | { readonly answered?: undefined; readonly rejection: WeChatApiError };

/** What came of a call, be it that WeChat rejected its token. Any other fault is thrown. */
async function unlessRejected<T>(sending: Promise<T>): Promise<Sent<T>> {
  try {
    return { answered: await sending };
  } catch (error) {
    if (error instanceof WeChatApiError && error.kind === 'token_rejected') return { rejection: error };
    throw error;
  }
}
