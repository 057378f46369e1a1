import type { Clock } from '../platform/clock.ts';
import type { Table } from '../platform/table.ts';
import { hashToken } from '../platform/random.ts';
import type { AppId } from '../wechat/tokens.ts';

/** Longer than a signature is good for, before and after its time, and than WeChat goes on sending a push again. */
const leastSeconds = 3600;

/** One delivery of a push. */
export interface Delivery {
  /** The same for every delivery of the same push. */
  readonly id: string;
  /** Of this delivery alone. */
  readonly delivery: string;
  /** That of {@link endOfSignature}. */
  readonly signatureEnd?: number | undefined;
}

/** Which pushes and signatures have been seen, in the Users table: for an hour, and until their signature is over. */
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
  async claim(push: Delivery): Promise<boolean> {
    const { id, delivery, signatureEnd = 0 } = push;
    return this.#claim(`push#${id}`, delivery, signatureEnd);
  }

  /** The same for the delivery that is forwarded: WeChat sends a push again that was answered late. */
  async claimForward(push: Delivery): Promise<boolean> {
    const { id, delivery, signatureEnd = 0 } = push;
    return this.#claim(`push-forward#${id}`, delivery, signatureEnd);
  }

  /**
   * Ties a signature that does not cover the body to the account that it came to and to what came with it. True for
   * these, as often as they come; false for any other.
   */
  async claimSignature(
    { signature, end }: { readonly signature: string; readonly end: number },
    appId: AppId,
    body: string,
  ): Promise<boolean> {
    return this.#claim(`push-signature#${hashToken(signature)}`, hashToken(`${appId} ${body}`), end);
  }

  async #claim(pk: string, claim: string, end: number): Promise<boolean> {
    const now = this.#clock.now();
    return this.#table.put(
      { pk, sk: 'push', claim, removeAt: Math.max(now + leastSeconds, end) },
      {
        expression: 'attribute_not_exists(#pk) OR #claim = :claim OR #removeAt <= :now',
        values: { claim, now },
      },
    );
  }
}
