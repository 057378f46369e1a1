import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LambdaHandler } from '../../local/aws/lambda.ts';
import type { LocalAws } from '../../local/aws/server.ts';
import { clientConfig, startForTest } from './clients.ts';

let aws: LocalAws;
let client: LambdaClient;
let log: string[];

beforeEach(async () => {
  ({ aws, log } = await startForTest());
  client = new LambdaClient(clientConfig(aws.url));
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

async function invoke(FunctionName: string, event?: unknown) {
  const answer = await client.send(
    new InvokeCommand({ FunctionName, ...(event !== undefined && { Payload: JSON.stringify(event) }) }),
  );
  const result: unknown = JSON.parse(answer.Payload?.transformToString() ?? '');
  return { ...answer, result };
}

const echo: LambdaHandler = (event) => Promise.resolve({ event });

describe('a call that waits', () => {
  test('gives the event to the function and its result back, by name and by ARN', async () => {
    const arn = aws.registerFunction('echo', echo);
    for (const name of ['echo', arn]) {
      const { StatusCode, FunctionError, result } = await invoke(name, { a: [1, 'é'] });
      expect({ StatusCode, FunctionError, result }).toEqual({
        StatusCode: 200,
        FunctionError: undefined,
        result: { event: { a: [1, 'é'] } },
      });
    }
  });

  test('without a payload gives an empty object', async () => {
    aws.registerFunction('echo', echo);
    expect((await invoke('echo')).result).toEqual({ event: {} });
  });

  test('of a function that returns nothing answers null', async () => {
    aws.registerFunction('silent', () => Promise.resolve());
    expect((await invoke('silent')).result).toBeNull();
  });

  test('of a function that throws answers with its error', async () => {
    aws.registerFunction('fails', () => Promise.reject(new RangeError('too far')));
    const { StatusCode, FunctionError, result } = await invoke('fails');
    expect(StatusCode).toBe(200);
    expect(FunctionError).toBe('Unhandled');
    expect(result).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
  });

  test('of a function whose result is no JSON answers with an error', async () => {
    aws.registerFunction('big', () => Promise.resolve({ n: 1n }));
    expect((await invoke('big')).FunctionError).toBe('Unhandled');
  });

  test('gives the function a context with its own ARN, a request id and the time it has', async () => {
    const arn = aws.registerFunction('context', (_event, context) =>
      Promise.resolve({ ...context, remaining: context.getRemainingTimeInMillis() }),
    );
    expect((await invoke('context')).result).toMatchObject({
      functionName: 'context',
      invokedFunctionArn: arn,
      awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
      remaining: expect.any(Number),
    });
  });
});

describe('a call that does not wait', () => {
  const send = (FunctionName: string) =>
    client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"a":1}' }));

  test('is accepted before the function has answered', async () => {
    const { promise: called, resolve: call } = Promise.withResolvers<unknown>();
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    aws.registerFunction('slow', (event) => {
      call(event);
      return held;
    });
    const { StatusCode } = await send('slow');
    expect(StatusCode).toBe(202);
    await expect(called).resolves.toEqual({ a: 1 });
    release(undefined);
  });

  test('is logged when the function fails', async () => {
    aws.registerFunction('fails', () => Promise.reject(new RangeError('too far')));
    await send('fails');
    await invoke('fails');
    expect(log).toEqual(['fails failed: RangeError: too far']);
  });
});

test.each(['nobody', 'echo:live'])('there is no function %s', async (name) => {
  aws.registerFunction('echo', echo);
  await expect(invoke(name)).rejects.toBeInstanceOf(ResourceNotFoundException);
});
