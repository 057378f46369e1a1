import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import * as z from 'zod/mini';
import { systemClock, type Clock } from '../shared/platform/clock.ts';
import { close, decodePath, isLoopbackHost, listen, readBody } from './aws/http.ts';
import { callFunction, describeFailure, type LambdaHandler } from './aws/lambda.ts';
import { functionAnswer, gatewayAnswer, type Answer } from './gateway/answer.ts';
import { Cors } from './gateway/cors.ts';
import { authorizerEvent, functionEvent, type GatewayRequest } from './gateway/event.ts';
import { createRouting, type GatewayRoute } from './gateway/routing.ts';

/** Answers a request that no route takes and returns true, or leaves it alone and returns false. */
export type Fallback = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface GatewayOptions {
  /** On 127.0.0.1, and nowhere else; 0 takes a free one. */
  readonly port: number;
  readonly routes: readonly GatewayRoute[];
  /** The handler of a route's entry, asked for at each request. */
  readonly functionFor: (entry: string) => LambdaHandler;
  /** The Lambda authorizer of the routes that take an API key. */
  readonly authorizer: LambdaHandler;
  /** A further name of this machine for callers to use, such as `keyring.localhost`; with any port. */
  readonly hostname?: string | undefined;
  /** Exact origins of pages that may read answers, the user's session included. Default: none. */
  readonly allowedOrigins?: readonly string[];
  readonly fallback?: Fallback;
  readonly log?: (line: string) => void;
  /** What requests are dated by. Default: the machine's clock. */
  readonly clock?: Clock;
  /** How long a function may take before the client gets 503, in milliseconds. Default 29,000. */
  readonly timeoutMs?: number;
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/** API Gateway's limit on a request's body. */
const bodyLimit = 10_000_000;

const authorizerAnswerSchema = z.object({ isAuthorized: z.boolean(), context: z.optional(z.unknown()) });

/**
 * Starts an HTTP server that calls Lambda handlers as an API Gateway HTTP API does, with payload format 2.0 and
 * one Lambda authorizer without identity sources and cache.
 *
 * Answers of its own, as API Gateway gives them: 400 for an address that is none, 404 without a route, another method's
 * included, 403 when the authorizer refuses, 413 for a body over 10 MB, 500 when a function throws, 503 when it takes too
 * long. Headers over 16 KiB are answered 431, in the same form. A request under a host name that is neither this
 * machine's nor `hostname`, or under none, gets 403: API Gateway serves its own names only, and here
 * that keeps a foreign web page from reaching the gateway by a name of its own.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { functionFor, authorizer, fallback, log = () => undefined } = options;
  const { clock = systemClock, timeoutMs = 29_000 } = options;
  const findRoute = createRouting(options.routes);
  const cors = new Cors(options.allowedOrigins ?? []);

  async function answer(message: IncomingMessage, response: ServerResponse, requestId: string) {
    const { host } = message.headers;
    const name = host?.replace(/:\d+$/, '');
    const isOurs = isLoopbackHost(host) || name === options.hostname;
    if (host === undefined || !isOurs) return gatewayAnswer(403, 'Forbidden');

    const target = message.url ?? '/';
    const questionMark = target.indexOf('?');
    const rawPath = questionMark === -1 ? target : target.slice(0, questionMark);
    const path = decodePath(rawPath);
    const url = URL.parse(`http://${host}`);
    if (!path?.startsWith('/') || !url) return gatewayAnswer(400, 'Bad Request');

    const match = findRoute(message.method ?? '', path);
    if (!match) {
      const preflight = cors.preflight(message.method, message.headers);
      if (preflight) return preflight;
      if (await fallback?.(message, response)) return undefined;
      return gatewayAnswer(404, 'Not Found');
    }
    const body = await readBody(message, bodyLimit);
    if (!body) return gatewayAnswer(413, 'Request Entity Too Large');

    const queryString = questionMark === -1 ? '' : target.slice(questionMark + 1);
    const at = clock.now();
    return callRoute({ message, match, path, queryString, body, requestId, at, url });
  }

  async function callRoute(request: GatewayRequest): Promise<Answer> {
    const { entry, access, method, path } = request.match.route;
    const failed = (name: string, reason: string): Answer => {
      log(`${method} ${path}: ${name} failed: ${reason}`);
      return gatewayAnswer(500, 'Internal Server Error');
    };

    let authorizerContext: { lambda: unknown } | undefined;
    if (access.who === 'key' || access.who === 'key-or-session') {
      const asked = await call('authorizer', authorizer, authorizerEvent(request));
      if (!asked) return failed('authorizer', 'it took too long');
      if (asked.failed) return failed('authorizer', describeFailure(asked));
      const parsed = z.safeParse(authorizerAnswerSchema, JSON.parse(asked.payload));
      if (!parsed.success) return failed('authorizer', 'its answer is not {isAuthorized, context}');
      if (!parsed.data.isAuthorized) return gatewayAnswer(403, 'Forbidden');
      authorizerContext = { lambda: parsed.data.context ?? null };
    }

    const called = await call(
      entry.replaceAll('/', '-'),
      functionFor(entry),
      functionEvent(request, authorizerContext),
    );
    if (!called) {
      log(`${method} ${path}: ${entry} took too long`);
      return gatewayAnswer(503, 'Service Unavailable');
    }
    return called.failed
      ? failed(entry, describeFailure(called))
      : cors.onAnswer(functionAnswer(called.payload, access), request.message.headers);
  }

  /** `undefined` when the function has not answered in time. It goes on running, as nothing can stop it here. */
  async function call(name: string, handler: LambdaHandler, event: object) {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, undefined);
    });
    try {
      return await Promise.race([callFunction(name, handler, JSON.stringify(event), timeoutMs), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  // Who names no host is answered below, not by Node in a form of its own.
  const server = createServer({ requireHostHeader: false }, (message, response) => {
    const requestId = randomUUID();
    answer(message, response, requestId)
      .then((answered) => {
        if (answered) send(response, answered, requestId);
      })
      .catch((error: unknown) => {
        if (message.destroyed && !message.complete) return; // The client went away.
        log(`the gateway failed: ${error instanceof Error ? error.message : String(error)}`);
        if (response.headersSent) response.destroy();
        else send(response, gatewayAnswer(500, 'Internal Server Error'), requestId);
      });
  });
  server.on('clientError', refuseUnreadable);
  const url = await listen(server, options.port);
  return { url, close: () => close(server) };
}

/** Answers what is not a request that Node can read. Its own answer has no body, and so no type. */
function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return;
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW' ? [431, 'Request Header Fields Too Large'] : [400, 'Bad Request'];
  const { headers, body } = gatewayAnswer(status, message);
  const lines = Object.entries({ ...headers, 'content-length': body.length, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${message}\r\n${lines.join('')}\r\n${body.toString()}`);
}

/** Throws for a header that HTTP does not allow. */
function send(response: ServerResponse, { status, headers, cookies, body }: Answer, requestId: string): void {
  response.writeHead(status, {
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    ...(status !== 204 && status !== 304 && { 'content-length': body.length }),
    'apigw-requestid': requestId,
  });
  response.end(body);
}
