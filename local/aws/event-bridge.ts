import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../../shared/platform/clock.ts';
import { accountId, AwsError, parseInput, parseJson, region, type JsonService } from './service.ts';

const putEventsSchema = z.object({
  Entries: z
    .array(
      z.object({
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
        EventBusName: z.string(),
      }),
    )
    .check(z.minLength(1), z.maxLength(10)),
});

/** What the buses work with. */
export interface BusSurroundings {
  readonly clock: Clock;
  /** Calls the function of that name with an event, as JSON, and does not wait for it. */
  readonly start: (name: string, event: string) => void;
}

/**
 * Amazon EventBridge, as far as putting events goes: each bus has one rule, which hands every event to one function.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export class Buses implements Pick<JsonService, 'actions'> {
  readonly #consumers = new Map<string, string>();
  readonly #surroundings: BusSurroundings;

  constructor(surroundings: BusSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Makes a bus whose events go to the function of that name. */
  create(name: string, consumer: string): void {
    this.#consumers.set(name, consumer);
  }

  readonly actions = {
    PutEvents: (raw: unknown) => {
      const { Entries } = parseInput(putEventsSchema, raw);
      return { FailedEntryCount: 0, Entries: Entries.map((entry) => this.#put(entry)) };
    },
  };

  #put(entry: z.infer<typeof putEventsSchema>['Entries'][number]): { EventId: string } {
    const { clock, start } = this.#surroundings;
    const consumer = this.#consumers.get(entry.EventBusName);
    if (consumer === undefined) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${entry.EventBusName} does not exist.`);
    }
    const id = randomUUID();
    const event = {
      version: '0',
      id,
      'detail-type': entry.DetailType,
      source: entry.Source,
      account: accountId,
      time: new Date(clock.now() * 1000).toISOString().replace('.000Z', 'Z'),
      region,
      resources: [],
      detail: parseJson(entry.Detail),
    };
    start(consumer, JSON.stringify(event));
    return { EventId: id };
  }
}
