import { QueueDoesNotExist, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LocalAws } from '../../local/aws/server.ts';
import { clientConfig, startForTest } from './clients.ts';

interface Record {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

let aws: LocalAws;
let client: SQSClient;
let log: string[];
let received: Record[];
/** What the consumer does with a record; it then returns this. */
let consume: (record: Record) => unknown;
let QueueUrl: string;

beforeEach(async () => {
  ({ aws, log } = await startForTest());
  client = new SQSClient(clientConfig(aws.url));
  received = [];
  consume = () => undefined;
  aws.registerFunction('consumer', (event) => {
    const [record] = (event as { Records: [Record] }).Records;
    received.push(record);
    return Promise.resolve().then(() => consume(record));
  });
  QueueUrl = aws.createQueue('pushes', 'consumer');
});

afterEach(async () => {
  client.destroy();
  await aws.close();
});

describe('a message', () => {
  test("is handed to the queue's function as SQS does", async () => {
    const { MessageId, MD5OfMessageBody } = await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '你好' }),
    );
    await aws.settled();
    expect(received).toEqual([
      {
        messageId: MessageId,
        receiptHandle: expect.any(String),
        body: '你好',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: '000000000000',
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {},
        md5OfBody: MD5OfMessageBody,
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:pushes',
        awsRegion: 'us-east-1',
      },
    ]);
  });

  test('comes again when its function throws, and no more once it succeeds', async () => {
    consume = ({ attributes }) => {
      if (attributes.ApproximateReceiveCount < '3') throw new Error('not yet');
    };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
    await aws.settled();
    expect(received.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['1', '2', '3']);
    expect(log).toEqual([]);
  });

  test('that is reported as failed comes three times more, and is then a dead letter', async () => {
    consume = ({ messageId }) => ({ batchItemFailures: [{ itemIdentifier: messageId }] });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'secret' }));
    await aws.settled();
    expect(received).toHaveLength(4);
    expect(log).toEqual(['a message of the queue pushes is a dead letter after 4 deliveries']);
  });

  test('is done when no failures are reported', async () => {
    consume = () => ({ batchItemFailures: [] });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
    await aws.settled();
    expect(received).toHaveLength(1);
  });

  test('with a character that XML does not have is refused', async () => {
    const send = client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a\uFFFF' }));
    await expect(send).rejects.toMatchObject({ name: 'InvalidMessageContents' });
  });

  test('to a queue that is not there is refused', async () => {
    const send = client.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}s`, MessageBody: 'a' }));
    await expect(send).rejects.toBeInstanceOf(QueueDoesNotExist);
  });
});
