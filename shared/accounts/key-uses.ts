import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import type { Table } from '../platform/table.ts';
import { chinaDay } from '../wechat/quota-day.ts';

const partition = 'key-uses';
/** A key that was not used for so long counts as never used. */
const keepSeconds = 400 * 86_400;
const useSchema = z.object({ kind: z.string(), lastUsedOn: z.string() });

/**
 * On which day in China each API key was used last. The items are none of the keys' own, so that who notes a use need not
 * be able to change a key.
 */
export class KeyUses {
  readonly #table: Table;
  readonly #clock: Clock;
  /** By key: the day that this process has noted. */
  readonly #noted = new Map<string, string>();

  constructor(credentials: Table, clock: Clock) {
    this.#table = credentials;
    this.#clock = clock;
  }

  /**
   * Notes that the key is used today, once in each process. The request that it is used for does not wait for that, and
   * is not failed by it: what is lost is noted with the next use.
   */
  note(keyId: string): void {
    const now = this.#clock.now();
    const day = chinaDay(now);
    if (this.#noted.get(keyId) === day) return;
    this.#noted.set(keyId, day);
    const change = {
      set: { lastUsedOn: day, removeAt: now + keepSeconds },
      // A process may have stood still since it sent this.
      condition: { expression: 'attribute_not_exists(#lastUsedOn) OR #lastUsedOn <= :day', values: { day } },
    };
    this.#table.update({ appId: partition, kind: keyId }, change).catch(() => {
      this.#noted.delete(keyId);
    });
  }

  /** The days by the ids of the keys. */
  async lastDays(): Promise<ReadonlyMap<string, string>> {
    const items = await this.#table.query('appId', partition);
    return new Map(
      items.map((item) => {
        const { kind, lastUsedOn } = z.parse(useSchema, item);
        return [kind, lastUsedOn];
      }),
    );
  }
}
