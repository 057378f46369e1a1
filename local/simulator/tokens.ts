import { WeChatError } from './errors.ts';
import { createAccessToken, createTicket } from './formats.ts';
import { chinaDay } from './quota.ts';

/** What the platform thinks of a presented token. A dead one was good once, and did not run out. */
export type Verdict = 'valid' | 'expired' | 'dead' | 'unknown';

/** A token or ticket as an endpoint hands it out; `expiresIn` is its remaining life in seconds. */
export interface Issued {
  readonly value: string;
  readonly expiresIn: number;
}

interface Current {
  readonly value: string;
  readonly expiresAt: number;
}

interface Previous extends Current {
  readonly usableUntil: number;
}

/** One line of tokens. The platform remembers the current one and the one before it, and no more. */
class TokenLine {
  #current: Current | undefined;
  #previous: Previous | undefined;

  /** The current token while it lives. */
  current(now: number): Current | undefined {
    return this.#current && now < this.#current.expiresAt ? this.#current : undefined;
  }

  /** Makes a token. The one it replaces, if still alive, works until `previousUsableUntil(its expiry)`. */
  mint(now: number, lifetime: number, previousUsableUntil: (expiresAt: number) => number): Issued {
    const replaced = this.#current;
    this.#previous = replaced && {
      ...replaced,
      usableUntil: now < replaced.expiresAt ? previousUsableUntil(replaced.expiresAt) : 0,
    };
    this.#current = { value: createAccessToken(), expiresAt: now + lifetime };
    return { value: this.#current.value, expiresIn: lifetime };
  }

  judge(value: string, now: number): Verdict {
    if (value === this.#current?.value) return now < this.#current.expiresAt ? 'valid' : 'expired';
    if (value !== this.#previous?.value) return 'unknown';
    if (now < this.#previous.usableUntil) return 'valid';
    return now < this.#previous.expiresAt ? 'dead' : 'expired';
  }

  /** Both remembered tokens die at once, with no grace. */
  revoke(): void {
    this.#current = undefined;
    this.#previous = undefined;
  }
}

/** The account options that tokens depend on; all times in seconds. */
export interface TokenRules {
  readonly token_lifetime_s: number;
  readonly overlap_s: number;
  readonly force_limit: number;
  readonly force_limit_errcode: number;
  readonly force_guard_s: number;
  readonly ticket_reuse: boolean;
}

/** In its last 300 seconds a stable token is replaced by an ordinary call. */
const stableRenewalWindow = 300;

/** The global tokens of one account: the classic and the stable line never touch each other. */
export class GlobalTokens {
  readonly #classic = new TokenLine();
  readonly #stable = new TokenLine();
  /** Whose a token was that nobody accepts any more: the account's own errcode refuses it. */
  readonly #issued = new Set<string>();
  #forced = { day: 0, count: 0, at: Number.NEGATIVE_INFINITY };

  /** `/cgi-bin/token`: always a new token; the former lives on for the overlap at most. */
  mintClassic(now: number, rules: TokenRules): Issued {
    return this.#noted(
      this.#classic.mint(now, rules.token_lifetime_s, (expiresAt) =>
        Math.min(expiresAt, now + rules.overlap_s),
      ),
    );
  }

  /**
   * `/cgi-bin/stable_token`. After a renewal old and new both work for the whole overlap, as its page says,
   * even where the old one's own expiry comes sooner.
   * @throws {WeChatError} `force_limit_errcode` when the day's forced refreshes are used up
   */
  stable(now: number, rules: TokenRules, force: boolean): Issued {
    const current = this.#stable.current(now);
    if (force && now - this.#forced.at >= rules.force_guard_s) {
      this.#countForced(now, rules);
    } else if (current && current.expiresAt - now >= stableRenewalWindow) {
      return { value: current.value, expiresIn: current.expiresAt - now };
    }
    return this.#noted(this.#stable.mint(now, rules.token_lifetime_s, () => now + rules.overlap_s));
  }

  judge(value: string, now: number): Verdict {
    const verdicts = [this.#classic, this.#stable].map((line) => line.judge(value, now));
    return (
      verdicts.find((verdict) => verdict !== 'unknown') ?? (this.#issued.has(value) ? 'dead' : 'unknown')
    );
  }

  revoke(): void {
    this.#classic.revoke();
    this.#stable.revoke();
  }

  #noted(issued: Issued): Issued {
    this.#issued.add(issued.value);
    return issued;
  }

  #countForced(now: number, rules: TokenRules): void {
    const day = chinaDay(now);
    const count = this.#forced.day === day ? this.#forced.count : 0;
    if (count >= rules.force_limit) throw new WeChatError(rules.force_limit_errcode);
    this.#forced = { day, count: count + 1, at: now };
  }
}

/** The tickets of one account, by type (`jsapi`, `wx_card`). */
export class Tickets {
  readonly #tickets = new Map<string, Current>();

  get(type: string, now: number, rules: TokenRules): Issued {
    const held = this.#tickets.get(type);
    if (rules.ticket_reuse && held && held.expiresAt - now >= stableRenewalWindow) {
      return { value: held.value, expiresIn: held.expiresAt - now };
    }
    const ticket = { value: createTicket(), expiresAt: now + 7200 };
    this.#tickets.set(type, ticket);
    return { value: ticket.value, expiresIn: 7200 };
  }

  revoke(type: string): void {
    this.#tickets.delete(type);
  }
}
