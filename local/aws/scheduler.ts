import * as z from 'zod/mini';
import type { SteerableClock } from '../clock.ts';
import type { Invocation } from './lambda.ts';
import { describeFailure } from './lambda.ts';
import {
  accountId,
  AwsError,
  parseInput,
  parseJson,
  region,
  type RestAnswer,
  type RestRequest,
} from './service.ts';

const nameSchema = z.string().check(z.regex(/^[\w.-]{1,64}$/));

/** The one group of schedules, which every account at AWS has. */
export const scheduleGroup = 'default';

/** What is understood of a schedule. The rest of what AWS knows is refused, or makes no difference here. */
const definitionSchema = z.object({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.optional(z.literal('UTC')),
  FlexibleTimeWindow: z.object({ Mode: z.literal('OFF') }),
  ActionAfterCompletion: z.optional(z.enum(['NONE', 'DELETE'])),
  Target: z.object({
    Arn: z.string().check(z.regex(/^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:/)),
    RoleArn: z.string().check(z.minLength(1)),
    Input: z.string(),
    DeadLetterConfig: z.optional(z.object({ Arn: z.optional(z.string()) })),
    RetryPolicy: z.optional(
      z.object({
        MaximumRetryAttempts: z.optional(z.int().check(z.minimum(0), z.maximum(185))),
        MaximumEventAgeInSeconds: z.optional(z.int().check(z.minimum(60), z.maximum(86_400))),
      }),
    ),
  }),
});
const requestSchema = z.extend(definitionSchema, {
  GroupName: z.optional(nameSchema),
  ClientToken: z.optional(z.string()),
  // Not understood here, and so not accepted.
  State: z.optional(z.literal('ENABLED')),
  StartDate: z.optional(z.undefined()),
  EndDate: z.optional(z.undefined()),
});

const scheduleSchema = z.object({
  name: z.string(),
  clientToken: z.optional(z.string()),
  definition: definitionSchema,
  /** When it runs next, in Unix seconds; absent once a one-time schedule has run. */
  next: z.optional(z.number()),
});
type Schedule = z.infer<typeof scheduleSchema>;

/** What a snapshot has of it. */
export const schedulesSchema = z.object({ schedules: z.array(scheduleSchema) });
type Schedules = z.infer<typeof schedulesSchema>;

type When = { readonly at: number } | { readonly everySeconds: number };

export interface SchedulerOptions {
  readonly clock: SteerableClock;
  /** Calls a Lambda function by its ARN; rejects when there is none. */
  readonly invoke: (functionArn: string, event: string) => Promise<Invocation>;
  readonly log: (line: string) => void;
  /** How many seconds after its time a one-time schedule runs. @default at random, up to 59 as on AWS */
  readonly delay?: (() => number) | undefined;
}

const withinTheMinute = () => Math.floor(Math.random() * 60);

/**
 * Amazon EventBridge Scheduler, as far as it is used: schedules in one group are created, listed and deleted, `at(…)`
 * and `rate(… minutes)` in UTC, with Lambda functions as targets. They run on the clock they are given: a rate to the
 * second, and a one-time schedule within the minute after its time.
 *
 * On AWS a schedule's run ends when Lambda has accepted the event, and Lambda retries what the function then
 * throws. Here both are one: a run that throws is repeated at once, up to `MaximumRetryAttempts` times, or not at
 * all where that is absent (AWS would take 185). The dead-letter queue is a line in the log.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #schedules = new Map<string, Schedule>();
  readonly #alarms = new Map<string, () => void>();

  constructor(options: SchedulerOptions, restore: Schedules = { schedules: [] }) {
    this.#options = options;
    for (const schedule of structuredClone(restore.schedules)) this.#store(schedule);
  }

  snapshot(): Schedules {
    return structuredClone({ schedules: [...this.#schedules.values()] });
  }

  /** Forgets every alarm: nothing runs any more. */
  close(): void {
    for (const cancel of this.#alarms.values()) cancel();
    this.#alarms.clear();
  }

  /** The schedules' REST interface; `undefined` for what is not of it. */
  handle({ method, path, body }: RestRequest): RestAnswer | undefined {
    const [collection, name, ...more] = path;
    if (collection !== 'schedules' || more.length > 0) return undefined;
    const answer = this.#answer(method, name, body);
    return answer && { status: 200, body: JSON.stringify(answer) };
  }

  #answer(method: string, name: string | undefined, body: Buffer): object | undefined {
    if (name === undefined) return method === 'GET' ? this.#list() : undefined;
    switch (method) {
      case 'POST':
        return this.#create(
          parseInput(nameSchema, name),
          parseInput(requestSchema, parseJson(body.toString())),
        );
      case 'DELETE':
        if (!this.#schedules.has(name)) {
          throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
        }
        this.#remove(name);
        return {};
      default:
        return undefined;
    }
  }

  #create(name: string, request: z.infer<typeof requestSchema>): object {
    const { GroupName: group = scheduleGroup, ClientToken: clientToken } = request;
    const when = parseExpression(request);
    if (group !== scheduleGroup) {
      throw new AwsError('ResourceNotFoundException', `Schedule group ${group} does not exist.`, 404);
    }
    const existing = this.#schedules.get(name);
    if (existing && (clientToken === undefined || existing.clientToken !== clientToken)) {
      throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
    }
    if (!existing) {
      this.#store({
        name,
        ...(clientToken !== undefined && { clientToken }),
        definition: z.parse(definitionSchema, request),
        // A rate without a start date begins at once.
        next: 'at' in when ? when.at : this.#options.clock.now(),
      });
    }
    return { ScheduleArn: arnOf(name) };
  }

  #list(): object {
    const schedules = [...this.#schedules.values()].map(({ name, definition }) => ({
      Arn: arnOf(name),
      Name: name,
      GroupName: scheduleGroup,
      State: 'ENABLED',
      Target: { Arn: definition.Target.Arn },
    }));
    return { Schedules: schedules };
  }

  /** Keeps the schedule, in place of an earlier one of that name, and sets its alarm. */
  #store(schedule: Schedule): void {
    const { name, next } = schedule;
    this.#schedules.set(name, schedule);
    if (next === undefined) return;
    const isOnce = 'at' in parseExpression(schedule.definition);
    const delay = isOnce ? (this.#options.delay ?? withinTheMinute)() : 0;
    const run = () => this.#run(schedule, next);
    this.#alarms.set(name, this.#options.clock.alarm(next + delay, run));
  }

  #remove(name: string): void {
    this.#alarms.get(name)?.();
    this.#alarms.delete(name);
    this.#schedules.delete(name);
  }

  async #run(schedule: Schedule, scheduledAt: number): Promise<void> {
    const when = parseExpression(schedule.definition);
    if ('everySeconds' in when) {
      const missed = Math.floor((this.#options.clock.now() - scheduledAt) / when.everySeconds);
      schedule.next = scheduledAt + (missed + 1) * when.everySeconds;
      this.#store(schedule);
    }
    await this.#invokeTarget(schedule);
    if ('everySeconds' in when) return;
    delete schedule.next;
    if (schedule.definition.ActionAfterCompletion === 'DELETE') this.#remove(schedule.name);
  }

  async #invokeTarget({ name, definition: { Target } }: Schedule): Promise<void> {
    const { log, invoke } = this.#options;
    const attempts = 1 + (Target.RetryPolicy?.MaximumRetryAttempts ?? 0);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      let failure: string;
      try {
        const invocation = await invoke(Target.Arn, Target.Input);
        if (!invocation.failed) return;
        failure = describeFailure(invocation);
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
      }
      log(`schedule ${name}: attempt ${attempt} of ${attempts} failed: ${failure}`);
    }
    if (Target.DeadLetterConfig?.Arn !== undefined) {
      log(`schedule ${name}: the event goes to ${Target.DeadLetterConfig.Arn}`);
    }
  }
}

/** Throws ValidationException for what AWS refuses, and for cron and other rates, which are not supported. */
function parseExpression({ ScheduleExpression: expression }: z.infer<typeof definitionSchema>): When {
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1];
  const milliseconds = at === undefined ? Number.NaN : Date.parse(`${at}Z`);
  if (!Number.isNaN(milliseconds)) return { at: milliseconds / 1000 };
  const minutes = /^rate\(([1-9]\d*) minutes?\)$/.exec(expression)?.[1];
  if (minutes !== undefined) return { everySeconds: Number(minutes) * 60 };
  throw new AwsError('ValidationException', `Invalid Schedule Expression ${expression}.`);
}

function arnOf(name: string): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule/${scheduleGroup}/${name}`;
}
