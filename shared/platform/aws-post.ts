import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod/mini';
import type { Clock } from './clock.ts';

/** As in a service's host name and in signatures. */
export type AwsService = 'lambda' | 'kms' | 'secretsmanager' | 'sqs';

/** What a service is called with: the same as a client of the AWS SDK, and a clock to wait by. */
export interface AwsConfig {
  readonly region?: string;
  /** @default the service's public endpoint in the region */
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly clock: Clock;
}

/** How the calls of one service are made. */
export interface AwsPostOptions {
  /** Milliseconds for one attempt, from connecting to the last byte. */
  readonly deadlineMs: number;
  /**
   * Keeps connections open between calls. One that died while the environment was frozen looks alive, and is found
   * out by a failed attempt, at the latest after `deadlineMs`.
   * @default false
   */
  readonly keepAlive?: boolean;
}

/** One call. */
export interface AwsRequest {
  /** Encoded as it is sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the call with all its attempts at once; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What an AWS service answered with a 2xx status. */
export interface AwsAnswer {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends a signed POST to one AWS service. Throws {@link AwsRefusal} where the service answers with an error, and an
 * error that says which service it was where no answer came. Neither quotes what was sent or answered.
 */
export type AwsPost = (request: AwsRequest) => Promise<AwsAnswer>;

/** At most, of one call. */
export const attempts = 3;
const firstWaitSeconds = 0.1;
/** Errors that come with status 400 and are gone after a while. The SDK knows more, of services not called here. */
const passing = /Throttl|LimitExceeded|TooManyRequests|SlowDown|RequestTimeout/;

/**
 * Signed calls to an AWS service of which few operations are needed, such as Lambda’s Invoke. Whole clients for that
 * would be a large part of a function (docs/adr/0006-size-and-start.md). Like them it tries again when the service is
 * busy or out of reach: call only what may run twice. Throws where the region or the credentials are missing.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function awsPost(
  { region, endpoint, credentials, clock }: AwsConfig,
  service: AwsService,
  { deadlineMs, keepAlive = false }: AwsPostOptions,
): AwsPost {
  if (!region) throw new Error('There is no AWS region in the environment (AWS_REGION).');
  if (!credentials) throw new Error('There are no AWS credentials in the environment.');
  const base = new URL(endpoint ?? `https://${service}.${region}.${suffixOf(region)}`);
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  // What the clients of the SDK send with, so it is loaded already; fetch would be a second one.
  const handler = new NodeHttpHandler({ httpAgent: { keepAlive }, httpsAgent: { keepAlive } });

  async function attempt({ path, headers, body, signal }: AwsRequest): Promise<AwsAnswer> {
    const { protocol, hostname, host, port } = base;
    const parts = { method: 'POST', protocol, hostname, path, headers: { host, ...headers }, body };
    const signed = await signer.sign(parts);
    const deadline = AbortSignal.timeout(deadlineMs);
    const { response } = await handler.handle(
      new HttpRequest({
        ...signed,
        headers: keepAlive ? signed.headers : { ...signed.headers, connection: 'close' },
        ...(port !== '' && { port: Number(port) }),
      }),
      { abortSignal: signal ? AbortSignal.any([signal, deadline]) : deadline },
    );
    const { statusCode, headers: answered } = response;
    const stream: unknown = response.body;
    if (!(stream instanceof Readable)) throw new Error('The answer has no body.');
    const content = await text(stream);
    if (statusCode < 200 || statusCode > 299) {
      throw new AwsRefusal(service, statusCode, errorType(answered, content));
    }
    return { headers: answered, body: content };
  }

  return async (request) => {
    const { signal } = request;
    for (let n = 1; ; n++) {
      let failure: Error;
      try {
        return await attempt(request);
      } catch (error) {
        signal?.throwIfAborted();
        failure = error instanceof AwsRefusal ? error : noAnswer(service, error);
      }
      if (n >= attempts || !isPassingFailure(failure)) throw failure;
      const ended = signal ? [once(signal, 'abort')] : [];
      await Promise.race([...ended, clock.sleep(Math.random() * firstWaitSeconds * 2 ** n)]);
      signal?.throwIfAborted();
    }
  };
}

/**
 * An AWS service answered with an error, whose type is the `name`, as it is in errors of the SDK. Its own message is left
 * out: it may quote what was sent.
 */
export class AwsRefusal extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** The service's name for the error, such as `ResourceNotFoundException`, where it gave one. */
  readonly type: string | undefined;

  constructor(service: AwsService, status: number, type: string | undefined) {
    super(`The AWS service ${service} answered ${status} (${type ?? 'no error type'}).`);
    this.name = type ?? 'AwsRefusal';
    this.status = status;
    this.type = type;
  }
}

/** An AWS service gave no answer: in time, or at all. */
class AwsSilence extends Error {
  override readonly name = 'AwsSilence';
}

/** Whether it is an error of a call here that is gone after a while. */
export function isPassingFailure(error: Error): boolean {
  if (error instanceof AwsSilence) return true;
  if (!(error instanceof AwsRefusal)) return false;
  const { status, type = '' } = error;
  return status === 429 || status >= 500 || passing.test(type);
}

const errorSchema = z.object({ __type: z.string() });

/**
 * A namespace may stand before the type, and after it an address.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
function errorType(headers: AwsAnswer['headers'], body: string): string | undefined {
  const inBody = z.safeParse(errorSchema, parseJson(body)).data?.__type;
  const type = inBody ?? headers['x-amzn-errortype'] ?? '';
  return /^(?:[\w.]+#)?([\w.]+)(?=:|$)/.exec(type)?.[1];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const faultSchema = z.object({ name: z.string(), code: z.optional(z.string()) });

/** With the system's word for why, or else the kind of error. The error itself is not kept: it may quote a header. */
function noAnswer(service: AwsService, error: unknown): Error {
  const { name = 'unknown', code = name } = z.safeParse(faultSchema, error).data ?? {};
  // Nothing but the deadline ends an attempt.
  return new AwsSilence(
    `The AWS service ${service} gave no answer (${code === 'AbortError' ? 'deadline' : code}).`,
  );
}

/** @see https://docs.aws.amazon.com/general/latest/gr/rande.html */
function suffixOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
