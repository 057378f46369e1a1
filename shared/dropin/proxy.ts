import type { AccountCalls } from '../credentials/account-calls.ts';
import type { Log } from '../platform/log.ts';
import { PassedApiError, type PassedAnswer, type PassedCall } from '../wechat/passed-call.ts';
import type { Breaker } from './breaker.ts';
import type { Caller, Callers } from './callers.ts';
import { DropInError, toDropInError } from './errors.ts';
import type { SdkRequest } from './parameters.ts';
import { requireAllowed, requireServed } from './path.ts';
import { withPatience } from './patience.ts';
import { requireNoTokenInForm, tokenQueryOf } from './query.ts';

/** What calls are passed on with. */
export interface ProxyParts {
  readonly callers: Callers;
  readonly calls: AccountCalls;
  readonly breaker: Breaker;
  readonly log: Log;
  /** How long a caller waits for a token, in milliseconds. */
  readonly patienceMs: number;
}

/** Passes SDKs' calls on, with the account's token in the place of the one that they were given. */
export class Proxy {
  readonly #parts: ProxyParts;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** WeChat's answer as it came, be it an errcode. Throws {@link DropInError}, and what has no place in WeChat's dialect. */
  async pass(request: SdkRequest): Promise<PassedAnswer> {
    const query = tokenQueryOf(request.query);
    requireNoTokenInForm(request.contentType, request.body);
    const caller = await this.#parts.callers.byToken(query.token);
    const { path } = request;
    try {
      requireServed(path);
      requireAllowed(path, caller.apiKey.paths);
      const answer = await this.#send(caller, request, (token) => `${path}?${query.with(token)}`);
      this.#note(caller, path, answer);
      return answer;
    } catch (error) {
      if (error instanceof PassedApiError) {
        this.#note(caller, path, { ...error.answer, errcode: error.errcode });
        return error.answer;
      }
      this.#note(caller, path, { errcode: toDropInError(error).errcode });
      throw error;
    }
  }

  #send(
    { account, apiKey: { keyId } }: Caller,
    request: SdkRequest,
    targetWith: (token: string) => string,
  ): Promise<PassedAnswer> {
    const { calls, breaker, patienceMs } = this.#parts;
    const { path } = request;
    return withPatience(patienceMs, ({ sending, rejected }) =>
      calls.pass(
        account,
        (token) => {
          sending();
          return passedCall(request, targetWith(encodeURIComponent(token)), token);
        },
        {
          onRejected: rejected,
          mayCheck: () => breaker.mayCheck(keyId, path),
          onRefuted: () => {
            breaker.refuted(keyId, path);
          },
        },
      ),
    );
  }

  #note(
    { account, apiKey: { keyId } }: Caller,
    api: string,
    { status, errcode }: { status?: number; errcode?: number },
  ): void {
    const about = { audit: true, keyId, account: account.appId, api, status, errcode } as const;
    this.#parts.log.info('A call was passed on.', about);
  }
}

/** The request with another target: of its headers only those that say what its body is and what may come back. */
export function passedCall(
  { method, path, contentType, accept, body }: SdkRequest,
  target: string,
  secret?: string,
): PassedCall<PassedAnswer> {
  return {
    api: path,
    method: method === 'POST' ? 'POST' : 'GET',
    idempotent: false,
    secrets: secret === undefined ? [] : [secret],
    target,
    headers: {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(accept !== undefined && { accept }),
    },
    body,
    read: (answer) => (secret === undefined ? answer : withoutSecret(answer, secret)),
  };
}

/** Throws 48001 for an answer that repeats the secret of its call. */
function withoutSecret(answer: PassedAnswer, secret: string): PassedAnswer {
  const isIn = (text: string | Uint8Array) => Buffer.from(text).includes(secret);
  const headers = Object.values(answer.headers).filter((value) => value !== undefined);
  if ([answer.body, ...headers].some(isIn)) throw new DropInError(48001, 'the answer holds a secret');
  return answer;
}
