import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { LocalAws } from '../../local/aws/server.ts';
import type { SteerableClock } from '../../local/clock.ts';
import { clientConfig, startForTest } from './clients.ts';

let aws: LocalAws;
let clock: SteerableClock;
let log: string[];
let client: EventBridgeClient;

beforeEach(async () => {
  ({ aws, clock, log } = await startForTest());
  client = new EventBridgeClient(clientConfig(aws.url));
});
afterEach(async () => {
  client.destroy();
  await aws.close();
});

const put = (EventBusName: string) =>
  client.send(
    new PutEventsCommand({
      Entries: [
        { EventBusName, Source: 'wechat-keyring', DetailType: 'event.SCAN', Detail: '{"openid":"o1"}' },
      ],
    }),
  );

test('an event on a bus is handed to its function, in the envelope of EventBridge', async () => {
  const received: unknown[] = [];
  aws.registerFunction('consumer', (event) => Promise.resolve(received.push(event)));
  aws.createBus('pushes', 'consumer');
  const { FailedEntryCount, Entries } = await put('pushes');
  await aws.settled();
  expect(FailedEntryCount).toBe(0);
  expect(received).toEqual([
    {
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'event.SCAN',
      source: 'wechat-keyring',
      account: '000000000000',
      time: new Date(clock.now() * 1000).toISOString().replace('.000Z', 'Z'),
      region: 'us-east-1',
      resources: [],
      detail: { openid: 'o1' },
    },
  ]);
});

test('a function that fails at an event is a line of the log, without what the event tells', async () => {
  aws.registerFunction('consumer', () => Promise.reject(new RangeError('no')));
  aws.createBus('pushes', 'consumer');
  await put('pushes');
  await aws.settled();
  expect(log).toEqual(['consumer failed: RangeError: no']);
});

test('there is no other bus', async () => {
  await expect(put('orders')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
