import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import { hashToken, randomToken, sameHash } from '../platform/random.ts';
import { type AppId, appIdSchema } from '../wechat/tokens.ts';

/** How a login ended that opened no session. Kept for as long as the browser may send the same code again. */
const endSchema = z.union([
  z.object({ result: z.literal('snapshot') }),
  z.object({
    result: z.literal('failed'),
    code: z.enum(['code_refused', 'wechat_refused', 'wechat_unreachable', 'login_unfinished']),
  }),
]);
export type LoginEnd = z.infer<typeof endSchema>;

const attemptSchema = z.object({
  account: appIdSchema,
  browserHash: z.string(),
  scope: z.enum(['snsapi_base', 'snsapi_userinfo']),
  returnTo: z.string(),
  removeAt: z.number(),
  codeHash: z.optional(z.string()),
  claim: z.optional(z.string()),
  claimedAt: z.optional(z.number()),
  end: z.optional(endSchema),
});

/** One login from the trip to WeChat to the way back. */
export type Attempt = z.infer<typeof attemptSchema>;

/** What a browser that came back holds. */
export interface Claim {
  readonly attempt: Attempt;
  /** Drawn by lot for the first who came with the code, the same for those who come with it later. */
  readonly claim: string;
  readonly claimedAt: number;
  /** Whether it is this caller who exchanges the code. */
  readonly isFirst: boolean;
}

/** A code lives 5 minutes, and the browser may send it again: https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/h5.md */
export const attemptSeconds = 600;

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
   * The attempt that `state` names, for the browser that started it. Throws `state_unknown`, `state_expired`,
   * `login_cookie_missing` where the browser told no id, or `state_foreign`.
   */
  async require(appId: AppId, state: string, browserId: string | undefined): Promise<Attempt> {
    const attempt = await this.#stored(state);
    if (!attempt) throw new KeyringError('state_unknown');
    // Before the rest: the cookie of a login that took too long is gone, too.
    if (this.#clock.now() >= attempt.removeAt) throw new KeyringError('state_expired');
    if (browserId === undefined) throw new KeyringError('login_cookie_missing');
    if (!isOf(attempt, appId, browserId)) throw new KeyringError('state_foreign');
    return attempt;
  }

  /** The same, whatever has become of it; undefined where there is none. For a way to try again. */
  async find(appId: AppId, state: string, browserId: string | undefined): Promise<Attempt | undefined> {
    const attempt = await this.#stored(state);
    return attempt && isOf(attempt, appId, browserId) ? attempt : undefined;
  }

  /**
   * Claims the attempt for `code`, in one conditional write before the code is exchanged. Browsers send the same
   * code twice: a further caller with the same code gets the claim of the first. One with another code gets
   * `state_used`.
   */
  async claim(appId: AppId, state: string, browserId: string | undefined, code: string): Promise<Claim> {
    const attempt = await this.require(appId, state, browserId);
    const codeHash = hashToken(code);
    const claim = randomUUID();
    const now = this.#clock.now();
    const claimed =
      attempt.claim === undefined &&
      (await this.#table.update(keyOf(state), {
        set: { codeHash, claim, claimedAt: now, removeAt: now + attemptSeconds },
        condition: {
          expression:
            'attribute_not_exists(#codeHash) AND #removeAt > :now AND #account = :account AND #browserHash = :browserHash',
          values: { now, account: appId, browserHash: attempt.browserHash },
        },
      }));
    if (claimed) return { attempt, claim, claimedAt: now, isFirst: true };
    const stored = await this.require(appId, state, browserId);
    if (!stored.claim || !stored.codeHash || !sameHash(stored.codeHash, codeHash)) {
      throw new KeyringError('state_used');
    }
    return {
      attempt: stored,
      claim: stored.claim,
      claimedAt: stored.claimedAt ?? now,
      // The SDK repeats a write whose answer was lost: then the claim that stands in the way is our own.
      isFirst: stored.claim === claim,
    };
  }

  /** Notes that the user has refused, who may still go back and allow it. True the first time. */
  async noteRefusal(state: string): Promise<boolean> {
    return this.#table.update(keyOf(state), {
      set: { refusedAt: this.#clock.now() },
      condition: { expression: 'attribute_exists(#account) AND attribute_not_exists(#refusedAt)' },
    });
  }

  /** Notes how the login ended, for those who come with the same code. Of a session that was opened its row tells. */
  async finish(state: string, claim: string, end: LoginEnd): Promise<void> {
    await this.#table.update(keyOf(state), {
      set: { end },
      condition: { expression: '#claim = :claim', values: { claim } },
    });
  }

  async #stored(state: string): Promise<Attempt | undefined> {
    const item = await this.#table.get(keyOf(state));
    return item && z.parse(attemptSchema, item);
  }
}

function isOf(attempt: Attempt, appId: AppId, browserId: string | undefined): boolean {
  return (
    attempt.account === appId &&
    browserId !== undefined &&
    sameHash(attempt.browserHash, hashToken(browserId))
  );
}

/** A `state` that was altered on the way hashes to something unknown, so it fails closed. */
function keyOf(state: string) {
  return { pk: `state#${hashToken(state)}`, sk: 'attempt' };
}
