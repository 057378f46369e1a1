import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Invocation } from './lambda.ts';
import { accountId, AwsError, parseInput, region, type JsonService } from './service.ts';

/** How often a message that fails is delivered anew before it counts as a dead letter. */
const redeliveries = 3;
const maxBytes = 1_048_576;

interface Queue {
  readonly name: string;
  readonly consumer: string;
  /** How many messages the consumer is called with at once. */
  readonly maxConcurrency: number;
  /** Whether nobody waits for it by the way. */
  readonly background: boolean;
  readonly underWay: Set<Promise<void>>;
  readonly waiting: (() => void)[];
  running: number;
  /** Messages put aside after the last delivery. */
  deadLetters: number;
}

/** Of a queue's dead letters there is no more than their number, at its URL with this behind it. */
export const deadLetterSuffix = '-dead-letters';

interface Message {
  readonly id: string;
  readonly body: string;
  readonly sentAt: number;
}

const bodySchema = z.string().check(z.minLength(1));
const inputs = {
  send: z.object({ QueueUrl: z.string(), MessageBody: bodySchema }),
  attributes: z.object({ QueueUrl: z.string() }),
};

const batchResponseSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});

/** How a queue is worked off. */
export interface QueueOptions {
  /** How many messages its function is called with at once. Default: any number. */
  readonly maxConcurrency?: number;
  /** Whether `settled` passes it over, unless told otherwise. */
  readonly background?: boolean;
}

/** What the queues work with. */
export interface QueueSurroundings {
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Calls the function of that name or ARN with an event, as JSON. */
  readonly invoke: (nameOrArn: string, event: string) => Promise<Invocation>;
}

/**
 * Amazon SQS, as far as sending goes, with the event source mapping that hands each message to a Lambda function at
 * once. A message whose function fails, or that is named in `batchItemFailures`, comes up to three times more, and is
 * then logged as a dead letter. What waits is lost with the process; message attributes and delays are passed over.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
export class Queues implements Pick<JsonService, 'actions'> {
  readonly #queues = new Map<string, Queue>();
  readonly #surroundings: QueueSurroundings;

  constructor(surroundings: QueueSurroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Makes a queue whose messages go to the function of that name or ARN, in any number at once unless a number is given.
   * Its URL ends in the path returned.
   */
  create(name: string, consumer: string, { maxConcurrency, background }: QueueOptions = {}): string {
    const path = `/${accountId}/${name}`;
    this.#queues.set(path, {
      name,
      consumer,
      maxConcurrency: maxConcurrency ?? Number.POSITIVE_INFINITY,
      background: background ?? false,
      underWay: new Set(),
      waiting: [],
      running: 0,
      deadLetters: 0,
    });
    return path;
  }

  /** Waits until no message is under way; in queues that work in the background, only if told to. */
  async settled({ background = false } = {}): Promise<void> {
    const queues = [...this.#queues.values()].filter((queue) => background || !queue.background);
    while (queues.some(({ underWay }) => underWay.size > 0)) {
      await Promise.all(queues.flatMap(({ underWay }) => [...underWay]));
    }
  }

  readonly actions = {
    GetQueueAttributes: (raw: unknown) => {
      const { QueueUrl } = parseInput(inputs.attributes, raw);
      const isDeadLetters = QueueUrl.endsWith(deadLetterSuffix);
      const queue = this.#find(isDeadLetters ? QueueUrl.slice(0, -deadLetterSuffix.length) : QueueUrl);
      const [visible, notVisible] = isDeadLetters
        ? [queue.deadLetters, 0]
        : [queue.waiting.length, queue.running];
      return {
        Attributes: {
          ApproximateNumberOfMessages: `${visible}`,
          ApproximateNumberOfMessagesNotVisible: `${notVisible}`,
          ApproximateNumberOfMessagesDelayed: '0',
        },
      };
    },
    SendMessage: (raw: unknown) => {
      const { QueueUrl, MessageBody } = parseInput(inputs.send, raw);
      return this.#send(this.#find(QueueUrl), MessageBody);
    },
  };

  #find(url: string): Queue {
    const queue = URL.canParse(url) ? this.#queues.get(new URL(url).pathname) : undefined;
    if (!queue) {
      throw new AwsError(
        'com.amazonaws.sqs#QueueDoesNotExist',
        'The specified queue does not exist for this wsdl version.',
      );
    }
    return queue;
  }

  #send(queue: Queue, body: string): { MessageId: string; MD5OfMessageBody: string } {
    if (Buffer.byteLength(body) > maxBytes) {
      throw new AwsError(
        'InvalidParameterValue',
        'One or more parameters are invalid: the message is too long.',
      );
    }
    // What XML 1.0 does not allow.
    if (/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(body)) {
      throw new AwsError('InvalidMessageContents', 'Invalid characters in the message.');
    }
    const message = { id: randomUUID(), body, sentAt: this.#surroundings.clock.now() * 1000 };
    // The sender has its answer before the consumer begins.
    const run = new Promise(setImmediate)
      .then(() => this.#inTurn(queue, () => this.#deliver(queue, message)))
      .finally(() => queue.underWay.delete(run));
    queue.underWay.add(run);
    return { MessageId: message.id, MD5OfMessageBody: md5(body) };
  }

  async #inTurn(queue: Queue, deliver: () => Promise<void>): Promise<void> {
    if (queue.running >= queue.maxConcurrency) {
      await new Promise<void>((resolve) => {
        queue.waiting.push(resolve);
      });
    }
    queue.running += 1;
    try {
      await deliver();
    } finally {
      queue.running -= 1;
      queue.waiting.shift()?.();
    }
  }

  async #deliver(queue: Queue, message: Message): Promise<void> {
    const { log, invoke } = this.#surroundings;
    for (let received = 1; received <= 1 + redeliveries; received += 1) {
      try {
        const event = JSON.stringify({ Records: [this.#record(queue, message, received)] });
        if (!hasFailed(await invoke(queue.consumer, event))) return;
      } catch (error) {
        log(`the queue ${queue.name} has no consumer: ${error instanceof Error ? error.message : ''}`);
      }
    }
    queue.deadLetters += 1;
    log(`a message of the queue ${queue.name} is a dead letter after ${1 + redeliveries} deliveries`);
  }

  #record(queue: Queue, { id, body, sentAt }: Message, received: number) {
    return {
      messageId: id,
      receiptHandle: randomUUID(),
      body,
      attributes: {
        ApproximateReceiveCount: `${received}`,
        SentTimestamp: `${sentAt}`,
        SenderId: accountId,
        ApproximateFirstReceiveTimestamp: `${sentAt}`,
      },
      messageAttributes: {},
      md5OfBody: md5(body),
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${region}:${accountId}:${queue.name}`,
      awsRegion: region,
    };
  }
}

/** The batch is this one message, so whatever is named failed; Lambda takes a malformed answer for a failure, too. */
function hasFailed({ failed, payload }: Invocation): boolean {
  if (failed) return true;
  const answer: unknown = JSON.parse(payload);
  if (typeof answer !== 'object' || answer === null || !('batchItemFailures' in answer)) return false;
  const parsed = batchResponseSchema.safeParse(answer);
  if (!parsed.success) return true;
  return parsed.data.batchItemFailures.length > 0;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
