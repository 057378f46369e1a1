import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod/mini';
import type { SteerableClock } from '../clock.ts';
import { Buses } from './event-bridge.ts';
import { close, decodePath, listen, readBody, refusal } from './http.ts';
import { createKeyManagement, keySchema } from './kms.ts';
import { Functions, type LambdaHandler } from './lambda.ts';
import { Scheduler, schedulesSchema } from './scheduler.ts';
import { createSecretsManager, secretsSchema } from './secrets-manager.ts';
import { publish } from './sns.ts';
import { Queues, type QueueOptions } from './sqs.ts';
import { AwsError, parseJson, type JsonService, type RestAnswer } from './service.ts';

/** The stand-ins for Secrets Manager, KMS, EventBridge, its Scheduler, Lambda, SNS and SQS, behind one URL. */
export interface LocalAws {
  /** What to give AWS clients as `endpoint`. */
  readonly url: string;
  /** The ARN of the one KMS key. */
  readonly keyArn: string;
  /** Makes a function callable by Invoke and by schedules. Returns its ARN. */
  registerFunction(name: string, handler: LambdaHandler, options?: { background?: boolean }): string;
  /** Makes a queue that hands its messages to the function of that name. Returns its URL. */
  createQueue(name: string, consumer: string, options?: QueueOptions): string;
  /** Makes an event bus that hands its events to the function of that name. */
  createBus(name: string, consumer: string): void;
  /** Waits until no `Event` call and no queued message is under way; with `background` false, only for what is quick. */
  settled(which?: { background?: boolean }): Promise<void>;
  /**
   * What all of them hold, as JSON, for `restore`. Secrets and the key are in it in the clear: keep it where only
   * its owner can read it.
   */
  snapshot(): AwsSnapshot;
  /** Stops the schedules, waits for calls and messages that are under way, and stops the server. */
  close(): Promise<void>;
}

export interface LocalAwsOptions {
  /** Schedules run on it, and everything is dated by it. */
  readonly clock: SteerableClock;
  /** Default 0: a free one. */
  readonly port?: number;
  /** A former snapshot. */
  readonly restore?: AwsSnapshot | undefined;
  /** Called when a caller has changed what a snapshot holds, before the caller is told. What it throws fails the call. */
  readonly changed?: (() => void) | undefined;
  readonly log?: (line: string) => void;
  /** How many seconds after its time a one-time schedule runs. @default at random, up to 59 as on AWS */
  readonly scheduleDelay?: (() => number) | undefined;
}

/** What the stand-ins hold. */
export const awsSnapshotSchema = z.object({
  secretsManager: secretsSchema,
  kms: keySchema,
  scheduler: schedulesSchema,
});
type AwsSnapshot = z.infer<typeof awsSnapshotSchema>;

/** More than the largest Lambda payload, 6 MB. */
const bodyLimit = 8_000_000;
/** How long somebody waits for what works in the background. */
const backgroundPatienceMs = 2000;

/**
 * Starts the AWS services that have no emulator on npm. They speak the wire protocol that the AWS SDK for
 * JavaScript 3 uses: JSON 1.1 for Secrets Manager, KMS and EventBridge, JSON 1.0 for SQS, REST with JSON for
 * Scheduler and Lambda, Query for SNS.
 *
 * Any credentials do, but a request must look signed; see {@link refusal}.
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { clock, port = 0, log = () => undefined, changed = () => undefined, restore } = options;
  const functions = new Functions(log);
  const secretsManager = createSecretsManager(clock, restore?.secretsManager);
  const kms = createKeyManagement(restore?.kms);
  const scheduler = new Scheduler(
    {
      clock,
      log,
      delay: options.scheduleDelay,
      // What a scheduled function sets going belongs to its run: time does not go on before it has ended.
      invoke: async (arn, event) => {
        const isIdle = !isBusy;
        const invocation = await functions.invoke(arn, event);
        await settled();
        // What works in the background may take minutes, and time goes on meanwhile; but what is quick is over by then.
        if (isIdle) await atMost(quiet());
        return invocation;
      },
    },
    restore?.scheduler,
  );
  const queues = new Queues({ clock, log, invoke: (name, event) => functions.invoke(name, event) });
  const buses = new Buses({ clock, start: (name, event) => functions.start(name, event) });
  const jsonServices = new Map<string, Pick<JsonService, 'actions'>>([
    ['secretsmanager', secretsManager],
    ['TrentService', kms],
    ['AmazonSQS', queues],
    ['AWSEvents', buses],
  ]);

  async function settled(which: { background?: boolean } = {}): Promise<void> {
    await functions.settled(which);
    await queues.settled(which);
  }

  let isBusy = false;
  /** Waits until nothing works in the background any more. */
  async function quiet(): Promise<void> {
    isBusy = true;
    await settled({ background: true });
    isBusy = false;
  }

  async function answer(request: IncomingMessage): Promise<RestAnswer> {
    const refused = refusal(request);
    if (refused !== undefined) throw new AwsError('AccessDeniedException', refused, 403);
    const body = await readBody(request, bodyLimit);
    if (!body) throw new AwsError('RequestTooLargeException', 'The request is too large.', 413);

    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      const xml = publish(new URLSearchParams(body.toString()), log);
      return { status: 200, headers: { 'content-type': 'text/xml' }, body: xml };
    }
    const target = request.headers['x-amz-target'];
    if (target !== undefined) {
      const [service = '', action = ''] = String(target).split('.');
      const actions = jsonServices.get(service)?.actions;
      const act = actions && Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act)
        throw new AwsError('UnknownOperationException', `${String(target)} is not among the local services.`);
      const result = act(parseJson(body.toString()));
      if (actions === secretsManager.actions && action !== 'GetSecretValue') changed();
      return { status: 200, body: JSON.stringify(result) };
    }

    const url = new URL(`http://localhost${request.url ?? '/'}`);
    const path = url.pathname.slice(1).split('/').map(decodePath);
    if (!path.every((segment) => segment !== undefined)) {
      throw new AwsError('ValidationException', 'The path is not percent-encoded UTF-8.');
    }
    const rest = {
      method: request.method ?? '',
      path,
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    const scheduled = scheduler.handle(rest);
    if (scheduled && rest.method !== 'GET') changed();
    const answered = scheduled ?? (await functions.handle(rest));
    if (!answered) {
      throw new AwsError(
        'UnknownOperationException',
        `${rest.method} ${url.pathname} is not among the local services.`,
        404,
      );
    }
    return answered;
  }

  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown) => errorAnswer(error, log))
      .then((answered) => send(request, response, answered));
  });
  const url = await listen(server, port);
  return {
    url,
    keyArn: kms.keyArn,
    registerFunction: (name, handler, options) => functions.register(name, handler, options),
    createQueue: (name, consumer, options) => url + queues.create(name, consumer, options),
    createBus: (name, consumer) => buses.create(name, consumer),
    settled: ({ background = true } = {}) => settled({ background }),
    snapshot: () => ({
      secretsManager: secretsManager.snapshot(),
      kms: kms.snapshot(),
      scheduler: scheduler.snapshot(),
    }),
    async close() {
      scheduler.close();
      await settled();
      await atMost(quiet());
      await close(server);
    },
  };
}

function atMost(work: Promise<void>): Promise<void> {
  return Promise.race([work, setTimeout(backgroundPatienceMs, undefined, { ref: false })]);
}

/** An error in the shape of both protocols: the code in `__type` and in a header. */
function errorAnswer(error: unknown, log: (line: string) => void): RestAnswer {
  if (error instanceof AwsError) {
    return {
      status: error.status,
      headers: { 'x-amzn-errortype': error.code },
      body: JSON.stringify({ __type: error.code, message: error.message, Message: error.message }),
    };
  }
  // The message might quote the request, and the request may hold a secret.
  log(`an AWS stand-in failed: ${error instanceof Error ? error.name : typeof error}`);
  return errorAnswer(new AwsError('InternalFailure', 'The stand-in failed.', 500), log);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: RestAnswer,
): void {
  const contentType =
    request.headers['x-amz-target'] === undefined ? 'application/json' : 'application/x-amz-json-1.1';
  response.writeHead(status, { 'content-type': contentType, 'x-amzn-requestid': randomUUID(), ...headers });
  response.end(body);
}
