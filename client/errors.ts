import type { components } from './api.ts';

/** A problem document (RFC 9457), as the service answers it. */
export type Problem = components['schemas']['Problem'];
/** The stable codes of problem documents. */
export type ProblemCode = components['schemas']['ProblemCode'];

/**
 * What the client says by itself. `network`: there was no answer. `aborted`: the caller's signal ended the call, and its
 * reason is the `cause`. `not_understood`: the answer was not the API's.
 * `http_<status>`: a refusal without a problem document, of a proxy say. `wx_config_failed` and `wx_not_ready`: the
 * JS-SDK could not be set up.
 */
export type ClientCode =
  'network' | 'aborted' | 'not_understood' | 'wx_config_failed' | 'wx_not_ready' | `http_${number}`;

/** Why a call failed. `code` is stable: tell users what to do by it, and by nothing else. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
  readonly code: ProblemCode | ClientCode;
  /** The status of the answer, where there was one. */
  readonly status: number | undefined;
  /** Seconds after which trying again makes sense, where that is known. */
  readonly retryAfter: number | undefined;
  /** The whole problem document, where there is one: `parameter`, `errcode`, `partial` and the like. */
  readonly problem: Problem | undefined;

  constructor(
    code: ProblemCode | ClientCode,
    about: {
      readonly status?: number | undefined;
      readonly retryAfter?: number | undefined;
      readonly problem?: Problem | undefined;
      readonly detail?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    const { status, retryAfter, problem, detail = problem?.detail ?? problem?.title, cause } = about;
    super(detail === undefined ? code : `${code}: ${detail}`);
    // The types of older browsers know no cause.
    if (cause !== undefined) Object.assign(this, { cause });
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
    this.problem = problem;
  }

  /** Whether the visitor has to log in, or to log in again: send the browser to `loginUrl`. */
  get needsLogin(): boolean {
    return this.code === 'session_missing' || this.code === 'session_expired';
  }
}

/** The error of a call that the caller's signal has ended. */
export function abortedBy({ reason }: AbortSignal): KeyringError {
  return new KeyringError('aborted', { cause: reason });
}

/** Throws that error once the signal has ended. */
export function heed(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted === true) throw abortedBy(signal);
}

/** The error of an answer that is none of success. `body` is its parsed JSON, or else its text. */
export function errorOf(response: Response, body: unknown): KeyringError {
  const { status } = response;
  const problem = isProblem(body) ? body : undefined;
  return new KeyringError(problem?.code ?? `http_${status}`, {
    status,
    problem,
    retryAfter: problem?.retryAfter ?? retryAfterOf(response),
  });
}

/** What `Retry-After` says in seconds. A date, which this service does not send, counts as nothing. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const given = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(given) ? Number(given) : undefined;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string';
}
