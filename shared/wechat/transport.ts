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

/** How a request is sent: what is needed here of the platform's `fetch`. Redirects are not followed. */
export type Send = (url: string, request: RequestParts, signal: AbortSignal) => Promise<Response>;

const sendDirectly: Send = (url, request, signal) => fetch(url, { ...request, redirect: 'manual', signal });

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
    const response = await send(request.url, request.parts, signal);
    status = response.status;
    if (!response.ok) {
      await response.body?.cancel();
      return { status, text: '' };
    }
    const bytes = await readBody(response.body, request.maxBodyBytes);
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
  // The connection was never made.
  UND_ERR_CONNECT_TIMEOUT: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
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
