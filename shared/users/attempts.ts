import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import { hashToken, randomToken, sameHash } from './random.ts';

/** How a login ended. Kept for as long as the browser may send the same code again. */
const endSchema = z.union([
  z.object({ result: z.literal('granted'), openid: z.string(), grantEndsAt: z.number() }),
  z.object({ result: z.literal('snapshot') }),
  z.object({
    result: z.literal('failed'),
    code: z.enum(['wechat_refused', 'wechat_unreachable', 'login_unfinished']),
  }),
]);
export type LoginEnd = z.infer<typeof endSchema>;

const attemptSchema = z.object({
  account: z.string(),
  browserHash: z.string(),
  scope: z.enum(['snsapi_base', 'snsapi_userinfo']),
  returnTo: z.string(),
  removeAt: z.number(),
  codeHash: z.optional(z.string()),
  claim: z.optional(z.string()),
  end: z.optional(endSchema),
});

/** One login from the trip to WeChat to the way back. */
export type Attempt = z.infer<typeof attemptSchema>;

/** What a browser that came back may do: exchange the code, or take over how the same code's exchange ended. */
export interface Claim {
  readonly attempt: Attempt;
  readonly finish?: (end: LoginEnd) => Promise<void>;
}

/** A code lives 5 minutes, and the browser may send it again: https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/h5.md */
const attemptSeconds = 600;
const waitSeconds = 10;
const pollSeconds = 0.15;

/** The logins under way, in the Users table. `state` is stored only as its SHA-256. */
export class Attempts {
  readonly #table: Table;
  readonly #clock: Clock;

  constructor(users: Table, clock: Clock) {
    this.#table = users;
    this.#clock = clock;
  }

  /** Starts an attempt that only the browser with that id can finish. Returns its `state`. */
  async start(about: Pick<Attempt, 'account' | 'scope' | 'returnTo'>, browserId: string): Promise<string> {
    const state = randomToken();
    await this.#table.put({
      ...keyOf(state),
      ...about,
      browserHash: hashToken(browserId),
      removeAt: this.#clock.now() + attemptSeconds,
    });
    return state;
  }

  /**
   * The attempt that `state` names, for the browser that started it. Throws `state_unknown`, `state_expired` or
   * `state_foreign`.
   */
  async require(account: string, state: string, browserId: string | undefined): Promise<Attempt> {
    const item = await this.#table.get(keyOf(state));
    if (!item) throw new KeyringError('state_unknown');
    const attempt = z.parse(attemptSchema, item);
    if (attempt.account !== account || !browserId || !sameHash(attempt.browserHash, hashToken(browserId))) {
      throw new KeyringError('state_foreign');
    }
    if (this.#clock.now() >= attempt.removeAt) throw new KeyringError('state_expired');
    return attempt;
  }

  /**
   * Claims the attempt for `code`, in one conditional write before the code is exchanged. The first caller gets
   * `finish`, with which it tells how the exchange ended. Browsers send the same code twice: a further caller
   * with the same code waits for that end. One with another code gets `state_used`.
   */
  async claim(account: string, state: string, browserId: string | undefined, code: string): Promise<Claim> {
    const attempt = await this.require(account, state, browserId);
    const codeHash = hashToken(code);
    const claim = randomUUID();
    const now = this.#clock.now();
    const claimed = await this.#table.update(keyOf(state), {
      set: { codeHash, claim, removeAt: now + attemptSeconds },
      condition: {
        expression:
          'attribute_not_exists(#codeHash) AND #removeAt > :now AND #account = :account AND #browserHash = :browserHash',
        values: { now, account, browserHash: attempt.browserHash },
      },
    });
    const stored = claimed ? undefined : await this.require(account, state, browserId);
    // The SDK repeats a write whose answer was lost: then the claim that stands in the way is our own.
    if (stored === undefined || stored.claim === claim) {
      return { attempt, finish: (end) => this.#finish(state, claim, end) };
    }
    if (stored.codeHash !== codeHash) throw new KeyringError('state_used');
    return { attempt: await this.#ended(account, state, browserId) };
  }

  async #finish(state: string, claim: string, end: LoginEnd): Promise<void> {
    await this.#table.update(keyOf(state), {
      set: { end },
      condition: { expression: '#claim = :claim', values: { claim } },
    });
  }

  async #ended(account: string, state: string, browserId: string | undefined): Promise<Attempt> {
    const giveUpAt = this.#clock.now() + waitSeconds;
    for (;;) {
      const attempt = await this.require(account, state, browserId);
      if (attempt.end) return attempt;
      if (this.#clock.now() >= giveUpAt) throw new KeyringError('login_unfinished');
      await this.#clock.sleep(pollSeconds);
    }
  }
}

/** A `state` that was altered on the way hashes to something unknown, so it fails closed. */
function keyOf(state: string) {
  return { pk: `state#${hashToken(state)}`, sk: 'attempt' };
}
