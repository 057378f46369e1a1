import { expect, test } from '@jest/globals';
import { reckonFirstSync } from '../../bench/first-sync-reckoning.ts';
import { firstSyncTables } from '../../bench/first-sync-table.ts';
import { runFirstSync, type FirstSyncResult } from '../../bench/first-sync.ts';

const silent = () => undefined;

test('a first sync goes through the queue to the details of all, and each call and message is counted', async () => {
  const result = await runFirstSync({ size: 230 }, silent);
  expect(result).toMatchObject({
    mirrored: 230,
    withDetails: 230,
    calls: { '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 3 },
    share: { list: 200, details: 200_000 },
    days: 1,
    runs: { details: 3 },
    messages: 3,
  });
  expect(firstSyncTables([result])).toContain('| messages in the queue | 3 |');
});

test('where a day’s share is spent, time goes on to the next day', async () => {
  // Of five calls a day syncs may spend 40 %.
  const dailyLimits = { '/cgi-bin/user/info/batchget': 5 };
  const result = await runFirstSync({ size: 430, dailyLimits }, silent);
  expect(result).toMatchObject({
    withDetails: 430,
    calls: { '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 5 },
    share: { details: 2 },
    days: 3,
  });
});

const measured: FirstSyncResult = {
  size: 1000,
  mirrored: 1000,
  withDetails: 1000,
  calls: {},
  share: { list: 200, details: 200_000 },
  days: 1,
  runs: { sync: 1, details: 10 },
  messages: 10,
  seconds: 0,
  sync: {
    peakMiB: 0,
    cpuSeconds: 0,
    dynamo: { PutItem: { requests: 1000, units: 1050 }, Query: { requests: 10, units: 100 } },
  },
  details: {
    peakMiB: 0,
    cpuSeconds: 0,
    dynamo: { UpdateItem: { requests: 1000, units: 1010 }, BatchGetItem: { requests: 10, units: 500 } },
  },
  rest: { cpuSeconds: 0, peakMiB: 0 },
};

test('what a larger account takes is reckoned by the person, and its pages and calls are counted', () => {
  const { calls, writes, reads, dollars } = reckonFirstSync(measured, 10_000_000);
  expect(calls).toEqual({ list: 1001, details: 100_000 });
  expect(writes).toEqual({ table: 20_600_000, indexes: 30_000_000 });
  expect(reads).toBe(6_000_000);
  expect(dollars.dynamo).toBeCloseTo(31.63 + 0.75, 1);
  expect(dollars.sqs).toBeCloseTo(0.08);
});

test('the days of the list and those of the details share one', () => {
  const daysOf = (size: number) => reckonFirstSync(measured, size).days;
  expect(daysOf(1_000_000)).toEqual({ ofCalls: 1, ofPeople: 2 });
  expect(daysOf(10_000_000)).toEqual({ ofCalls: 6, ofPeople: 25 });
  expect(daysOf(50_000_000)).toEqual({ ofCalls: 28, ofPeople: 125 });
});
