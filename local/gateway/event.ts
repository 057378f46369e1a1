import type { APIGatewayEventRequestContextV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { IncomingMessage } from 'node:http';
import { accountId, region } from '../aws/service.ts';
import type { Match } from './routing.ts';

const apiId = 'local';

/** A request as the gateway has taken it apart. */
export interface GatewayRequest {
  readonly message: IncomingMessage;
  readonly match: Match;
  readonly path: string;
  /** Without its question mark, as it came. */
  readonly queryString: string;
  readonly body: Buffer;
  readonly requestId: string;
  /** When it came, in Unix seconds. */
  readonly at: number;
  /** Where callers reach the gateway. */
  readonly url: URL;
}

/** What the events for a function and for an authorizer have in common. */
interface CommonEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly cookies?: string[];
  readonly headers: Record<string, string>;
  readonly queryStringParameters?: Record<string, string>;
  readonly pathParameters?: Record<string, string>;
  readonly requestContext: APIGatewayEventRequestContextV2;
}

export type AuthorizerEvent = Omit<APIGatewayRequestAuthorizerEventV2, 'cookies'> & { cookies?: string[] };

export interface FunctionEvent extends CommonEvent {
  readonly requestContext: APIGatewayEventRequestContextV2 & {
    readonly authorizer?: { readonly lambda: unknown };
  };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** Between the client and the gateway; functions never see them. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

/**
 * Makes the event for a function: payload format 2.0. What a request does not have is absent.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function functionEvent(
  request: GatewayRequest,
  authorizerContext?: { readonly lambda: unknown },
): FunctionEvent {
  const common = commonEvent(request);
  const { body, message } = request;
  const isText = isTextType(message.headers['content-type']);
  return {
    ...common,
    requestContext: {
      ...common.requestContext,
      ...(authorizerContext && { authorizer: authorizerContext }),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/**
 * Makes the event for a Lambda authorizer without identity sources: payload format 2.0. It never has the body.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function authorizerEvent(request: GatewayRequest): AuthorizerEvent {
  const { method, path } = request.match.route;
  return {
    ...commonEvent(request),
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:${region}:${accountId}:${apiId}/$default/${method}${path}`,
    identitySource: [],
  };
}

function commonEvent({ message, match, path, queryString, requestId, at, url }: GatewayRequest): CommonEvent {
  const routeKey = `${match.route.method} ${match.route.path}`;
  const sourceIp = (message.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const headers = headersOf(message);
  const cookies = cookiesOf(message);
  const query = queryOf(queryString);
  const forwardedFor = headers['x-forwarded-for'];
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: queryString,
    ...(cookies.length > 0 && { cookies }),
    headers: {
      ...headers,
      'x-forwarded-for': forwardedFor === undefined ? sourceIp : `${forwardedFor}, ${sourceIp}`,
      'x-forwarded-port': url.port || '80',
      'x-forwarded-proto': 'http',
    },
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: { ...match.pathParameters } }),
    requestContext: {
      accountId,
      apiId,
      domainName: url.hostname,
      domainPrefix: url.hostname.split('.')[0] ?? '',
      http: {
        method: message.method ?? '',
        path,
        protocol: `HTTP/${message.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(at),
      timeEpoch: at * 1000,
    },
  };
}

/** Lower-case names, repeated ones joined with commas; cookies have a field of their own. */
function headersOf(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headersDistinct)
      .filter(([name]) => name !== 'cookie' && !hopByHop.has(name))
      .map(([name, values = []]) => [name, values.join(',')]),
  );
}

function cookiesOf(message: IncomingMessage): string[] {
  return (
    (message.headersDistinct['cookie'] ?? [])
      .flatMap((header) => header.split(';'))
      // The blanks that HTTP knows. Of others the name of a cookie may begin with one, and is another name then.
      .map((cookie) => cookie.replace(/^[ \t]+|[ \t]+$/g, ''))
      .filter((cookie) => cookie !== '')
  );
}

/** Decoded; repeated names joined with commas. */
function queryOf(queryString: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(queryString)) {
    query[name] = Object.hasOwn(query, name) ? `${query[name] ?? ''},${value}` : value;
  }
  return query;
}

/**
 * The types whose bodies API Gateway passes as text. All others, forms and a missing type among them, come in
 * base64; measured on AWS: https://github.com/ministackorg/ministack/pull/766
 */
function isTextType(contentType = ''): boolean {
  return /^\s*(text\/|application\/(json|xml|javascript)\s*(;|$))/i.test(contentType);
}

/** As in `21/Nov/2026:08:05:00 +0000`. */
function commonLogTime(at: number): string {
  const [, day, month, year, time] = new Date(at * 1000).toUTCString().split(' ');
  return `${day ?? ''}/${month ?? ''}/${year ?? ''}:${time ?? ''} +0000`;
}
