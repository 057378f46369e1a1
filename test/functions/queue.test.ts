import { beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { tablesOf } from '../../functions/parts.ts';
import { queueBatchHandler, queueHandler } from '../../functions/queue.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { noMetrics } from '../../shared/platform/metrics.ts';
import { standingClock } from '../kit/clock.ts';
import { lambdaContext } from '../kit/event.ts';

const queue = { schema: z.object({ task: z.string() }), fault: 'A push could not be handled.' } as const;

let logged: unknown[];
let done: string[];
beforeEach(() => {
  logged = [];
  done = [];
});

function runtime(): Runtime {
  const note = (message: string, fields: unknown) => void logged.push([message, fields]);
  return {
    environment: {
      KEYRING_CREDENTIALS_TABLE: 'Credentials',
      KEYRING_USERS_TABLE: 'Users',
      KEYRING_FOLLOWERS_TABLE: 'Followers',
      AWS_REGION: 'us-east-1',
    },
    clock: standingClock(),
    log: { info: note, warn: note, error: note },
    metrics: noMetrics,
  };
}

/** As SQS delivers them, with the ids m0, m1, … */
function batch(...bodies: string[]) {
  return { Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })) };
}

const task = (name: string) => JSON.stringify({ task: name });

describe('a function that a queue triggers', () => {
  const handler = queueHandler(runtime(), queue, async ({ task: name }) => {
    if (name === 'fails') throw new RangeError(`about ${name}`);
    done.push(name);
    return Promise.resolve();
  });

  test('reports nothing back when all messages are handled', async () => {
    const answer = await handler(batch(task('one'), task('two')), lambdaContext);
    expect([answer, done]).toEqual([{ batchItemFailures: [] }, ['one', 'two']]);
  });

  test('reports the one that fails back, and handles the others', async () => {
    const answer = await handler(batch(task('one'), task('fails'), task('two')), lambdaContext);
    expect([answer, done]).toEqual([{ batchItemFailures: [{ itemIdentifier: 'm1' }] }, ['one', 'two']]);
  });

  test('reports what is not JSON or not of the schema back, and handles the others', async () => {
    const answer = await handler(batch('{"task":', task('one'), '{"job":"one"}'), lambdaContext);
    const failures = [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm2' }];
    expect([answer, done]).toEqual([{ batchItemFailures: failures }, ['one']]);
  });

  test('logs the id of what fails and the name of the error, and nothing that stands in either', async () => {
    const logging = queueHandler(runtime(), queue, () => Promise.reject(new RangeError('oSecretOpenid')));
    await logging(batch(task('oSecretOpenid'), 'oSecretOpenid'), lambdaContext);
    expect(logged).toEqual([
      ['A push could not be handled.', { messageId: 'm1', error: 'SyntaxError' }],
      ['A push could not be handled.', { messageId: 'm0', error: 'RangeError' }],
    ]);
  });

  test('fails as a whole for an event that is not from SQS', async () => {
    await expect(handler({ Messages: [] }, lambdaContext)).rejects.toThrow();
  });
});

describe('a function that works off several messages together', () => {
  test('gets those that can be read, and reports the others back with those that failed', async () => {
    const handler = queueBatchHandler(runtime(), queue, (deliveries) => {
      done.push(...deliveries.map(({ message }) => message.task));
      return Promise.resolve(deliveries.slice(1).map(({ id }) => id));
    });
    const answer = await handler(batch(task('one'), 'nothing', task('two')), lambdaContext);
    const failures = [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }];
    expect([answer, done]).toEqual([{ batchItemFailures: failures }, ['one', 'two']]);
  });

  test('fails as a whole when the work does, so that all of it comes again', async () => {
    const handler = queueBatchHandler(runtime(), queue, () => Promise.reject(new Error('the store is away')));
    await expect(handler(batch(task('one')), lambdaContext)).rejects.toThrow('the store is away');
  });
});

test('all parts of a function have one client of DynamoDB, whoever asks first', () => {
  const own = runtime();
  expect(tablesOf(own).users).toBe(tablesOf(own).users);
  expect(tablesOf(own).users).not.toBe(tablesOf(runtime()).users);
});
