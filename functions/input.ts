import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { KeyringError } from '../shared/platform/errors.ts';
import { openidSchema } from '../shared/wechat/tokens.ts';

/** What of an API Gateway event the body is read from. */
type WithBody = Pick<APIGatewayProxyEventV2, 'body' | 'headers' | 'isBase64Encoded'>;

const maxBodyBytes = 256 * 1024;
const maxRawBytes = 64 * 1024;

/** The query of an address that may have been through a chat: WeChat makes `&amp;` of `&` there at times. */
export function sharedQuery(rawQuery: string): URLSearchParams {
  return new URLSearchParams(rawQuery.replace(/&(amp;)+/g, '&'));
}

/**
 * The query parameters that `schema` describes. Throws `repeated_parameter`, `invalid_parameter`, or
 * `unknown_parameter` unless `loose` says that a third party may add some.
 */
export function parseQuery<S extends z.ZodMiniObject>(
  schema: S,
  rawQuery: string,
  loose: boolean,
): z.output<S> {
  const given = loose ? sharedQuery(rawQuery) : new URLSearchParams(rawQuery);
  const known = Object.keys(schema.shape);
  const values: Record<string, string> = {};
  for (const [name, value] of given) {
    if (!known.includes(name)) {
      if (loose) continue;
      throw new KeyringError('unknown_parameter', `The route knows: ${known.join(', ') || 'none'}.`, {
        parameter: name.slice(0, 64),
      });
    }
    if (given.getAll(name).length > 1) {
      throw new KeyringError('repeated_parameter', `Give ${name} once.`, { parameter: name });
    }
    values[name] = value;
  }
  return parsed(schema, values, 'invalid_parameter');
}

/**
 * The JSON body that `schema` describes; a schema without members takes no body. Throws `body_too_large`,
 * `media_type_unsupported`, `body_not_json` or `invalid_body`.
 */
export function parseBody<S extends z.ZodMiniObject>(
  schema: S,
  event: WithBody,
  maxBytes = maxBodyBytes,
): z.output<S> {
  if (Object.keys(schema.shape).length === 0) return z.parse(schema, {});
  const body = readBytes(event, maxBytes);
  const mediaType = (event.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') throw new KeyringError('media_type_unsupported');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new KeyringError('body_not_json');
  }
  return parsed(schema, value, 'invalid_body');
}

/** The body as text, whatever its media type. Throws `body_too_large` over 64 KiB. */
export function readRawBody(event: WithBody): string {
  return readBytes(event, maxRawBytes).toString('utf8');
}

/** The bytes that the caller sent, whichever way API Gateway hands them on. Throws `body_too_large`. */
function readBytes({ body = '', isBase64Encoded }: WithBody, maxBytes: number): Buffer {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > maxBytes) throw new KeyringError('body_too_large', `At most ${maxBytes} bytes.`);
  return bytes;
}

/** The openid in the path. Throws `invalid_parameter`. */
export function openidOf({ openid }: Readonly<Record<string, string | undefined>>): string {
  const parsedOpenid = openidSchema.safeParse(openid);
  if (parsedOpenid.success) return parsedOpenid.data;
  throw new KeyringError('invalid_parameter', 'An openid has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.', {
    parameter: 'openid',
  });
}

function parsed<S extends z.ZodMiniType>(
  schema: S,
  value: unknown,
  code: 'invalid_parameter' | 'invalid_body',
): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const parameter = issue?.path.join('.') ?? '';
  throw new KeyringError(code, `${parameter || 'The body'}: ${issue?.message ?? 'not allowed'}.`, {
    ...(parameter !== '' && { parameter }),
  });
}
