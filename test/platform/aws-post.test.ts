import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { awsPost, type AwsConfig, type AwsPost, type AwsRequest } from '../../shared/platform/aws-post.ts';
import { credentials, startRecorder, type Reaction, type Received, type Recorder } from './recorder.ts';

const secrets = ['sent-in-body', 'said-by-service', ...Object.values(credentials)];
const request: AwsRequest = {
  path: '/a',
  headers: { 'content-type': 'application/json' },
  body: '{"secret":"sent-in-body"}',
};
let recorder: Recorder;
afterEach(() => recorder.close());

/** A service that reacts in these ways in turn, and answers 200 once they are used up. */
async function serviceThat(...reactions: Reaction[]): Promise<AwsPost> {
  recorder = await startRecorder(() => reactions.shift() ?? {});
  return awsPost(recorder.config, 'lambda', { deadlineMs: 60_000 });
}

function refusal(status: number, type = 'SomeException'): Reaction {
  return {
    status,
    headers: { 'x-amzn-errortype': `${type}:` },
    body: '{"message":"said-by-service sent-in-body"}',
  };
}

/** What it fails with. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: unknown) => error,
  );
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf({ url, headers, body }: Received): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const signed = ['POST', url.split('%').join('%25'), '', canonical.join(''), names, hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(signed)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  return hmac(key, text).toString('hex');
}

test('signs what it sends, with the session token', async () => {
  const post = await serviceThat();
  const headers = { ...request.headers, 'x-amz-target': 'Some.Operation' };
  await post({ path: '/2015-03-31/functions/arn%3Aaws/invocations', headers, body: '{"a":"é"}' });
  const [received] = recorder.received;
  if (!received) throw new Error('Nothing arrived.');
  expect(received).toMatchObject({
    body: '{"a":"é"}',
    headers: { ...headers, 'x-amz-security-token': 'a-session-token' },
  });
  const { authorization = '' } = received.headers;
  expect(authorization).toContain('/eu-west-1/lambda/aws4_request');
  expect(authorization).toMatch(/SignedHeaders=content-type;host;.*;x-amz-target,/);
  expect(authorization.split('Signature=')[1]).toBe(signatureOf(received));
});

describe('tries again', () => {
  test.each([
    ...[500, 502, 503, 504, 429].map((status) => [String(status), refusal(status)] as const),
    ['a broken connection', 'break'],
    ...[
      'ThrottlingException',
      'Throttling',
      'ThrottledException',
      'RequestThrottled',
      'RequestThrottledException',
      'KMS.ThrottlingException',
      'LimitExceededException',
      'RequestLimitExceeded',
      'TooManyRequestsException',
      'SlowDown',
      'RequestTimeout',
      'RequestTimeoutException',
    ].map((type) => [`400 ${type}`, refusal(400, type)] as const),
  ] as const)('after %s', async (_, reaction) => {
    const post = await serviceThat(reaction, reaction, { body: '"done"' });
    expect((await post(request)).body).toBe('"done"');
    expect(recorder.received).toHaveLength(3);
  });

  test('within a second', async () => {
    const post = await serviceThat('break', 'break');
    await post(request);
    const [first = 1, second = 1] = recorder.slept;
    expect(recorder.slept).toHaveLength(2);
    expect(first).toBeLessThanOrEqual(0.2);
    expect(second).toBeLessThanOrEqual(0.4);
  });
});

describe('gives up', () => {
  test.each([
    [3, '500', refusal(500), 'The AWS service lambda answered 500 (SomeException).'],
    [3, '400 Throttling', refusal(400, 'Throttling'), 'The AWS service lambda answered 400 (Throttling).'],
    [1, '403', refusal(403), 'The AWS service lambda answered 403 (SomeException).'],
    [1, '400', refusal(400, 'NoException'), 'The AWS service lambda answered 400 (NoException).'],
    [1, 'a redirect', { status: 302, headers: { location: '/b' } }, 'answered 302 (no error type).'],
    [3, 'a broken connection', 'break', 'The AWS service lambda gave no answer (ECONNRESET).'],
  ] as const)('after %d times %s', async (times, _, reaction, message) => {
    const post = await serviceThat(reaction, reaction, reaction);
    await expect(post(request)).rejects.toThrow(message);
    expect(recorder.received).toHaveLength(times);
  });

  test('when three attempts have come to their deadline', async () => {
    recorder = await startRecorder(() => 'hang');
    const post = awsPost(recorder.config, 'lambda', { deadlineMs: 5 });
    await expect(post(request)).rejects.toThrow('The AWS service lambda gave no answer (deadline).');
    expect(recorder.slept).toHaveLength(2);
  });

  test("at once when the caller's signal says so, while an answer is waited for", async () => {
    const caller = new AbortController();
    recorder = await startRecorder(() => {
      caller.abort(new Error('enough'));
      return 'hang';
    });
    const post = awsPost(recorder.config, 'lambda', { deadlineMs: 60_000 });
    await expect(post({ ...request, signal: caller.signal })).rejects.toThrow('enough');
    expect(recorder.received).toHaveLength(1);
  });

  test("at once when the caller's signal says so, between two attempts", async () => {
    const caller = new AbortController();
    recorder = await startRecorder(() => refusal(500));
    const sleep = () => {
      caller.abort(new Error('enough'));
      return new Promise<never>(() => undefined);
    };
    const clock = { ...recorder.config.clock, sleep };
    const post = awsPost({ ...recorder.config, clock }, 'lambda', { deadlineMs: 60_000 });
    await expect(post({ ...request, signal: caller.signal })).rejects.toThrow('enough');
    expect(recorder.received).toHaveLength(1);
  });
});

test.each([
  ['403', refusal(403)],
  ['500', refusal(500)],
  ['an error type that is a sentence', refusal(400, 'said-by-service sent-in-body')],
  ['a broken connection', 'break'],
] as const)('an error after %s holds nothing that was sent or answered', async (_, reaction) => {
  const post = await serviceThat(reaction, reaction, reaction);
  const error = await failureOf(post(request));
  const shown = inspect(error, { depth: 10, showHidden: true });
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});

test('a connection is kept only where that is asked for', async () => {
  recorder = await startRecorder(() => ({}));
  await awsPost(recorder.config, 'lambda', { deadlineMs: 60_000 })(request);
  await awsPost(recorder.config, 'sqs', { deadlineMs: 60_000, keepAlive: true })(request);
  expect(recorder.received.map(({ headers }) => headers.connection)).toEqual(['close', 'keep-alive']);
});

test.each([
  ['credentials', 'There are no AWS credentials in the environment.'],
  ['region', 'There is no AWS region in the environment (AWS_REGION).'],
] as const)('says at once that there is no %s', async (member, message) => {
  await serviceThat();
  const config = Object.fromEntries(Object.entries(recorder.config).filter(([name]) => name !== member));
  expect(() => awsPost(config as unknown as AwsConfig, 'lambda', { deadlineMs: 60_000 })).toThrow(message);
});
