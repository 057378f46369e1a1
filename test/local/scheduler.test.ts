import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  ValidationException,
  type CreateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LocalAws } from '../../local/aws/server.ts';
import { SteerableClock } from '../../local/clock.ts';
import { clientConfig, startForTest } from './clients.ts';

let aws: LocalAws;
let clock: SteerableClock;
let log: string[];
let client: SchedulerClient;
let arn: string;
let start: number;
/** The time that the clock follows, in Unix seconds. */
let real: number;
/** The events that the target got, and how long after the start of the test, in seconds. */
let calls: { event: unknown; after: number }[];

beforeEach(async () => {
  real = 1_800_000_000;
  const time = { now: () => real, sleep: () => Promise.reject(new Error('Nobody sleeps here.')) };
  clock = new SteerableClock(0, time);
  ({ aws, log } = await startForTest({ clock }));
  client = new SchedulerClient(clientConfig(aws.url));
  calls = [];
  start = clock.now();
  arn = aws.registerFunction('refresh', (event) => {
    calls.push({ event, after: clock.now() - start });
    return Promise.resolve();
  });
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

const at = (seconds: number) => `at(${new Date(seconds * 1000).toISOString().slice(0, 19)})`;

function schedule(changes: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput {
  return {
    Name: 'next',
    ScheduleExpression: at(start + 600),
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: arn, RoleArn: 'arn:aws:iam::000000000000:role/r', Input: '{"account":"wx1"}' },
    ...changes,
  };
}
const create = (changes?: Partial<CreateScheduleCommandInput>) =>
  client.send(new CreateScheduleCommand(schedule(changes)));
const names = async () =>
  (await client.send(new ListSchedulesCommand({}))).Schedules?.map(({ Name }) => Name);

const callTimes = () => calls.map(({ after }) => after);

describe('a one-time schedule', () => {
  test('calls its function with its input when the time has come, and not before', async () => {
    await create();
    await clock.advance(599);
    expect(calls).toEqual([]);
    await clock.advance(1);
    expect(callTimes()).toEqual([600]);
    expect(calls[0]?.event).toEqual({ account: 'wx1' });
  });

  test('stays after its run, and runs no more', async () => {
    await create();
    await clock.advance(100_000);
    expect(calls).toHaveLength(1);
    expect(await names()).toEqual(['next']);
  });

  test('is gone after its run when it is to delete itself', async () => {
    await create({ ActionAfterCompletion: 'DELETE' });
    await clock.advance(600);
    expect(await names()).toEqual([]);
  });

  test('in the past runs as soon as the clock looks', async () => {
    await create({ ScheduleExpression: at(start - 3600) });
    await clock.tick();
    expect(callTimes()).toEqual([0]);
  });

  test('does not run when it is deleted', async () => {
    await create();
    await client.send(new DeleteScheduleCommand({ Name: 'next' }));
    await clock.advance(10_000);
    expect(calls).toEqual([]);
  });
});

describe('a rate', () => {
  test('runs at once and then at every interval', async () => {
    await create({ ScheduleExpression: 'rate(5 minutes)' });
    await clock.advance(600);
    expect(callTimes()).toEqual([0, 300, 600]);
  });

  test('runs once for all the times that a sleeping machine has missed, and then keeps its beat', async () => {
    await create({ ScheduleExpression: 'rate(5 minutes)' });
    await clock.tick();
    real += 3610;
    await clock.tick();
    await clock.advance(300);
    expect(callTimes()).toEqual([0, 3610, 3900]);
  });

  test('survives a function that throws', async () => {
    aws.registerFunction('refresh', () => {
      calls.push({ event: undefined, after: clock.now() - start });
      return Promise.reject(new RangeError('no'));
    });
    await create({ ScheduleExpression: 'rate(60 minutes)' });
    await clock.advance(3600);
    expect(callTimes()).toEqual([0, 3600]);
  });
});

describe('a run that fails', () => {
  test('is repeated at once as often as the retry policy allows, and logged', async () => {
    aws.registerFunction('refresh', (event) => {
      calls.push({ event, after: clock.now() - start });
      return Promise.reject(new RangeError('not now'));
    });
    const target = { Arn: arn, RoleArn: 'role', Input: '"refresh"' };
    await create({ Target: { ...target, RetryPolicy: { MaximumRetryAttempts: 2 } } });
    await clock.advance(600);
    expect(calls.map(({ event }) => event)).toEqual(['refresh', 'refresh', 'refresh']);
    expect(log).toHaveLength(3);
    expect(log[2]).toBe('schedule next: attempt 3 of 3 failed: RangeError: not now');
  });

  test('stops at the attempt that succeeds', async () => {
    aws.registerFunction('refresh', (event) => {
      calls.push({ event, after: clock.now() - start });
      return calls.length < 2 ? Promise.reject(new RangeError('not now')) : Promise.resolve();
    });
    await create({
      Target: { Arn: arn, RoleArn: 'role', Input: '{}', RetryPolicy: { MaximumRetryAttempts: 5 } },
    });
    await clock.advance(600);
    expect(calls).toHaveLength(2);
  });

  test('because there is no such function is logged', async () => {
    await create({ Target: { Arn: arn.replace('refresh', 'nobody'), RoleArn: 'role', Input: '{}' } });
    await clock.advance(600);
    expect(log).toEqual([expect.stringContaining('Function not found')]);
  });
});

describe('what AWS refuses', () => {
  test('a second schedule of the same name', async () => {
    await create();
    await expect(create()).rejects.toBeInstanceOf(ConflictException);
  });

  test.each([
    ['delete', () => client.send(new DeleteScheduleCommand({ Name: 'next' }))],
    ['create in a group', () => create({ GroupName: 'nowhere' })],
  ])('to %s what does not exist', async (_action, send) => {
    await expect(send()).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test.each([
    ['a malformed expression', { ScheduleExpression: 'at(tomorrow)' }],
    ['a rate of nothing', { ScheduleExpression: 'rate(0 minutes)' }],
    ['a name with a #', { Name: 'wx1#access_token' }],
    ['a time zone other than UTC', { ScheduleExpressionTimezone: 'Asia/Shanghai' }],
    ['a state other than enabled, which is not supported', { State: 'DISABLED' as const }],
    ['a start date, which is not supported', { StartDate: new Date() }],
    [
      'a target that is no function',
      { Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:q', RoleArn: 'role', Input: '{}' } },
    ],
  ])('%s', async (_fault, changes) => {
    await expect(create(changes)).rejects.toBeInstanceOf(ValidationException);
  });
});

test('a list has each schedule, in the one group there is', async () => {
  await create({ GroupName: 'default', Description: 'next refresh' });
  const { Schedules } = await client.send(new ListSchedulesCommand({}));
  expect(Schedules).toEqual([
    {
      Name: 'next',
      GroupName: 'default',
      Arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/next',
      State: 'ENABLED',
      Target: { Arn: arn },
    },
  ]);
});
