import { awsPost, type AwsConfig, type AwsPostOptions } from './aws-post.ts';

/** The operations that are called, by service. */
export interface AwsOperations {
  readonly kms: 'Decrypt' | 'GenerateDataKey';
  readonly secretsmanager:
    'CreateSecret' | 'DeleteSecret' | 'GetSecretValue' | 'PutSecretValue' | 'RestoreSecret';
  readonly sqs: 'GetQueueAttributes' | 'SendMessage';
}

/** A service of which some operations are called. */
export type AwsJsonService = keyof AwsOperations;

/**
 * Calls an operation of one service. Input and answer are as in the service's API reference; binary members are
 * base64. Throws AwsRefusal (aws-post.ts) where the service answers with an error. `signal` ends the call at once.
 */
export type AwsJson<Service extends AwsJsonService> = (
  operation: AwsOperations[Service],
  input: object,
  options?: { readonly signal?: AbortSignal },
) => Promise<unknown>;

/**
 * What these services add to a plain POST.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
const protocols = {
  kms: { version: '1.1', target: 'TrentService' },
  secretsmanager: { version: '1.1', target: 'secretsmanager' },
  sqs: { version: '1.0', target: 'AmazonSQS' },
} as const satisfies Record<AwsJsonService, unknown>;

/**
 * They answer in milliseconds. Short enough for the 5 seconds in which a push has to be queued, even where the connection
 * to one of them has died.
 */
export const defaultLimits: AwsPostOptions = { deadlineMs: 1500, keepAlive: true };

/** The operations of a service, called over signed requests. Up to 3 attempts, of 1.5 seconds each unless told otherwise. */
export function awsJson<Service extends AwsJsonService>(
  config: AwsConfig,
  service: Service,
  options?: Partial<AwsPostOptions>,
): AwsJson<Service> {
  const post = awsPost(config, service, { ...defaultLimits, ...options });
  const { version, target } = protocols[service];
  return async (operation, input, { signal } = {}) => {
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `${target}.${operation}`,
    };
    const { body } = await post({ path: '/', headers, body: JSON.stringify(input), signal });
    try {
      const answer: unknown = JSON.parse(body);
      return answer;
    } catch {
      // Its own error would quote the answer.
      throw new Error(`The answer of ${target}.${operation} is not JSON.`);
    }
  };
}
