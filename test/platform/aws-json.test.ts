import { afterEach, expect, test } from '@jest/globals';
import { awsJson } from '../../shared/platform/aws-json.ts';
import { AwsRefusal } from '../../shared/platform/aws-post.ts';
import { startRecorder, type Answer, type Reaction, type Recorder } from './recorder.ts';

let recorder: Recorder;
afterEach(() => recorder.close());

async function serviceThat(...reactions: Reaction[]) {
  recorder = await startRecorder(() => reactions.shift() ?? {});
  return awsJson(recorder.config, 'secretsmanager');
}

const type = 'ResourceNotFoundException';
const message = '"message":"no secret the-secret-name"';

test.each<[string, Answer]>([
  ['in the body', { body: `{"__type":"${type}",${message}}` }],
  ['in the body, with a namespace', { body: `{"__type":"com.amazonaws.secretsmanager#${type}",${message}}` }],
  [
    'in the body, with an address',
    { body: `{"__type":"${type}:http://internal.amazon.com/a#b",${message}}` },
  ],
  ['in a header', { headers: { 'x-amzn-errortype': type }, body: `{${message}}` }],
  [
    'in a header, with an address',
    { headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/a#b` }, body: '' },
  ],
])('tells the kind of error that stands %s', async (_, answer) => {
  const call = await serviceThat({ ...answer, status: 400 });
  const error = await call('GetSecretValue', { SecretId: 'a' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AwsRefusal);
  expect(error).toMatchObject({
    name: type,
    type,
    status: 400,
    message: `The AWS service secretsmanager answered 400 (${type}).`,
  });
});

test('an error without a kind is one all the same', async () => {
  const call = await serviceThat({ status: 400, body: '<html>the-secret-name</html>' });
  await expect(call('GetSecretValue', { SecretId: 'a' })).rejects.toMatchObject({
    name: 'AwsRefusal',
    type: undefined,
  });
});

test('sends the same request in every attempt', async () => {
  const throttled = { status: 400, body: '{"__type":"ThrottlingException"}' };
  const call = await serviceThat('break', throttled, { body: '{"Name":"a"}' });
  expect(await call('CreateSecret', { Name: 'a', ClientRequestToken: 'b' })).toEqual({ Name: 'a' });
  expect(recorder.received.map(({ body }) => body)).toEqual(
    Array.from({ length: 3 }, () => '{"Name":"a","ClientRequestToken":"b"}'),
  );
});

test("the caller's signal ends the call", async () => {
  const caller = new AbortController();
  recorder = await startRecorder(() => {
    caller.abort(new Error('enough'));
    return 'hang';
  });
  const call = awsJson(recorder.config, 'sqs');
  await expect(call('SendMessage', {}, { signal: caller.signal })).rejects.toThrow('enough');
});

test('an answer that is no JSON is not quoted', async () => {
  const call = await serviceThat({ body: 'the secret' });
  await expect(call('GetSecretValue', { SecretId: 'a' })).rejects.toThrow(
    /^The answer of secretsmanager\.GetSecretValue is not JSON\.$/,
  );
});
