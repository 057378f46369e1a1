import type { WeChatCall } from './call.ts';
import { WeChatApiError } from './errors.ts';

/** A caller's own request, sent to WeChat as it came, but for the token in it. */
export interface PassedCall<T> extends Pick<WeChatCall<T>, 'api' | 'quota' | 'method' | 'secrets'> {
  /** Never sent again by the client: what a caller asks for may be anything. */
  readonly idempotent: false;
  /** Path and query, byte for byte as they are sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with its length. */
  readonly body: Uint8Array;
  /** Takes any answer, before it is looked at for an errcode. */
  readonly read: (answer: PassedAnswer) => T;
}

/** Whatever the client can send. */
export type AnyCall<T> = WeChatCall<T> | PassedCall<T>;

/** Sends a passed call within limits, and says how its answer is read. */
export type PassOn = <T>(
  baseUrl: string,
  call: PassedCall<T>,
  limits: { readonly deadlineMs: number; readonly maxBodyBytes: number },
) => Promise<{ readonly status: number; readonly read: () => T }>;

/** An answer as it came. */
export interface PassedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The body as it reads: decompressed, where it came compressed. */
  readonly plain: Uint8Array;
}

/** WeChat answered a passed call with an errcode other than 0. */
export class PassedApiError extends WeChatApiError {
  /** For the caller, whose business the errcode is. */
  readonly answer: PassedAnswer;

  constructor(
    call: PassedCall<unknown>,
    { errcode, errmsg, answer }: { errcode: number; errmsg: string; answer: PassedAnswer },
  ) {
    super({ api: call.api, errcode, errmsg, secrets: call.secrets });
    this.answer = answer;
  }
}

/** What WeChat answered where that was an errcode. Any other error is thrown again. */
export function answerOf(error: unknown): PassedAnswer {
  if (error instanceof PassedApiError) return error.answer;
  throw error;
}
