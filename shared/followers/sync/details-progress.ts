import * as z from 'zod/mini';
import type { Table } from '../../platform/table.ts';
import type { AppId } from '../../wechat/tokens.ts';
import { accountItemKey } from '../mirror/follower-item.ts';

/** How far the details of a run are: people, not calls. Times in Unix seconds. */
const progressSchema = z.object({
  run: z.string(),
  /** Settled in one way or another, those of the next three included. */
  done: z._default(z.number(), 0),
  /** WeChat does not know their openid. */
  refused: z._default(z.number(), 0),
  /** WeChat's answer said nothing of them. */
  unanswered: z._default(z.number(), 0),
  /** Put off, since the quota or the share of it was used up, */
  owed: z._default(z.number(), 0),
  /** until then, as the last one of them was told. */
  owedUntil: z.optional(z.number()),
  /** Deliveries of the queue that failed; each comes again. */
  errors: z._default(z.number(), 0),
  lastError: z.optional(z.object({ code: z.string(), at: z.number() })),
  beganAt: z.number(),
  at: z.number(),
});
export type DetailsProgress = z.infer<typeof progressSchema>;

/** What a delivery has settled. */
export type Settled = Pick<DetailsProgress, 'done' | 'refused' | 'unanswered' | 'owed' | 'owedUntil'>;

/** The counters of the details worker: one item for each account. A message that comes twice may count twice. */
export class DetailsLedger {
  readonly #table: Table;

  constructor(followers: Table) {
    this.#table = followers;
  }

  /** Begins to count for a run, or anew for the same. What still comes of another counts no more. */
  async begin(appId: AppId, run: string, now: number): Promise<void> {
    const { errors = 0, lastError } = (await this.read(appId, run)) ?? {};
    await this.#table.put({ ...keyOf(appId), run, errors, lastError, beganAt: now, at: now });
  }

  async read(appId: AppId, run: string): Promise<DetailsProgress | undefined> {
    const item = await this.#table.get(keyOf(appId));
    const progress = item && z.parse(progressSchema, item);
    return progress?.run === run ? progress : undefined;
  }

  async settle(appId: AppId, run: string, { owedUntil, ...counts }: Settled, now: number): Promise<void> {
    await this.#table.update(keyOf(appId), {
      add: counts,
      set: { at: now, owedUntil },
      condition: { expression: '#run = :run', values: { run } },
    });
  }

  /** Notes that a delivery failed, whichever run it was of. */
  async fail(appId: AppId, code: string, now: number): Promise<void> {
    await this.#table.update(keyOf(appId), {
      add: { errors: 1 },
      set: { lastError: { code, at: now } },
      condition: { expression: 'attribute_exists(#run)' },
    });
  }
}

function keyOf(appId: AppId) {
  return accountItemKey(appId, 'details');
}
