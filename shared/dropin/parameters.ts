import * as z from 'zod/mini';
import { beginsAsObject } from '../wechat/json.ts';
import { DropInError } from './errors.ts';

/** A request of an SDK, as it came. */
export interface SdkRequest {
  readonly method: string;
  /** As it is checked and sent: shared/dropin/path.ts. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  /** All that came, with names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** The value of a parameter, from wherever it stands. */
export type Parameters = (name: string) => string | undefined;

const bodySchema = z.record(z.string(), z.unknown());
/** The most bytes of a body that comes before anybody is known to have sent it. */
const maxBodyBytes = 16_384;

/** Throws 40035 for a longer body: it would be taken apart, or sent to WeChat, for anybody. */
export function requireShortBody({ body }: SdkRequest): void {
  if (body.length > maxBodyBytes)
    throw new DropInError(40035, `the body has more than ${maxBodyBytes} bytes`);
}

/**
 * The parameters of a request, in its query and its body, which is a form or JSON. SDKs name the media type as they like,
 * so the body's first character decides. One that has two values is refused with 40035 when it is asked for, and a body of
 * more than 16 KiB at once.
 */
export function parametersOf(request: SdkRequest): Parameters {
  requireShortBody(request);
  const { query, body } = request;
  const given = new Map<string, Set<string>>();
  for (const [name, value] of [...new URLSearchParams(query), ...bodyParameters(body)]) {
    given.set(name, (given.get(name) ?? new Set()).add(value));
  }
  return (name) => {
    const [value, ...others] = given.get(name) ?? [];
    if (others.length > 0) throw new DropInError(40035, `${name} has two values`);
    return value === '' ? undefined : value;
  };
}

function bodyParameters(body: Uint8Array): Iterable<[string, string]> {
  const text = Buffer.from(body).toString('utf8');
  if (!beginsAsObject(body)) return new URLSearchParams(text);
  try {
    return Object.entries(z.parse(bodySchema, JSON.parse(text))).map(([name, value]) => [
      name,
      String(value),
    ]);
  } catch {
    throw new DropInError(40035, 'the body is not JSON');
  }
}
