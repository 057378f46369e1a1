import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterEach, expect, test } from '@jest/globals';
import { schedulerBookings } from '../../shared/credentials/bookings.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { startRecorder, type Answer, type Recorder } from '../platform/recorder.ts';

const appId = parseAppId('wx0123456789abcdef');
/** 2027-01-15, 08:00:00 UTC. */
const minute = 1_800_000_000;
let recorder: Recorder;
afterEach(() => recorder.close());

async function book(at: number, answer: Answer = {}): Promise<{ path: string; schedule: unknown }[]> {
  recorder = await startRecorder(() => answer);
  const bookings = schedulerBookings(new SchedulerClient({ ...recorder.config, maxAttempts: 1 }), {
    functionArn: 'arn:function',
    roleArn: 'arn:role',
    deadLetterArn: 'arn:dead',
    group: 'group',
    credential: 'jsapi_ticket',
  });
  await bookings.book(appId, at, new AbortController().signal);
  return recorder.received.map(({ url, body }) => ({ path: url, schedule: JSON.parse(body) as unknown }));
}

test('a refresh is booked once, for a whole minute, as a schedule that goes with its run', async () => {
  expect(await book(minute)).toEqual([
    {
      path: `/schedules/jsapi_ticket-${appId}-${minute}`,
      schedule: {
        ActionAfterCompletion: 'DELETE',
        ClientToken: expect.any(String),
        FlexibleTimeWindow: { Mode: 'OFF' },
        GroupName: 'group',
        ScheduleExpression: 'at(2027-01-15T08:00:00)',
        ScheduleExpressionTimezone: 'UTC',
        Target: {
          Arn: 'arn:function',
          RoleArn: 'arn:role',
          Input: JSON.stringify({
            kind: 'refresh',
            credential: 'jsapi_ticket',
            account: appId,
            need: { reason: 'due', bookedFor: minute },
          }),
          DeadLetterConfig: { Arn: 'arn:dead' },
          RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 1 },
        },
      },
    },
  ]);
});

test('a time within a minute is booked for the next one', async () => {
  expect(await book(minute - 59)).toMatchObject([
    { schedule: { ScheduleExpression: 'at(2027-01-15T08:00:00)' } },
  ]);
});

test('what is booked already is booked', async () => {
  const headers = { 'x-amzn-errortype': 'ConflictException' };
  await expect(book(minute, { status: 409, headers })).resolves.toHaveLength(1);
});

test('another refusal is thrown', async () => {
  const headers = { 'x-amzn-errortype': 'ResourceNotFoundException' };
  await expect(book(minute, { status: 404, headers })).rejects.toThrow();
});
