import { describe, expect, test } from '@jest/globals';
import { AwsRefusal } from '../../shared/platform/aws-post.ts';
import { isPassing } from '../../shared/platform/passing.ts';

const error = (fields: object, options?: ErrorOptions) => Object.assign(new Error('no', options), fields);

describe('what passes', () => {
  test.each<[string, unknown]>([
    ['an answer that did not come in time', error({ name: 'TimeoutError' })],
    ['a broken connection', error({ code: 'ECONNRESET' })],
    ['a service that is asked too much', error({ name: 'ProvisionedThroughputExceededException' })],
    ['a service that fails', error({ $metadata: { httpStatusCode: 500 } })],
    ['one that fails in another way', error({ $metadata: { httpStatusCode: 599 } })],
    ['a refusal that says so', new AwsRefusal('kms', 429, undefined)],
    ['a refusal by name', new AwsRefusal('kms', 400, 'ThrottlingException')],
    ['a service that fails at a call of ours', new AwsRefusal('sqs', 503, undefined)],
    ['what has such a cause', error({}, { cause: new AwsRefusal('sqs', 503, undefined) })],
  ])('is %s', (_, passing) => {
    expect(isPassing(passing)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['a fault of the program', new TypeError('x is not a function')],
    ['a condition that does not hold', error({ name: 'ConditionalCheckFailedException' })],
    ['a refusal', new AwsRefusal('kms', 400, 'AccessDeniedException')],
    ['what has such a cause', error({}, { cause: new AwsRefusal('kms', 403, undefined) })],
    ['no error', 'TimeoutError'],
    ['nothing', undefined],
  ])('is not %s', (_, lasting) => {
    expect(isPassing(lasting)).toBe(false);
  });
});
