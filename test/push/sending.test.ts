import type { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, test } from '@jest/globals';
import { eventBus } from '../../shared/push/event-bus.ts';
import type { PushMessage } from '../../shared/push/push-message.ts';
import { sqsQueue } from '../../shared/push/push-queue.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const message: PushMessage = {
  id: 'an id',
  delivery: 'a delivery',
  account: parseAppId('wx0123456789abcdef'),
  type: 'event',
  event: 'VIEW',
  openid: 'oUser',
  revoked: '205',
  createdAt: 1714112445,
  isSigned: true,
  fields: { MsgType: 'event', Event: 'VIEW' },
};

describe('the event bus', () => {
  async function passOn(answer: object, sent = message) {
    const inputs: unknown[] = [];
    const client = {
      send: (command: PutEventsCommand) => {
        inputs.push(command.input);
        return Promise.resolve(answer);
      },
    } as unknown as EventBridgeClient;
    await eventBus(client, 'pushes')(sent);
    return inputs;
  }

  test('gets a push under the deployment’s name, with its kind, without what is for the worker alone', async () => {
    const { id, account, type, event, openid, createdAt, fields } = message;
    expect(await passOn({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] })).toEqual([
      {
        Entries: [
          {
            EventBusName: 'pushes',
            Source: 'wechat-keyring',
            DetailType: 'event.VIEW',
            Detail: JSON.stringify({ id, account, type, event, openid, createdAt, fields }),
          },
        ],
      },
    ]);
  });

  test('is told which elements were left out', async () => {
    const [input] = await passOn({}, { ...message, leftOut: ['Content'] });
    expect(JSON.stringify(input)).toContain('leftOut\\":[\\"Content\\"]');
  });

  test('gets what is no event under its type alone', async () => {
    expect(await passOn({}, { ...message, type: 'text', event: undefined })).toMatchObject([
      { Entries: [{ DetailType: 'text' }] },
    ]);
  });

  test.each([
    ['with its reason', { FailedEntryCount: 1, Entries: [{ ErrorCode: 'Full' }] }, 'Full'],
    ['without one', { FailedEntryCount: 1, Entries: [{}] }, 'without a reason'],
    ['with an empty list', { FailedEntryCount: 1, Entries: [] }, 'without a reason'],
    ['without a list', { FailedEntryCount: 1 }, 'without a reason'],
  ])('says that it refused a push, %s', async (_, answer, reason) => {
    await expect(passOn(answer)).rejects.toThrow(`The event bus refused a push: ${reason}.`);
  });
});

describe('the queue', () => {
  test('gets the push as JSON, within three seconds, without the two characters that SQS refuses', async () => {
    const calls: unknown[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const enqueue = sqsQueue((operation, input, options) => {
      calls.push([operation, input]);
      signals.push(options?.signal);
      return Promise.resolve({});
    }, 'https://queue');
    const strange = { ...message, fields: { Content: 'a\uFFFE\uFFFFb\uFFFE\uFFFF' } };
    await enqueue(strange);
    const MessageBody = JSON.stringify({ ...message, fields: { Content: '-' } }).replace(
      '-"}',
      'a\\ufffe\\uffffb\\ufffe\\uffff"}',
    );
    expect(calls).toEqual([['SendMessage', { QueueUrl: 'https://queue', MessageBody }]]);
    expect(JSON.parse(MessageBody)).toEqual(strange);
    expect(signals[0]).toBeInstanceOf(AbortSignal);
  });
});
