import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { SteerableClock } from '../clock.ts';
import type { Invocation } from './lambda.ts';
import { describeFailure } from './lambda.ts';
import {
  accountId,
  AwsError,
  page,
  parseInput,
  parseJson,
  region,
  type RestAnswer,
  type RestRequest,
} from './service.ts';

const nameSchema = z.string().check(z.regex(/^[\w.-]{1,64}$/));

/** What a caller says of a schedule. An update replaces all of it, as it does on AWS. */
const definitionSchema = z.object({
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.optional(z.string()),
  FlexibleTimeWindow: z.object({
    Mode: z.enum(['OFF', 'FLEXIBLE']),
    MaximumWindowInMinutes: z.optional(z.number()),
  }),
  State: z.optional(z.enum(['ENABLED', 'DISABLED'])),
  ActionAfterCompletion: z.optional(z.enum(['NONE', 'DELETE'])),
  Description: z.optional(z.string()),
  Target: z.object({
    Arn: z.string().check(z.regex(/^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:/)),
    RoleArn: z.string().check(z.minLength(1)),
    Input: z.optional(z.string()),
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
  GroupName: z._default(nameSchema, 'default'),
  ClientToken: z.optional(z.string()),
  // Not understood here, and so not accepted.
  StartDate: z.optional(z.undefined()),
  EndDate: z.optional(z.undefined()),
});

const scheduleSchema = z.object({
  group: z.string(),
  name: z.string(),
  clientToken: z.optional(z.string()),
  createdAt: z.number(),
  changedAt: z.number(),
  definition: definitionSchema,
  /** When it runs next, in Unix seconds; absent once a one-time schedule has run. */
  next: z.optional(z.number()),
});
type Schedule = z.infer<typeof scheduleSchema>;

const groupSchema = z.object({ name: z.string(), createdAt: z.number() });
type Group = z.infer<typeof groupSchema>;

const stateSchema = z.object({ groups: z.array(groupSchema), schedules: z.array(scheduleSchema) });

type When = { readonly at: number } | { readonly everySeconds: number };

const secondsPer = { minute: 60, hour: 3600, day: 86_400 } as const;

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
 * Amazon EventBridge Scheduler: schedules in groups, `at(…)` and `rate(…)` in UTC, with Lambda functions as
 * targets. They run on the clock they are given: a rate to the second, and a one-time schedule within the minute after
 * its time.
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
  readonly #groups = new Map<string, Group>();
  readonly #schedules = new Map<string, Schedule>();
  readonly #alarms = new Map<string, () => void>();

  constructor(options: SchedulerOptions, restore?: unknown) {
    this.#options = options;
    const now = options.clock.now();
    const state = restore === undefined ? { groups: [], schedules: [] } : z.parse(stateSchema, restore);
    for (const group of [{ name: 'default', createdAt: now }, ...state.groups])
      this.#groups.set(group.name, group);
    for (const schedule of state.schedules) this.#store(schedule);
  }

  snapshot(): unknown {
    return structuredClone({ groups: [...this.#groups.values()], schedules: [...this.#schedules.values()] });
  }

  /** Forgets every alarm: nothing runs any more. */
  close(): void {
    for (const cancel of this.#alarms.values()) cancel();
    this.#alarms.clear();
  }

  /** The schedules' and groups' REST interface; `undefined` for a path that is not of it. */
  handle(request: RestRequest): RestAnswer | undefined {
    const [collection, name, ...more] = request.path;
    if (more.length > 0) return undefined;
    const answer =
      collection === 'schedules'
        ? this.#handleSchedules(request, name)
        : collection === 'schedule-groups'
          ? this.#handleGroups(request, name)
          : undefined;
    return answer && { status: 200, body: JSON.stringify(answer) };
  }

  #handleSchedules({ method, query, body }: RestRequest, name: string | undefined): object | undefined {
    if (name === undefined) return method === 'GET' ? this.#list(query) : undefined;
    const group = query.get('groupName') ?? 'default';
    switch (method) {
      case 'POST':
        return this.#create(
          parseInput(nameSchema, name),
          parseInput(requestSchema, parseJson(body.toString())),
        );
      case 'PUT':
        return this.#update(name, parseInput(requestSchema, parseJson(body.toString())));
      case 'GET':
        return this.#describe(this.#get(group, name));
      case 'DELETE':
        this.#remove(this.#get(group, name));
        return {};
      default:
        return undefined;
    }
  }

  #create(name: string, request: z.infer<typeof requestSchema>): object {
    const { GroupName: group, ClientToken: clientToken } = request;
    const when = parseExpression(request);
    this.#getGroup(group);
    const existing = this.#schedules.get(keyOf(group, name));
    if (existing && (clientToken === undefined || existing.clientToken !== clientToken)) {
      throw new AwsError('ConflictException', `Schedule ${name} already exists.`, 409);
    }
    if (existing) return { ScheduleArn: arnOf(existing) };
    const now = this.#options.clock.now();
    const schedule: Schedule = {
      group,
      name,
      ...(clientToken !== undefined && { clientToken }),
      createdAt: now,
      changedAt: now,
      definition: z.parse(definitionSchema, request),
      next: firstRun(when, now),
    };
    this.#store(schedule);
    return { ScheduleArn: arnOf(schedule) };
  }

  #update(name: string, request: z.infer<typeof requestSchema>): object {
    const when = parseExpression(request);
    const { group, createdAt, clientToken } = this.#get(request.GroupName, name);
    const now = this.#options.clock.now();
    const schedule: Schedule = {
      group,
      name,
      ...(clientToken !== undefined && { clientToken }),
      createdAt,
      changedAt: now,
      definition: z.parse(definitionSchema, request),
      next: firstRun(when, now),
    };
    this.#store(schedule);
    return { ScheduleArn: arnOf(schedule) };
  }

  #list(query: URLSearchParams): object {
    const group = query.get('ScheduleGroup');
    const prefix = query.get('NamePrefix') ?? '';
    const state = query.get('State');
    if (group !== null) this.#getGroup(group);
    const matching = [...this.#schedules.values()]
      .filter((schedule) => group === null || schedule.group === group)
      .filter((schedule) => schedule.name.startsWith(prefix))
      .filter((schedule) => state === null || stateOf(schedule) === state);
    const { items, next } = page(
      matching,
      Number(query.get('MaxResults') ?? 100),
      query.get('NextToken') ?? undefined,
    );
    return {
      Schedules: items.map((schedule) => ({
        Arn: arnOf(schedule),
        Name: schedule.name,
        GroupName: schedule.group,
        State: stateOf(schedule),
        CreationDate: schedule.createdAt,
        LastModificationDate: schedule.changedAt,
        Target: { Arn: schedule.definition.Target.Arn },
      })),
      NextToken: next,
    };
  }

  #handleGroups({ method, query }: RestRequest, name: string | undefined): object | undefined {
    if (name === undefined) {
      if (method !== 'GET') return undefined;
      const prefix = query.get('NamePrefix') ?? '';
      const groups = [...this.#groups.values()].filter((group) => group.name.startsWith(prefix));
      return { ScheduleGroups: groups.map(describeGroup) };
    }
    switch (method) {
      case 'POST': {
        if (this.#groups.has(name)) {
          throw new AwsError('ConflictException', `Schedule group ${name} already exists.`, 409);
        }
        const group = { name: parseInput(nameSchema, name), createdAt: this.#options.clock.now() };
        this.#groups.set(name, group);
        return { ScheduleGroupArn: groupArn(name) };
      }
      case 'GET':
        return describeGroup(this.#getGroup(name));
      case 'DELETE':
        this.#getGroup(name);
        if (name === 'default') {
          throw new AwsError('ValidationException', 'The default schedule group cannot be deleted.');
        }
        for (const schedule of this.#schedules.values()) {
          if (schedule.group === name) this.#remove(schedule);
        }
        this.#groups.delete(name);
        return {};
      default:
        return undefined;
    }
  }

  #get(group: string, name: string): Schedule {
    const schedule = this.#schedules.get(keyOf(group, name));
    if (!schedule) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    return schedule;
  }

  #getGroup(name: string): Group {
    const group = this.#groups.get(name);
    if (!group)
      throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, 404);
    return group;
  }

  #describe(schedule: Schedule): object {
    return {
      ...schedule.definition,
      ScheduleExpressionTimezone: schedule.definition.ScheduleExpressionTimezone ?? 'UTC',
      ActionAfterCompletion: schedule.definition.ActionAfterCompletion ?? 'NONE',
      State: stateOf(schedule),
      Arn: arnOf(schedule),
      GroupName: schedule.group,
      Name: schedule.name,
      CreationDate: schedule.createdAt,
      LastModificationDate: schedule.changedAt,
    };
  }

  /** Keeps the schedule, in place of an earlier one of that name, and sets its alarm. */
  #store(schedule: Schedule): void {
    const key = keyOf(schedule.group, schedule.name);
    this.#alarms.get(key)?.();
    this.#alarms.delete(key);
    this.#schedules.set(key, schedule);
    const { next } = schedule;
    if (next === undefined || stateOf(schedule) === 'DISABLED') return;
    const isOnce = 'at' in parseExpression(schedule.definition);
    const delay = isOnce ? (this.#options.delay ?? withinTheMinute)() : 0;
    this.#alarms.set(
      key,
      this.#options.clock.alarm(next + delay, () => this.#run(schedule, next)),
    );
  }

  #remove(schedule: Schedule): void {
    const key = keyOf(schedule.group, schedule.name);
    this.#alarms.get(key)?.();
    this.#alarms.delete(key);
    this.#schedules.delete(key);
  }

  async #run(schedule: Schedule, scheduledAt: number): Promise<void> {
    const when = parseExpression(schedule.definition);
    if ('everySeconds' in when) {
      const missed = Math.floor((this.#options.clock.now() - scheduledAt) / when.everySeconds);
      schedule.next = scheduledAt + (missed + 1) * when.everySeconds;
      this.#store(schedule);
    }
    await this.#invokeTarget(schedule, scheduledAt);
    // The function may have changed its own schedule meanwhile: that one then stays.
    const unchanged = this.#schedules.get(keyOf(schedule.group, schedule.name)) === schedule;
    if ('everySeconds' in when || !unchanged) return;
    delete schedule.next;
    if (schedule.definition.ActionAfterCompletion === 'DELETE') this.#remove(schedule);
  }

  async #invokeTarget(schedule: Schedule, scheduledAt: number): Promise<void> {
    const { Target } = schedule.definition;
    const executionId = randomUUID();
    const attempts = 1 + (Target.RetryPolicy?.MaximumRetryAttempts ?? 0);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const event = eventOf(schedule, scheduledAt, executionId, attempt);
      let failure: string;
      try {
        const invocation = await this.#options.invoke(Target.Arn, event);
        if (!invocation.failed) return;
        failure = describeFailure(invocation);
      } catch (error) {
        failure = error instanceof Error ? error.message : String(error);
      }
      this.#options.log(`schedule ${schedule.name}: attempt ${attempt} of ${attempts} failed: ${failure}`);
    }
    if (Target.DeadLetterConfig?.Arn !== undefined) {
      this.#options.log(`schedule ${schedule.name}: the event goes to ${Target.DeadLetterConfig.Arn}`);
    }
  }
}

/** Throws ValidationException for what AWS refuses, and for cron and other time zones, which are not supported. */
function parseExpression({
  ScheduleExpression: expression,
  ScheduleExpressionTimezone: timezone = 'UTC',
}: z.infer<typeof definitionSchema>): When {
  if (timezone !== 'UTC') {
    throw new AwsError('ValidationException', 'Only the time zone UTC is supported by the local scheduler.');
  }
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1];
  const milliseconds = at === undefined ? Number.NaN : Date.parse(`${at}Z`);
  if (!Number.isNaN(milliseconds)) return { at: milliseconds / 1000 };

  const [, value = '', unit] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (unit === 'minute' || unit === 'hour' || unit === 'day')
    return { everySeconds: Number(value) * secondsPer[unit] };
  throw new AwsError('ValidationException', `Invalid Schedule Expression ${expression}.`);
}

/** A rate without a start date begins at once. */
function firstRun(when: When, now: number): number {
  return 'at' in when ? when.at : now;
}

/** The target's input with EventBridge Scheduler's keywords filled in, or the event it makes up without one. */
function eventOf(schedule: Schedule, scheduledAt: number, executionId: string, attempt: number): string {
  const time = new Date(scheduledAt * 1000).toISOString().replace('.000Z', 'Z');
  const { Input } = schedule.definition.Target;
  if (Input === undefined) {
    return JSON.stringify({
      version: '0',
      id: executionId,
      'detail-type': 'Scheduled Event',
      source: 'aws.scheduler',
      account: accountId,
      time,
      region,
      resources: [arnOf(schedule)],
      detail: '{}',
    });
  }
  return Input.replaceAll('<aws.scheduler.schedule-arn>', arnOf(schedule))
    .replaceAll('<aws.scheduler.scheduled-time>', time)
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
}

function keyOf(group: string, name: string): string {
  return `${group}/${name}`;
}

function arnOf({ group, name }: Schedule): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule/${group}/${name}`;
}

function groupArn(name: string): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule-group/${name}`;
}

function describeGroup({ name, createdAt }: Group): object {
  return {
    Arn: groupArn(name),
    Name: name,
    State: 'ACTIVE',
    CreationDate: createdAt,
    LastModificationDate: createdAt,
  };
}

function stateOf({ definition }: Schedule): 'ENABLED' | 'DISABLED' {
  return definition.State ?? 'ENABLED';
}
