import * as z from 'zod/mini';
import type { Scope } from '../shared/accounts/api-keys.ts';
import type { ProblemCode } from '../shared/platform/errors.ts';

/** Who may call a route. `key` is an API key with the scope; `session` is a user logged in through WeChat. */
export type Access =
  | { readonly who: 'anyone' }
  | { readonly who: 'key'; readonly scope: Scope }
  /** `orNobody`: who is not logged in may call it just as well. */
  | { readonly who: 'session'; readonly orNobody?: true }
  | { readonly who: 'key-or-session'; readonly scope: Scope }
  /** An SDK of WeChat's, which has its credential in the query or the body, where no authorizer sees it. */
  | { readonly who: 'sdk'; readonly gives: string };

/** One documented answer of a route. */
export interface Answer {
  readonly description: string;
  readonly contentType?: string;
  /** Another type of text that the same answer can have. */
  readonly orContentType?: string;
  readonly schema?: z.ZodMiniType;
}

/**
 * One HTTP route. The CDK stack, the local gateway, the handlers' input checks and the OpenAPI document are all made
 * from what it says.
 */
export interface Route {
  /** `ANY` is whatever method no other route of the path has. */
  readonly method: 'GET' | 'POST' | 'DELETE' | 'ANY';
  /** API Gateway's path syntax: `{name}` is one segment, and `{name+}` the rest of the path. */
  readonly path: string;
  /** The entry point, as a path below `functions/` without its ending. */
  readonly entry: string;
  readonly access: Access;
  readonly summary: string;
  /**
   * `person` when a browser shows the answer: errors are then pages that a person can read. `sdk` when it is for an SDK of
   * WeChat's: errors are then errcodes, with status 200.
   */
  readonly audience: 'program' | 'person' | 'sdk';
  /**
   * Query parameters; unknown ones are refused unless `looseQuery` says that a third party may add some. WeChat does, to
   * any link that people share in a chat, such as `from=singlemessage&isappinstalled=0`.
   */
  readonly query: z.ZodMiniObject;
  readonly looseQuery?: true;
  /** JSON body; `none` where the route takes none. */
  readonly body: z.ZodMiniObject;
  /** The most bytes of a JSON body. Default: 256 KiB. */
  readonly maxBodyBytes?: number;
  /** A body that is not JSON, as its media type: the handler gets its text, up to 64 KiB. `body` is `none` then. */
  readonly rawBody?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /**
   * Codes of the problems that it answers, beside those that follow from its access, its input and what it asks for
   * (functions/openapi/problem-codes.ts). The test kit refuses an answer whose code is in neither.
   */
  readonly problems?: readonly ProblemCode[];
  /** Whether it needs a token or a ticket, or even calls WeChat with the token: the problems of either follow. */
  readonly asksFor?: 'credential' | 'wechat';
  /**
   * Of the requests that the API takes, the share in percent that this route takes at most, where anybody may call it and
   * each call reads or writes something. What a page calls for every visitor has none, nor what WeChat pushes to: a limit
   * is for all callers together. A route that has had one keeps one, and is not taken away with it (test/cdk/stack.test.ts).
   */
  readonly throttlePercent?: number;
}

/** No parameters, or no body. */
export const none = z.object({});

/** A whole number that travels as text. */
export function wholeNumber(minimum: number, maximum: number): z.ZodMiniType<number> {
  return z.coerce.number().check(z.int(), z.minimum(minimum), z.maximum(maximum));
}

/** A yes or no that travels as text. */
export const trueOrFalse = z.optional(z.enum(['true', 'false']));

/** To a caller whose `If-None-Match` names the answer it would get. */
export const notModified: Answer = {
  description: 'What the caller has is still so: `If-None-Match` named its `ETag`.',
};
