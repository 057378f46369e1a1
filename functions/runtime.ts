import type { Context } from 'aws-lambda';
import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { databaseLimits } from '../shared/credentials/timing.ts';
import { systemClock, type Clock } from '../shared/platform/clock.ts';
import { lambdasWith, type Lambdas } from '../shared/platform/lambdas.ts';
import type { Log, LogSink } from '../shared/platform/log.ts';
import { emfMetrics, noMetrics, type Metrics } from '../shared/platform/metrics.ts';
import { namingRequests, withRequestId } from '../shared/platform/request-id.ts';
import type { Table } from '../shared/platform/table.ts';
import type { ForwardRules } from '../shared/push/forward-address.ts';
import { MissingVariablesError, type FoundEnvironment } from './environment.ts';

// Without a language zod/mini says "Invalid input" of everything.
z.config(en());

/** What a function finds around it: on AWS the real thing, in the local stack and in tests whatever they pass. */
export interface Runtime {
  readonly environment: FoundEnvironment;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Default: those of DynamoDB that the environment names. */
  readonly tables?: Tables | undefined;
  /** Where pushes may be forwarded. Default: to the internet. The local stack lets its own machine be one, too. */
  readonly forwarding?: ForwardRules | undefined;
}

export interface Tables {
  readonly credentials: Table;
  readonly users: Table;
  readonly followers: Table;
}

export type LambdaHandler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * Makes the handler that Lambda calls. On Lambda it is built while the function starts, when the processor is at
 * full speed; anywhere else an import builds nothing. What is logged has Lambda's id of the run, unless the handler has a
 * request of API Gateway's with an id of its own.
 */
export function onLambda<Event, Result>(
  create: (runtime: Runtime) => LambdaHandler<Event, Result>,
): LambdaHandler<Event, Result> {
  let handler = process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? undefined : build(create);
  return (event, context) => {
    const built = (handler ??= build(create));
    return withRequestId(context.awsRequestId, () => built(event, context));
  };
}

/**
 * Each part asks for its own variables, and the first that misses some throws. So it is put together once more with
 * stand-ins for those, until all that is missing is known.
 */
function build<Handler>(create: (runtime: Runtime) => Handler, missing: readonly string[] = []): Handler {
  const standIns = Object.fromEntries(missing.map((name) => [name, 'https://missing.invalid']));
  try {
    const handler = create(lambdaRuntime({ ...process.env, ...standIns }));
    if (missing.length === 0) return handler;
  } catch (error) {
    if (error instanceof MissingVariablesError) return build(create, [...missing, ...error.names]);
    if (missing.length === 0) throw error;
  }
  throw new MissingVariablesError(missing);
}

function lambdaRuntime(environment: FoundEnvironment): Runtime {
  const stage = environment.KEYRING_METRICS_STAGE;
  const metrics = stage ? emfMetrics({ stage, clock: systemClock, write: writeLine }) : noMetrics;
  return { environment, clock: systemClock, log: lambdaLog, metrics };
}

/**
 * One line of JSON for each event, in members that Lambda knows. Lambda takes such lines as they are.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
const lambdaLog: LogSink = namingRequests({
  info: (message, fields) => {
    logLine('INFO', message, fields);
  },
  warn: (message, fields) => {
    logLine('WARN', message, fields);
  },
  error: (message, fields) => {
    logLine('ERROR', message, fields);
  },
});

function logLine(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const line = { level, message, timestamp: new Date().toISOString(), service: 'wechat-keyring', ...fields };
  writeLine(JSON.stringify(line));
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * How many milliseconds an AWS service may be silent while a connection is made, and then at a stretch until the answer
 * is there. A connection that died while the environment was frozen is silent, and a client of the SDK waits 5 minutes
 * for it. One attempt at DynamoDB that is lost to it leaves time for another within WeChat's 5 seconds. Some of what the
 * other services do is seen when it is done twice, such as a mail, so they have longer; where somebody waits, the call
 * has a deadline of its own.
 */
const silence = {
  dynamoDb: {
    connectionTimeout: databaseLimits.connectionSeconds * 1000,
    socketTimeout: databaseLimits.silenceSeconds * 1000,
  },
  others: { connectionTimeout: 5000, socketTimeout: 5000 },
};

/** For stand-ins that are slower than AWS, or that die sooner: the milliseconds in the place of all such limits. */
export function socketTimeoutMs({ environment }: Runtime): number | undefined {
  const { KEYRING_AWS_SOCKET_TIMEOUT_MS: text } = environment;
  return text === undefined ? undefined : Number(text);
}

/**
 * What every AWS client is made with. Lambda provides region and credentials; `AWS_ENDPOINT_URL_<service>`
 * leads elsewhere, as it does for the AWS command line.
 */
export function awsClientConfig(runtime: Runtime, service: string) {
  const { environment } = runtime;
  const patience = socketTimeoutMs(runtime);
  const endpoint = environment[`AWS_ENDPOINT_URL_${service}`] ?? environment['AWS_ENDPOINT_URL'];
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  } = environment;
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  return {
    maxAttempts: databaseLimits.attempts,
    // Its `requestTimeout` would be over with the headers of the answer.
    requestHandler:
      patience === undefined
        ? silence[service === 'DYNAMODB' ? 'dynamoDb' : 'others']
        : { connectionTimeout: patience, socketTimeout: patience },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      }),
  };
}

/** How many functions a sweep may have working at once. `undefined`: as many as there is work for. */
export function sweepStartsOf({ environment }: Runtime): number | undefined {
  const { KEYRING_SWEEP_STARTS: text } = environment;
  return text === undefined ? undefined : Number(text);
}

/** Runs other functions. */
export function lambdasOf(runtime: Runtime): Lambdas {
  return lambdasWith({ ...awsClientConfig(runtime, 'LAMBDA'), clock: runtime.clock });
}
