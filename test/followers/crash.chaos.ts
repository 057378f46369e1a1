import { afterEach, describe, expect, test } from '@jest/globals';
import type { FollowEvent } from '../../shared/followers/mirror/mirror.ts';
import { leaseIsOver, mortal, randomOf, startRig, type Rig } from './rig.ts';

/** People who come and go, and WeChat's events about it: late, in any order, and more than once. */
class Crowd {
  readonly #rig: Rig;
  readonly #random: () => number;
  readonly #known: string[];
  readonly #events: FollowEvent[] = [];
  changes = 0;

  constructor(rig: Rig, random: () => number, openids: readonly string[]) {
    this.#rig = rig;
    this.#random = random;
    this.#known = [...openids];
  }

  async change(): Promise<void> {
    // Two events of one person in the same second have no order.
    await this.#rig.clock.advance(1);
    const isNew = this.#random() < 0.3;
    const chosen = isNew ? undefined : this.#known[Math.floor(this.#random() * this.#known.length)];
    const subscribe = isNew || this.#random() < 0.4;
    const openid = await this.#rig.follow(chosen, subscribe);
    if (isNew) this.#known.push(openid);
    this.changes += 1;
    const createdAt = this.#rig.clock.now();
    const event = subscribe ? 'subscribe' : 'unsubscribe';
    this.#events.push({ openid, event, createdAt });
    if (this.#random() < 0.3) this.#events.push({ openid, event, createdAt });
  }

  /** Some of the events arrive. */
  async deliver(share: number): Promise<void> {
    const { mirror } = this.#rig.processOf();
    const arrived: FollowEvent[] = [];
    for (let index = this.#events.length - 1; index >= 0; index -= 1) {
      if (this.#random() < share) arrived.push(...this.#events.splice(index, 1));
    }
    arrived.sort(() => this.#random() - 0.5);
    for (const event of arrived) await mirror.applyEvent(this.#rig.account.appId, event);
  }
}

let rig: Rig | undefined;
afterEach(() => rig?.close());

describe('a sync of 12,000 that is killed at 50 points or more, with people coming and going meanwhile', () => {
  test.each([
    [1, 1000],
    [2, 1000],
    // Of a full page some people stay in the process for the next one.
    [3, 10_000],
  ])('ends with the mirror equal to the list (seed %i, pages of %i)', async (seed, pageSize) => {
    const random = randomOf(seed);
    const made = (rig = await startRig({ followers: 12_000, pageSize }));
    const { account, clock } = made;
    const crowd = new Crowd(made, random, await made.listed());
    await made.begin();
    let kills = 0;
    for (let rounds = 1; (await made.status()).state !== 'done'; rounds += 1) {
      if (rounds > 500) throw new Error('The sync does not end.');
      // A sync is some 26,000 operations.
      const { gate, isDead } = mortal(kills < 50 ? 1 + Math.floor(random() * 800) : 1e9, random);
      const process = made.processOf(gate);
      // What kills it before it has the run comes out.
      await process.sync.work(account, () => true).catch(() => expect(isDead()).toBe(true));
      await made.workOff(process, isDead);
      if (isDead()) kills += 1;
      for (let count = 0; count < 5; count += 1) await crowd.change();
      await crowd.deliver(0.5);
      await clock.advance(leaseIsOver);
    }
    await crowd.deliver(1);
    expect(kills).toBeGreaterThanOrEqual(50);
    expect(made.mirrored()).toEqual(await made.listed());
    expect(crowd.changes).toBeGreaterThan(250);
    const details = await made.calls();
    expect((await made.status()).run?.details.done).toBeGreaterThan(11_600);
    expect(details.details).toBeLessThan(160);
  });
});
