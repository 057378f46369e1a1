import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { accountId, AwsError, region, type RestAnswer, type RestRequest } from './service.ts';

/** A Lambda function's handler, as it is called: with whatever JSON was sent to it. */
export type LambdaHandler = (event: unknown, context: Context) => Promise<unknown>;

/** What came of a call: the JSON text of the result, or of the error as `{errorType, errorMessage, trace}`. */
export interface Invocation {
  readonly failed: boolean;
  readonly payload: string;
}

/** The longest a Lambda function may run. Not enforced: it is what a function called directly is told it has. */
const maxMs = 900_000;

/** The ARN of the function of that name. */
function functionArn(name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

/**
 * Calls a handler as Lambda does: event and result pass through JSON, what is thrown becomes an error payload.
 * Never throws.
 *
 * @param deadlineMs how long the context says that the function has, in milliseconds
 */
export async function callFunction(
  name: string,
  handler: LambdaHandler,
  event: string,
  deadlineMs = maxMs,
  requestId: string = randomUUID(),
): Promise<Invocation> {
  const endsAt = performance.now() + deadlineMs;
  // The three callbacks of the type are gone from the runtime since Node 24.
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn(name),
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, Math.round(endsAt - performance.now())),
  } as Context;
  try {
    const result: unknown = await handler(JSON.parse(event), context);
    return { failed: false, payload: toJson(result) };
  } catch (error) {
    return { failed: true, payload: JSON.stringify(errorPayload(error)) };
  }
}

/** A failed call in one line, for a log. */
export function describeFailure({ payload }: Invocation): string {
  const { errorType, errorMessage } = JSON.parse(payload) as ReturnType<typeof errorPayload>;
  return `${errorType}: ${errorMessage}`;
}

/** JSON has no `undefined`; Lambda answers `null` for it. */
function toJson(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function errorPayload(error: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

/** Lambda's concurrency is limited, too; here everything shares one thread. */
const maxConcurrentEvents = 100;

/** AWS Lambda's Invoke, for functions that live in this process. */
export class Functions {
  readonly #handlers = new Map<string, LambdaHandler>();
  /** Of functions that work in the background: what runs, with all that waits for it. */
  readonly #background = new Map<string, Promise<void>>();
  readonly #log: (line: string) => void;
  readonly #underWay = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /**
   * Makes the function callable, in place of any of that name. Returns its ARN. `Event` calls of one that works in the
   * background run one after the other, and `settled` does not wait for them unless it is told to.
   */
  register(name: string, handler: LambdaHandler, { background = false } = {}): string {
    this.#handlers.set(name, handler);
    if (background) this.#background.set(name, Promise.resolve());
    return functionArn(name);
  }

  /** Calls a function by its name or ARN. Throws ResourceNotFoundException for one that is not registered. */
  invoke(nameOrArn: string, event: string): Promise<Invocation> {
    const [name, handler] = this.#find(nameOrArn);
    return callFunction(name, handler, event);
  }

  /**
   * `POST /2015-03-31/functions/{function}/invocations`. An `Event` call that fails is logged; Lambda's two
   * later retries of such a call are left out.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
   */
  async handle({ method, path, headers, body }: RestRequest): Promise<RestAnswer | undefined> {
    const [version, collection, nameOrArn, action] = path;
    const isInvoke = version === '2015-03-31' && collection === 'functions' && action === 'invocations';
    if (method !== 'POST' || nameOrArn === undefined || !isInvoke || path.length !== 4) return undefined;

    const event = body.length === 0 ? '{}' : body.toString();
    try {
      JSON.parse(event);
    } catch {
      throw new AwsError('InvalidRequestContentException', 'The payload is not JSON.');
    }
    const [name, handler] = this.#find(nameOrArn);
    const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
    switch (type) {
      case 'Event':
        this.start(name, event);
        return { status: 202 };
      case 'RequestResponse': {
        const { failed, payload } = await callFunction(name, handler, event);
        return {
          status: 200,
          headers: {
            'x-amz-executed-version': '$LATEST',
            ...(failed && { 'x-amz-function-error': 'Unhandled' }),
          },
          body: payload,
        };
      }
      default:
        throw new AwsError(
          'InvalidParameterValueException',
          'The invocation type is not one that Lambda has.',
        );
    }
  }

  /** Waits for the `Event` calls that are under way. */
  async settled({ background = false } = {}): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (background) await Promise.all(this.#background.values());
  }

  /** Calls a function as an `Event` call does. Throws ResourceNotFoundException for one that is not registered. */
  start(nameOrArn: string, event: string): void {
    const [name, handler] = this.#find(nameOrArn);
    const before = this.#background.get(name);
    if (before) {
      const run = before.then(async () => {
        const invocation = await callFunction(name, handler, event);
        if (invocation.failed) this.#log(`${name} failed: ${describeFailure(invocation)}`);
      });
      this.#background.set(name, run);
      return;
    }
    if (this.#underWay.size >= maxConcurrentEvents) {
      this.#waiting.push(() => {
        this.start(name, event);
      });
      return;
    }
    const run = callFunction(name, handler, event).then((invocation) => {
      if (invocation.failed) this.#log(`${name} failed: ${describeFailure(invocation)}`);
      this.#underWay.delete(run);
      this.#waiting.shift()?.();
    });
    this.#underWay.add(run);
  }

  #find(nameOrArn: string): [string, LambdaHandler] {
    const prefix = functionArn('');
    const name = nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn;
    const handler = this.#handlers.get(name);
    if (!handler) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
    }
    return [name, handler];
  }
}
