import type { Context } from 'aws-lambda';
import type { HttpEvent } from '../../functions/http.ts';
import type { Route } from '../../functions/route.ts';

/** What a test says of a request; the rest of the event is as API Gateway sends it. */
export interface RequestInit {
  /** Values for the `{names}` in the route's path. */
  readonly path?: Readonly<Record<string, string>>;
  /** The query, as pairs or as the text after the question mark. */
  readonly query?: Readonly<Record<string, string>> | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  /** The path as it is sent, in the place of the route's. */
  readonly rawPath?: string;
  /** Default: that of the route, or GET where it takes any. */
  readonly method?: 'GET' | 'POST';
  /** Text and bytes as they are, anything else as JSON with its content type. */
  readonly body?: unknown;
  /** API Gateway's id of the request. @default 'test-request' */
  readonly requestId?: string;
}

/** An API Gateway event (HTTP API, payload format 2.0) for a route. */
export function httpEvent(route: Route, init: RequestInit = {}, authorizerContext?: unknown): HttpEvent {
  const { path: pathParameters = {}, query = '', cookies, body, requestId = 'test-request' } = init;
  const routePath = route.path.replace(/\{(\w+)(\+?)\}/g, (_, name: string, rest: string) =>
    rest === '+' ? (pathParameters[name] ?? '') : encodeURIComponent(pathParameters[name] ?? ''),
  );
  const { rawPath = routePath } = init;
  const method = init.method ?? (route.method === 'ANY' ? 'GET' : route.method);
  const isBytes = body instanceof Uint8Array;
  const isJson = body !== undefined && typeof body !== 'string' && !isBytes;
  const routeKey = `${route.method} ${route.path}`;
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: typeof query === 'string' ? query : new URLSearchParams(query).toString(),
    headers: { ...(isJson && { 'content-type': 'application/json' }), ...init.headers },
    pathParameters: { ...pathParameters },
    ...(cookies && { cookies: [...cookies] }),
    ...(body !== undefined && {
      body: isBytes
        ? Buffer.from(body).toString('base64')
        : typeof body === 'string'
          ? body
          : JSON.stringify(body),
    }),
    isBase64Encoded: isBytes,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 0,
      ...(authorizerContext !== undefined && { authorizer: { lambda: authorizerContext } }),
    },
  };
}

/** The second argument of a handler. The callbacks of its type are gone from the runtime since Node 24. */
export const lambdaContext = {
  awsRequestId: 'test-invocation',
  functionName: 'test',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
  memoryLimitInMB: '512',
  logGroupName: 'test',
  logStreamName: 'test',
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => 29_000,
} as Context;
