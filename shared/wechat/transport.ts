import type { IncomingMessage, RequestOptions } from 'node:http';
import * as https from 'node:https';
import { readBody } from '../platform/read-body.ts';
import { systemCode } from '../platform/system-code.ts';
import { WeChatUnreachableError, type UnreachableReason } from './errors.ts';

/** An answer as it came, decoded as UTF-8 (without a byte order mark; bytes that are none become U+FFFD). */
export interface TextResponse {
  readonly status: number;
  /** Empty unless the status is 2xx. */
  readonly text: string;
}

/** A request as it is sent. */
export interface RequestParts {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** How a request is sent. Redirects are not followed. */
export type Send = (url: string, request: RequestParts, signal: AbortSignal) => Promise<IncomingMessage>;

/**
 * Straight to WeChat. The connection serves one request: one that died while a Lambda environment was frozen looks alive,
 * and a one-time code or a classic mint sent into it comes to an unclear end.
 */
const sendDirectly: Send = (url, { body, ...parts }, signal) =>
  sendRequest(url, { ...parts, agent: false, signal }, body);

/**
 * Sends a request, and resolves once the head of its answer is there. It rejects, or the answer breaks off with the
 * fault, as soon as something is wrong or the signal comes. Node.js's `fetch` does the same with more than twice the work
 * for the first call of a process.
 */
export function sendRequest(
  url: string,
  options: RequestOptions & { readonly signal: AbortSignal },
  body?: string | Uint8Array,
): Promise<IncomingMessage> {
  const { request } = url.startsWith('https:') ? https : plainHttp();
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted();
    // A request that waits for its tunnel through a proxy does not see the signal.
    options.signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    const sent = request(url, options, (answer) => {
      // The answer itself would only say that it was cut off.
      sent.on('error', (error) => answer.destroy(error));
      resolve(answer);
    });
    sent.on('error', reject);
    // Given all at once, a body goes out with Content-Length; WeChat answers 412 to a chunked one.
    sent.end(body);
  });
}

/** Node.js's `node:http`. Importing it would load the whole of `fetch`, since an import reads every export. */
// eslint-disable-next-line no-restricted-globals -- No part of the environment is read.
export const plainHttp = () => process.getBuiltinModule('node:http');

/**
 * Fetches a text within a deadline that covers the body, and takes in no more than `maxBodyBytes` of it. The
 * content type is ignored, as sns answers are `text/plain`. Redirects are not followed, since the query holds
 * secrets. Throws {@link WeChatUnreachableError}, which says nothing of the URL.
 */
export async function fetchText(request: {
  readonly api: string;
  readonly url: string;
  readonly parts: RequestParts;
  readonly deadlineMs: number;
  readonly maxBodyBytes: number;
  /** @default straight */
  readonly send?: Send | undefined;
}): Promise<TextResponse> {
  const { api, send = sendDirectly } = request;
  const signal = AbortSignal.timeout(request.deadlineMs);
  let status: number | undefined;
  try {
    const answer = await send(request.url, request.parts, signal);
    status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) {
      answer.destroy();
      return { status, text: '' };
    }
    const bytes = await readBody(answer, request.maxBodyBytes);
    if (bytes === undefined) throw new WeChatUnreachableError({ api, reason: 'too_large', status });
    return { status, text: new TextDecoder().decode(bytes) };
  } catch (error) {
    throw unreachable(error, { api, status, signal });
  }
}

/** What went wrong on the way, without the words of the platform, which may hold an address. */
export function unreachable(
  error: unknown,
  { api, status, signal }: { api: string; status: number | undefined; signal: AbortSignal },
): WeChatUnreachableError {
  if (error instanceof WeChatUnreachableError) return error;
  const fault = systemCode(error);
  const reason = signal.aborted ? 'timeout' : reasonOf(fault);
  return new WeChatUnreachableError({
    api,
    reason,
    status,
    fault: reason === 'timeout' ? undefined : fault,
  });
}

const REASON_OF_FAULT: Readonly<Record<string, UnreachableReason | undefined>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  // The proxy did not let the request through: nothing was sent to WeChat.
  ERR_PROXY_TUNNEL: 'refused',
};

function reasonOf(fault: string | undefined): UnreachableReason {
  if (fault === undefined) return 'network';
  // OpenSSL's words for a certificate that it does not accept.
  if (/CERT|^UNABLE_TO_/u.test(fault)) return 'tls';
  return REASON_OF_FAULT[fault] ?? 'network';
}
