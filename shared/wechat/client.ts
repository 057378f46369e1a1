import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import type { WeChatCall } from './call.ts';
import { WeChatApiError, WeChatError, WeChatUnreachableError } from './errors.ts';
import { parseLenientJson } from './json.ts';
import type { AnyCall, PassOn } from './passed-call.ts';
import { fetchText, type RequestParts, type Send } from './transport.ts';

/** What a client does: one method, so that a use case can be given any other sender. */
export interface WeChatClient {
  /**
   * Carries out a call. Throws {@link WeChatApiError} where WeChat answered an errcode, and
   * {@link WeChatUnreachableError} where no usable answer came.
   */
  send<T>(call: AnyCall<T>, options?: SendOptions): Promise<T>;
}

/** How one call is sent. */
export interface SendOptions {
  /** When the call must be over with all its attempts, in Unix seconds. @default never */
  readonly until?: number | undefined;
  /** Told right before each attempt is sent. Must not throw. */
  readonly onSend?: (() => void) | undefined;
}

/** One attempt at a call, for logs and ledgers. Holds no secret. */
export interface Attempt {
  /** The path of the API. */
  readonly api: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds from the request to the end of the answer. */
  readonly ms: number;
  /** The HTTP status, where one came back. */
  readonly status?: number;
  /** The errcode, where one other than 0 came back. */
  readonly errcode?: number;
  /** The `code` of the error, where the attempt failed. */
  readonly code?: string;
}

/** How a client behaves. */
export interface WeChatClientOptions {
  /** `https://api.weixin.qq.com`, or where the simulator is. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Milliseconds for one attempt, from connecting to the last byte. @default 5000 */
  readonly deadlineMs?: number;
  /** Attempts at an idempotent call. @default 3 */
  readonly attempts?: number;
  /** Numbers in [0, 1) for the waits between attempts. @default Math.random */
  readonly random?: () => number;
  /** The longest answer taken in, in bytes. @default 8 MiB */
  readonly maxBodyBytes?: number;
  /** @default straight to WeChat. {@link sendThrough} goes through a proxy. */
  readonly send?: Send | undefined;
  /** Sends passed calls, in the one client that takes any: pass-on.ts. */
  readonly passOn?: PassOn | undefined;
  /** The fixed address that WeChat sees of this client, where it has one: advice on allow-lists names it. */
  readonly ownAddress?: string | undefined;
  /** Told of every attempt once it is over. Must not throw. */
  readonly onAttempt?: (attempt: Attempt) => void;
}

const FIRST_WAIT_SECONDS = 0.5;
const LONGEST_WAIT_SECONDS = 4;

/**
 * Makes the one thing that talks to WeChat. An idempotent call is repeated, after a wait with full jitter, when
 * WeChat was busy (-1) or the way to it failed; quotas and every other errcode are left to the caller. Throws
 * TypeError for a base URL that is none.
 */
export function createWeChatClient(options: WeChatClientOptions): WeChatClient {
  const {
    clock,
    deadlineMs = 5000,
    attempts = 3,
    random = Math.random,
    maxBodyBytes = 8 * 1024 * 1024,
    onAttempt,
  } = options;
  const baseUrl = parseBaseUrl(options.baseUrl);

  async function attemptOnce<T>(
    call: AnyCall<T>,
    attempt: number,
    { msLeft, onSend }: { msLeft: number; onSend: SendOptions['onSend'] },
  ): Promise<T> {
    const started = performance.now();
    let status: number | undefined;
    let failure: WeChatError | undefined;
    try {
      if (msLeft <= 0) throw new WeChatUnreachableError({ api: call.api, reason: 'late' });
      onSend?.();
      const limits = { deadlineMs: Math.min(deadlineMs, msLeft), maxBodyBytes };
      const response = await exchange(call, { ...options, ...limits, baseUrl });
      status = response.status;
      return response.read();
    } catch (error) {
      if (error instanceof WeChatError) failure = error;
      throw error;
    } finally {
      const ms = Math.round(performance.now() - started);
      onAttempt?.({ api: call.api, attempt, ms, ...endingOf(status, failure) });
    }
  }

  return {
    async send(call, { until = Number.POSITIVE_INFINITY, onSend } = {}) {
      for (let attempt = 1; ; attempt++) {
        try {
          const msLeft = (until - clock.now()) * 1000;
          return await attemptOnce(call, attempt, { msLeft, onSend });
        } catch (error) {
          if (attempt >= attempts || !call.idempotent || !passesSoon(error)) throw error;
          const bound = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (attempt - 1));
          await clock.sleep(random() * bound);
          if (clock.now() >= until) throw error;
        }
      }
    },
  };
}

interface Exchange extends Pick<WeChatClientOptions, 'baseUrl' | 'send' | 'passOn' | 'ownAddress'> {
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
}

/** Sends a call, and says how its answer is read. */
async function exchange<T>(
  call: AnyCall<T>,
  { baseUrl, deadlineMs, maxBodyBytes, send, passOn, ownAddress }: Exchange,
): Promise<{ status: number; read: () => T }> {
  const { api } = call;
  if ('target' in call) {
    if (!passOn) throw new TypeError('This client passes no calls on.');
    return passOn(baseUrl, call, { deadlineMs, maxBodyBytes });
  }
  const parts = partsOf(call);
  const response = await fetchText({ api, url: urlOf(baseUrl, call), parts, deadlineMs, maxBodyBytes, send });
  return { status: response.status, read: () => readResponse(call, response, ownAddress) };
}

/** How an attempt ended: with a status, with what WeChat says is wrong, or without either. */
function endingOf(
  received: number | undefined,
  failure: WeChatError | undefined,
): Pick<Attempt, 'status' | 'errcode' | 'code'> {
  const status = failure instanceof WeChatUnreachableError ? (failure.status ?? received) : received;
  return {
    ...(status !== undefined && { status }),
    ...(failure instanceof WeChatApiError && { errcode: failure.errcode }),
    ...(failure && { code: failure.code }),
  };
}

function parseBaseUrl(baseUrl: string): string {
  const protocol = URL.parse(baseUrl)?.protocol;
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('The WeChat base URL is not a URL.');
  return baseUrl.replace(/\/+$/u, '');
}

function urlOf(baseUrl: string, call: WeChatCall<unknown>): string {
  const query = new URLSearchParams(call.query).toString();
  return `${baseUrl}${call.api}${query === '' ? '' : `?${query}`}`;
}

function partsOf(call: WeChatCall<unknown>): RequestParts {
  const headers = { connection: 'close' };
  if (call.body === undefined) return { method: call.method, headers };
  return {
    method: call.method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(call.body),
  };
}

/** Whether the client itself may try again. A quota would only be spent further by that. */
function passesSoon(error: unknown): boolean {
  if (error instanceof WeChatApiError) return error.kind === 'busy';
  return error instanceof WeChatUnreachableError && error.retryable;
}

/** errcode is present with 0 on some successes, absent on others, and has been seen as text. */
export const errorSchema = z.object({
  errcode: z.union([z.int(), z.pipe(z.string().check(z.regex(/^-?\d{1,9}$/u)), z.transform(Number))]),
  errmsg: z.optional(z.unknown()),
});

function readResponse<T>(
  call: WeChatCall<T>,
  response: { status: number; text: string },
  ownAddress: string | undefined,
): T {
  const { api } = call;
  const { status } = response;
  if (status < 200 || status > 299) throw new WeChatUnreachableError({ api, reason: 'http_status', status });
  if (response.text.trim() === '') throw new WeChatUnreachableError({ api, reason: 'empty_body', status });
  let answer: unknown;
  try {
    answer = parseLenientJson(response.text);
  } catch {
    // Without its cause: a syntax error quotes the text around it, which may be a token.
    throw new WeChatUnreachableError({ api, reason: 'not_json', status });
  }
  const { data: failed } = errorSchema.safeParse(answer);
  if (failed !== undefined && failed.errcode !== 0) {
    const errmsg = typeof failed.errmsg === 'string' ? failed.errmsg : '';
    throw new WeChatApiError({ api, errcode: failed.errcode, errmsg, secrets: call.secrets, ownAddress });
  }
  return call.parse(answer);
}
