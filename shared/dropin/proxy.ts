import type { AccountCalls } from '../credentials/account-calls.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { usageOwner, type KeyUsage } from '../usage/key-usage.ts';
import { answerOf, PassedApiError, type PassedAnswer, type PassedCall } from '../wechat/passed-call.ts';
import type { Breaker } from './breaker.ts';
import type { Caller, Callers } from './callers.ts';
import { DropInError, toDropInError } from './errors.ts';
import type { SdkRequest } from './parameters.ts';
import { requireAllowed, requireServed } from './path.ts';
import { withPatience, type Waiting } from './patience.ts';
import { requireNoTokenInForm, tokenQueryOf } from './query.ts';

/** What calls are passed on with. */
export interface ProxyParts {
  readonly callers: Callers;
  readonly calls: AccountCalls;
  readonly breaker: Breaker;
  readonly usage: KeyUsage;
  readonly log: Log;
  readonly metrics: Metrics;
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
    const caller = await this.#parts.callers.byToken(query.token);
    requireNoTokenInForm(request.headers['content-type'], request.body);
    const { path } = request;
    try {
      requireServed(path);
      requireAllowed(path, caller.apiKey.paths);
      await this.#parts.usage.admit(caller.account, caller.apiKey);
      const answer = await this.#send(caller, request, (token) => `${path}?${query.with(token)}`);
      this.#note(caller, path, answer);
      return answer;
    } catch (error) {
      const errcode = error instanceof PassedApiError ? error.errcode : toDropInError(error).errcode;
      this.#note(caller, path, { errcode });
      return answerOf(error);
    }
  }

  async #send(
    caller: Caller,
    request: SdkRequest,
    targetWith: (token: string) => string,
  ): Promise<PassedAnswer> {
    const { usage, metrics, patienceMs } = this.#parts;
    const { account, apiKey } = caller;
    const counting: Promise<void>[] = [];
    const tokens = new Set<string>();
    const onSend = () => {
      metrics.put({ KeyCalls: 1 }, { Key: apiKey.keyId, account: account.appId });
      counting.push(usage.count(account, apiKey, request.path));
    };
    try {
      return await withPatience(patienceMs, async (waiting) => {
        const build = (token: string) => {
          waiting.sending();
          tokens.add(token);
          return passedCall(request, targetWith(encodeURIComponent(token)), token);
        };
        try {
          return await this.#pass(caller, request.path, build, { ...waiting, onSend });
        } catch (error) {
          // A new token that is rejected, too, was revoked in its turn. Nothing else makes a second round.
          if (!isRejection(error) || tokens.size === 1) throw error;
          waiting.rejected();
          return await this.#pass(caller, request.path, build, { ...waiting, onSend });
        }
      });
    } finally {
      await Promise.all(counting);
    }
  }

  #pass(
    { account, apiKey }: Caller,
    path: string,
    build: (token: string) => PassedCall<PassedAnswer>,
    { rejected, onSend }: Waiting & { onSend: () => void },
  ): Promise<PassedAnswer> {
    const { calls, breaker } = this.#parts;
    const owner = usageOwner(account, apiKey);
    return calls.pass(account, build, {
      onSend,
      onRejected: rejected,
      mayCheck: () => breaker.mayCheck(owner, path),
      onRefuted: (verdict) => {
        breaker.refuted(owner, path, verdict);
      },
    });
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

function isRejection(error: unknown): boolean {
  return error instanceof PassedApiError && error.kind === 'token_rejected';
}

/** Say what a body is, and what may come back. WeChat is told no other header of a caller's. */
const passedHeaders = ['content-type', 'accept'];

/**
 * The request with another target, which may hold a secret. What WeChat answers is then looked through for it: throws 48001
 * where it is in there.
 */
export function passedCall(
  { method, path, headers, body }: SdkRequest,
  target: string,
  secret?: string,
): PassedCall<PassedAnswer> {
  const passed = passedHeaders.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    api: path,
    method: method === 'POST' ? 'POST' : 'GET',
    idempotent: false,
    secrets: secret === undefined ? [] : [secret],
    target,
    headers: Object.fromEntries(passed),
    body,
    read: (answer) => (secret === undefined ? answer : withoutSecret(answer, secret)),
  };
}

function withoutSecret(answer: PassedAnswer, secret: string): PassedAnswer {
  const isIn = (text: string | Uint8Array) => Buffer.from(text).includes(secret);
  const headers = Object.values(answer.headers).filter((value) => value !== undefined);
  if ([answer.plain, ...headers].some(isIn)) throw new DropInError(48001, 'the answer holds a secret');
  return answer;
}
