/**
 * One call to WeChat, as a value: what to send, and how to read the answer. Made by the functions of this folder,
 * carried out by the client of `client.ts`.
 */
export interface WeChatCall<T> {
  /** The path, such as `/cgi-bin/user/get`: what logs and ledgers name, as the rest of the URL is secret. */
  readonly api: string;
  /** What WeChat limits it by, where that is not the API as a whole. @default the API */
  readonly quota?: string;
  readonly method: 'GET' | 'POST';
  /** The query, in the order in which it is sent. */
  readonly query: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /**
   * Whether sending it again is harmless when it is unclear what became of the first. The client repeats only
   * such calls.
   */
  readonly idempotent: boolean;
  /** The values in the call that must never be printed. */
  readonly secrets: readonly string[];
  /** Reads an answer without errcode. Throws WeChatUnreachableError (`unexpected_shape`), naming the field. */
  readonly parse: (answer: unknown) => T;
}
