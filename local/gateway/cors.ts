import type { IncomingHttpHeaders } from 'node:http';
import { isAllowedOrigin } from '../../shared/http/allowed-address.ts';
import type { Answer } from './answer.ts';

/** The same as the stack configures in cdk/constructs/keyring-api.ts; a test compares them. */
export const corsSettings = {
  allowHeaders: ['content-type', 'authorization', 'x-keyring-csrf'],
  allowMethods: ['GET', 'POST', 'DELETE'],
  exposeHeaders: ['retry-after'],
  maxAgeSeconds: 3600,
} as const;

/**
 * API Gateway's own CORS, as an HTTP API has it when origins are configured: it answers preflights itself, adds its
 * headers to what a function answers, and lets no such header of a function through. An origin that is not exactly
 * one of the allowed gets an answer without any of them, which the browser then keeps from the page.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export class Cors {
  readonly #allowed: readonly string[];

  constructor(allowedOrigins: readonly string[]) {
    this.#allowed = allowedOrigins;
  }

  /** The answer to a preflight; undefined where the request is none. */
  preflight(method: string | undefined, headers: IncomingHttpHeaders): Answer | undefined {
    const isPreflight =
      method === 'OPTIONS' &&
      headers.origin !== undefined &&
      headers['access-control-request-method'] !== undefined;
    if (this.#allowed.length === 0 || !isPreflight) return undefined;
    return {
      status: 204,
      headers: this.#isAllowed(headers.origin)
        ? {
            ...forOrigin(headers.origin),
            'access-control-allow-headers': corsSettings.allowHeaders.join(','),
            'access-control-allow-methods': corsSettings.allowMethods.join(','),
            'access-control-max-age': String(corsSettings.maxAgeSeconds),
          }
        : {},
      cookies: [],
      body: Buffer.alloc(0),
    };
  }

  /** A function's answer, with the headers that the asking origin gets. */
  onAnswer(answer: Answer, { origin }: IncomingHttpHeaders): Answer {
    if (this.#allowed.length === 0) return answer;
    const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
    return {
      ...answer,
      headers: {
        ...Object.fromEntries(own),
        ...(this.#isAllowed(origin) && {
          ...forOrigin(origin),
          'access-control-expose-headers': corsSettings.exposeHeaders.join(','),
        }),
      },
    };
  }

  #isAllowed(origin: string | undefined): origin is string {
    return origin !== undefined && isAllowedOrigin(origin, this.#allowed);
  }
}

function forOrigin(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
}
