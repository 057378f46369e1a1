import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { awsClientConfig, requireVariable, type Runtime } from './runtime.ts';

/** What an AWS service answered with a 2xx status. */
export interface AwsAnswer {
  readonly headers: Headers;
  readonly body: string;
}

/** Sends JSON to a path of one AWS service. Throws where the service refuses it, or cannot be reached in 3 attempts. */
export type AwsPost = (path: string, body: string) => Promise<AwsAnswer>;

const attempts = 3;
const firstWaitSeconds = 0.1;

/**
 * Signed calls to an AWS service of which a function needs a single operation, such as Lambda’s Invoke. A whole
 * client for that would be a quarter of the function (docs/adr/0006-size-and-start.md). Credentials, region and
 * `AWS_ENDPOINT_URL…` are found as for the clients, and like them it tries again when the service is busy or out of
 * reach: call only what may run twice.
 *
 * @param service as in the service's host name and in signatures
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function awsPost(runtime: Runtime, service: 'lambda'): AwsPost {
  const region = requireVariable(runtime, 'AWS_REGION');
  const { endpoint, credentials } = awsClientConfig(runtime, service.toUpperCase());
  const base = new URL(endpoint ?? `https://${service}.${region}.${suffixOf(region)}`);
  if (!credentials) throw new Error('There are no AWS credentials in the environment.');
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });

  async function attempt(path: string, body: string): Promise<Response> {
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: base.protocol,
      hostname: base.hostname,
      path,
      headers: { host: base.host, 'content-type': 'application/json' },
      body,
    });
    // A connection that died while the environment was frozen looks alive, so none is kept.
    return fetch(new URL(path, base), {
      method: 'POST',
      headers: { ...headers, connection: 'close' },
      body,
      redirect: 'error',
    });
  }

  return async (path, body) => {
    for (let n = 1; ; n++) {
      try {
        const answer = await attempt(path, body);
        const text = await answer.text();
        if (answer.ok) return { headers: answer.headers, body: text };
        const busy = answer.status === 429 || answer.status >= 500;
        if (!busy || n >= attempts) throw new AwsRefusal(service, answer);
      } catch (error) {
        if (error instanceof AwsRefusal || n >= attempts) throw error;
      }
      await runtime.clock.sleep(Math.random() * firstWaitSeconds * 2 ** n);
    }
  };
}

/** An AWS service answered with an error. Its own message is left out: it may quote what was sent. */
class AwsRefusal extends Error {
  constructor(service: string, { status, headers }: Response) {
    const type = headers.get('x-amzn-errortype')?.split(':')[0] ?? 'no error type';
    super(`The AWS service ${service} answered ${status} (${type}).`);
    this.name = 'AwsRefusal';
  }
}

/** @see https://docs.aws.amazon.com/general/latest/gr/rande.html */
function suffixOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}

/** SHA-256 and its HMAC in the shape that the signer asks for. */
class Sha256 {
  readonly #secret: SignerSecret;
  #hash: ReturnType<typeof hashWith>;

  constructor(secret?: SignerSecret) {
    this.#secret = secret;
    this.#hash = hashWith(secret);
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = hashWith(this.#secret);
  }
}

type SignerSecret = string | ArrayBuffer | ArrayBufferView | undefined;

function hashWith(secret: SignerSecret) {
  if (secret === undefined) return createHash('sha256');
  return createHmac('sha256', secret instanceof ArrayBuffer ? new Uint8Array(secret) : bytesOf(secret));
}

function bytesOf(secret: string | ArrayBufferView): string | Uint8Array {
  return typeof secret === 'string'
    ? secret
    : new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength);
}
