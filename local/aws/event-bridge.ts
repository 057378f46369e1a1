import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { parseInput, type JsonService } from './service.ts';

const putEventsSchema = z.object({
  Entries: z
    .array(
      z.object({
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
        EventBusName: z.optional(z.string()),
      }),
    )
    .check(z.minLength(1), z.maxLength(10)),
});

/**
 * Amazon EventBridge, as far as putting events goes: each is printed as one line, without its detail, which is about
 * people.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function createEventBridge(log: (line: string) => void): Pick<JsonService, 'actions'> {
  return {
    actions: {
      PutEvents(raw) {
        const { Entries } = parseInput(putEventsSchema, raw);
        return {
          FailedEntryCount: 0,
          Entries: Entries.map(({ Source, DetailType, EventBusName = 'default' }) => {
            log(`Event on the bus ${EventBusName}: ${DetailType} from ${Source}`);
            return { EventId: randomUUID() };
          }),
        };
      },
    },
  };
}
