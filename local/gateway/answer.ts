import * as z from 'zod/mini';

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
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/**
 * Makes a function's result an answer: payload format 2.0. A result that has no status code is itself the body,
 * as JSON. One that has a status code and is malformed is answered with 500.
 *
 * @param payload the result's JSON text
 */
export function functionAnswer(payload: string): Answer {
  const result: unknown = JSON.parse(payload);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [],
      body: Buffer.from(payload),
    };
  }
  const parsed = z.safeParse(resultSchema, result);
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
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}
