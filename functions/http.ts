import { createHash } from 'node:crypto';
import middy, { type MiddlewareObj, type Request as MiddyRequest } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { isAllowedOrigin } from '../shared/http/allowed-address.ts';
import type { Account, AccountDirectory } from '../shared/accounts/accounts.ts';
import { problemOf, toKeyringError } from '../shared/http/problem.ts';
import { KeyringError, serviceBusy } from '../shared/platform/errors.ts';
import { withRequestId } from '../shared/platform/request-id.ts';
import { keyContext, requireScope, type KeyHolder } from './access.ts';
import { parseBody, parseQuery, readRawBody } from './input.ts';
import { accountsOf, tablesOf } from './parts.ts';
import type { Route } from './route.ts';
import type { LambdaHandler, Runtime } from './runtime.ts';

/** API Gateway's event; `authorizer` is there on routes behind the authorizer. */
export interface HttpEvent extends APIGatewayProxyEventV2 {
  readonly requestContext: APIGatewayProxyEventV2['requestContext'] & {
    readonly authorizer?: { readonly lambda?: unknown };
  };
}

export type HttpResult = APIGatewayProxyStructuredResultV2;
export type HttpHandler = LambdaHandler<HttpEvent, HttpResult>;

/** A request whose parameters and body are what the route's schemas say. */
export interface Request<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject> {
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** The text of the body, where the route takes one that is not JSON. */
  readonly rawBody: string;
  /** When the function was called, as `performance.now()` counts. */
  readonly startedAt: number;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[] | undefined;
  /** The origin of the page that calls, where a browser names one and it is not the API's own. */
  readonly foreignOrigin: string | undefined;
  /** The holder of the API key, where the route takes one and one with the route's scope was given. */
  readonly keyHolder: KeyHolder | undefined;
}

/** A request to a route below `/v1/accounts/{account}`. */
export type AccountRequest<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject> = Request<
  Query,
  Body
> & { readonly account: Account };

/** A route for that audience, whose input is of these schemas. */
export type RouteFor<Audience extends Route['audience'], Query, Body> = Route & {
  readonly audience: Audience;
  readonly query: Query;
  readonly body: Body;
};

/** How a fault is told, but for the headers that say what to do about it. */
export type FaultAnswer = (error: KeyringError, event: HttpEvent) => HttpResult | Promise<HttpResult>;

/**
 * A handler for a route that programs call: checks access and input, sends what `answer` returns, and turns faults into
 * problem documents. For people there is `pageHandler` in pages.ts.
 */
export function httpHandler<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  runtime: Runtime,
  route: RouteFor<'program', Query, Body>,
  answer: (request: Request<Query, Body>) => Promise<HttpResult>,
): HttpHandler {
  return routeHandler(runtime, route, answer, problemDocument);
}

/** The same for a route below `/v1/accounts/{account}`, with the account. */
export function accountHandler<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  runtime: Runtime,
  route: RouteFor<'program', Query, Body>,
  answer: (request: AccountRequest<Query, Body>) => Promise<HttpResult>,
): HttpHandler {
  const accounts = accountsOf(runtime, tablesOf(runtime));
  return routeHandler(runtime, route, withAccount(route, accounts, answer), problemDocument);
}

/** A handler for a route of either audience, which tells faults as `faultAnswer` does. */
export function routeHandler<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  runtime: Runtime,
  route: RouteFor<Route['audience'], Query, Body>,
  answer: (request: Request<Query, Body>) => Promise<HttpResult>,
  faultAnswer: FaultAnswer,
): HttpHandler {
  const handler = middy<HttpEvent, HttpResult>({ timeoutEarlyInMillis, timeoutEarlyResponse })
    .use(safeHeaders())
    .use(notModified())
    .use(faults(runtime, faultAnswer))
    .handler(async (event) => {
      const startedAt = performance.now();
      const keyHolder = requireAccess(route, event);
      const query = parseQuery(route.query, event.rawQueryString, route.looseQuery ?? false);
      const body = parseBody(route.body, event, route.maxBodyBytes);
      const rawBody = route.rawBody === undefined ? '' : readRawBody(event);
      return answer({
        startedAt,
        query,
        body,
        rawBody,
        keyHolder,
        path: event.pathParameters ?? {},
        cookies: event.cookies,
        foreignOrigin: foreignOriginOf(event),
      });
    });
  return measured(runtime, handler);
}

/** So long before its function is ended a request is answered that is not done: time to write the answer. */
const timeoutEarlyInMillis = 1000;

function timeoutEarlyResponse(): never {
  throw serviceBusy('The request took too long.');
}

/** Counts and times the answers of each route, and has what is logged meanwhile bear the id of the request. */
export function measured({ metrics }: Runtime, handler: HttpHandler): HttpHandler {
  return async (event, context) => {
    const startedAt = performance.now();
    const result = await withRequestId(event.requestContext.requestId, () => handler(event, context));
    const { statusCode: status = 200 } = result;
    metrics.put(
      {
        Latency: Math.round(performance.now() - startedAt),
        ...(status >= 400 && status < 500 && { ClientErrors: 1 }),
        ...(status >= 500 && { ServerErrors: 1 }),
      },
      { Route: event.routeKey, status },
    );
    return result;
  };
}

/** Finds the account that the path names, and checks that the caller may use it. */
export function withAccount<Query extends z.ZodMiniObject, Body extends z.ZodMiniObject>(
  route: Route,
  accounts: AccountDirectory,
  answer: (request: AccountRequest<Query, Body>) => Promise<HttpResult>,
): (request: Request<Query, Body>) => Promise<HttpResult> {
  return async (request) => {
    const account = await accounts.find(request.path['account'] ?? '');
    request.keyHolder?.requireAccount(account);
    if (request.keyHolder === undefined) requireOwnPage(route, account, request.foreignOrigin);
    return answer({ ...request, account });
  };
}

/** The caller's key where the route takes one. Changing calls by session need a header no foreign form can send. */
function requireAccess({ access, method }: Route, event: HttpEvent): KeyHolder | undefined {
  const bySession = access.who === 'session' || access.who === 'key-or-session';
  if (bySession && method !== 'GET' && event.headers['x-keyring-csrf'] === undefined) {
    throw new KeyringError('csrf_header_missing');
  }
  if (access.who === 'anyone' || access.who === 'session' || access.who === 'sdk') return undefined;
  const context = keyContext(event.requestContext.authorizer?.lambda);
  if (access.who === 'key-or-session' && context.key === 'missing') return undefined;
  return requireScope(context, access.scope);
}

/**
 * Pages use a session from the account's own origins only. API Gateway's CORS knows one list for all accounts, and
 * does not keep a request from being carried out.
 */
function requireOwnPage({ access }: Route, account: Account, foreignOrigin: string | undefined): void {
  if (access.who !== 'session' && access.who !== 'key-or-session') return;
  if (foreignOrigin === undefined || isAllowedOrigin(foreignOrigin, account.allowedOrigins)) return;
  throw new KeyringError('origin_not_allowed');
}

/** Browsers send both headers, and no script can set either. */
function foreignOriginOf({ headers }: HttpEvent): string | undefined {
  const { origin, host = '', 'x-forwarded-proto': scheme = 'https' } = headers;
  return origin === `${scheme}://${host}` ? undefined : origin;
}

export function json(statusCode: number, body: unknown): HttpResult {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/**
 * JSON that the caller may keep, but has to ask about each time: with the tag in `If-None-Match`, the answer is an empty
 * 304 while nothing has changed. `private`: it is for whoever holds the key or the session.
 */
export function taggedJson(body: unknown): HttpResult {
  const answer = json(200, body);
  const etag = `"${createHash('sha256')
    .update(answer.body ?? '')
    .digest('base64url')
    .slice(0, 27)}"`;
  return { ...answer, headers: { ...answer.headers, etag, 'cache-control': 'private, no-cache' } };
}

export function plainText(statusCode: number, body: string): HttpResult {
  return { statusCode, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

function problemDocument(error: KeyringError, { requestContext: { requestId } }: HttpEvent): HttpResult {
  return {
    statusCode: error.status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ ...problemOf(error), requestId }),
  };
}

/**
 * Answers with 304 what the caller has already.
 * https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */
function notModified(): MiddlewareObj<HttpEvent, HttpResult> {
  return {
    after: ({ event, response }) => {
      const etag = response?.headers?.['etag'];
      const known = event.headers['if-none-match'];
      if (!response || etag === undefined || known === undefined) return;
      const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      if (!tags.includes(String(etag)) && known.trim() !== '*') return;
      response.statusCode = 304;
      response.body = '';
      delete response.headers?.['content-type'];
    },
  };
}

/** Headers for every answer. What a route sets itself, such as caching of pictures, stays. */
export function safeHeaders(): MiddlewareObj<HttpEvent, HttpResult> {
  const add = (request: MiddyRequest<HttpEvent, HttpResult>) => {
    if (!request.response) return;
    request.response.headers = {
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      // API Gateway's CORS headers differ by origin.
      vary: 'Origin',
      'x-content-type-options': 'nosniff',
      ...request.response.headers,
    };
  };
  // middy runs onError from the last middleware to the first, so the fault's answer is there by then.
  return { after: add, onError: add };
}

/** Answers whatever is thrown, and logs what is the service's own fault. */
function faults({ clock, log }: Runtime, faultAnswer: FaultAnswer): MiddlewareObj<HttpEvent, HttpResult> {
  return {
    onError: async (request) => {
      const error = toKeyringError(request.error, clock.now());
      if (error.status >= 500) {
        const cause = error.cause instanceof Error ? error.cause : error;
        log.error('A request failed.', {
          route: request.event.routeKey,
          code: error.code,
          error: cause.name,
          stack: cause.stack,
        });
      }
      const { retryAfter } = error.extras;
      const result = await faultAnswer(error, request.event);
      if (retryAfter !== undefined) result.headers = { ...result.headers, 'retry-after': String(retryAfter) };
      if (error.status === 401) result.headers = { ...result.headers, 'www-authenticate': 'Bearer' };
      request.response = result;
    },
  };
}
