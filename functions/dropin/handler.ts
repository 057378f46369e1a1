import middy, { type MiddlewareObj } from '@middy/core';
import { answerLost, DropInError, isOwnTrouble, toDropInError } from '../../shared/dropin/errors.ts';
import type { SdkRequest } from '../../shared/dropin/parameters.ts';
import { plainPathOf } from '../../shared/dropin/path.ts';
import type { PassedAnswer } from '../../shared/wechat/passed-call.ts';
import { measured, safeHeaders, type HttpEvent, type HttpHandler, type HttpResult } from '../http.ts';
import type { Runtime } from '../runtime.ts';

/** A caller waits so long for a token, in milliseconds: SDKs give up after 3 to 5 seconds. */
export const patienceMs = 2500;

/**
 * The most bytes of a body, either way. Lambda takes and gives 6 MB, in which what is not text is a third longer.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const maxBodyBytes = 4_400_000;

/** So long before its function is ended a request is answered that is not done. */
const timeoutEarlyInMillis = 1000;

/** A handler for routes of the drop-in. Faults are answered in WeChat's dialect, with the id of the request as their rid. */
export function dropInHandler(
  runtime: Runtime,
  answer: (request: SdkRequest) => Promise<HttpResult>,
): HttpHandler {
  const timeoutEarlyResponse = () => {
    throw answerLost();
  };
  const handler = middy<HttpEvent, HttpResult>({ timeoutEarlyInMillis, timeoutEarlyResponse })
    .use(safeHeaders())
    .use(faults(runtime))
    .handler(async (event) => answer(sdkRequestOf(event)));
  return measured(runtime, handler);
}

function sdkRequestOf({ rawPath, rawQueryString, headers, body = '', ...event }: HttpEvent): SdkRequest {
  const { method } = event.requestContext.http;
  const path = plainPathOf(rawPath);
  if (method !== 'GET' && method !== 'POST') throw new DropInError(43002);
  const bytes = Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > maxBodyBytes) {
    throw new DropInError(45001, `the drop-in takes at most ${maxBodyBytes} bytes`);
  }
  return { method, path, query: rawQueryString, headers, body: bytes };
}

/** An answer of the service's own, as WeChat writes it. */
export function wechatJson(body: unknown): HttpResult {
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json; encoding=utf-8' },
    body: JSON.stringify(body),
  };
}

const keptHeaders = ['content-type', 'content-disposition', 'content-encoding'];

/** An answer of WeChat's, byte for byte. */
export function asItCame({ status, headers, body }: PassedAnswer): HttpResult {
  const kept = keptHeaders.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    statusCode: status,
    headers: Object.fromEntries(kept),
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
}

function faults({ log }: Runtime): MiddlewareObj<HttpEvent, HttpResult> {
  return {
    onError: (request) => {
      const { error, event } = request;
      const { errcode, errmsg } = toDropInError(error);
      if (isOwnTrouble(error)) {
        const cause = error?.cause instanceof Error ? error.cause : error;
        const { name, stack } = cause ?? {};
        log.error('A request failed.', { route: event.routeKey, error: name, stack });
      }
      request.response = wechatJson({ errcode, errmsg: `${errmsg} rid: ${event.requestContext.requestId}` });
    },
  };
}
