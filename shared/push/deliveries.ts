import type { Clock } from '../platform/clock.ts';
import type { Table } from '../platform/table.ts';
import { hashToken } from '../platform/random.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { PushSignature } from './open-push.ts';

/** Longer than a signature is good for, before and after its time, and than WeChat goes on sending a push again. */
const cacheTtlSeconds = 3600;

/** Which pushes and signatures have been seen, in the Users table, each kept for an hour. */
export class Deliveries {
  readonly #table: Table;
  readonly #clock: Clock;

  constructor(users: Table, clock: Clock) {
    this.#table = users;
    this.#clock = clock;
  }

  /**
   * Claims a push for one of its deliveries. True for the first, and again for that one when it is tried once more;
   * false for every other.
   */
  async claim({ id, delivery }: { readonly id: string; readonly delivery: string }): Promise<boolean> {
    return this.#claim(`push#${id}`, delivery);
  }

  /**
   * Ties a signature that does not cover the body to the body that came with it. True for that body, as often as it
   * comes; false for any other.
   */
  async claimSignature(appId: AppId, { signature }: PushSignature, body: string): Promise<boolean> {
    return this.#claim(`push-signature#${hashToken(`${appId} ${signature}`)}`, hashToken(body));
  }

  async #claim(pk: string, claim: string): Promise<boolean> {
    const now = this.#clock.now();
    return this.#table.put(
      { pk, sk: 'push', claim, removeAt: now + cacheTtlSeconds },
      {
        expression: 'attribute_not_exists(#pk) OR #claim = :claim OR #removeAt <= :now',
        values: { claim, now },
      },
    );
  }
}
