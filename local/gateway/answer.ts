import * as z from 'zod/mini';
import type { GatewayRoute } from './routing.ts';

/** What the gateway sends back to the client. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each becomes a Set-Cookie header. */
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

const resultSchema = z.object({
  statusCode: z.int().check(z.minimum(100), z.maximum(599)),
  headers: z.optional(z.nullable(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))),
  cookies: z.optional(z.nullable(z.array(z.string()))),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.nullable(z.boolean())),
});

/** An answer of the gateway itself, in the one form that API Gateway has for them. */
export function gatewayAnswer(status: number, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    cookies: [],
    body: Buffer.from(`${JSON.stringify({ message })}\n`),
  };
}

/**
 * Makes a function's result an answer: payload format 2.0. One that is malformed is answered with 500, and so is one
 * without a status code, which API Gateway would take for a body: no function means that.
 *
 * @param payload the result's JSON text
 */
export function functionAnswer(payload: string, { who }: GatewayRoute['access']): Answer {
  const parsed = z.safeParse(resultSchema, JSON.parse(payload));
  if (!parsed.success) return gatewayAnswer(500, 'Internal Server Error');
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const given = Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return {
    status: statusCode,
    headers: {
      ...(typeof body === 'string' && body !== '' && { 'content-type': 'text/plain;charset=UTF-8' }),
      ...given,
    },
    cookies: cookies ?? [],
    body:
      isBase64Encoded === true
        ? Buffer.from(body ?? '', 'base64')
        : Buffer.from(who === 'sdk' ? (body ?? '') : forTerminals(body ?? '', given['content-type'])),
  };
}

/**
 * JSON with a newline, which API Gateway does not add: an answer in a terminal should not run into the prompt. Some SDKs
 * take JSON with a newline for none.
 */
function forTerminals(text: string, contentType: string | undefined): string {
  const isJson = contentType !== undefined && /^application\/(\w+\+)?json\b/.test(contentType);
  return isJson && text !== '' ? `${text}\n` : text;
}
