import { GlobalTokens, type Issued, type TokenRules } from '../../local/simulator/tokens.ts';
import type { TokenMode } from '../../shared/accounts/accounts.ts';

const rules: TokenRules = {
  token_lifetime_s: 7200,
  overlap_s: 300,
  force_limit: 20,
  force_limit_errcode: 45009,
  force_guard_s: 30,
  ticket_reuse: true,
};

/** A refresh of ours that asked WeChat although it had lost its lease. It knows, and has to see to what it killed. */
export interface Stalled {
  /** When it came to its end in order, in true Unix seconds; undefined before, and where it crashed or threw. */
  readonly endedAt: number | undefined;
}

/** Who had a token made: the holder of the lease, a worker of ours that has lost it, or somebody else. */
export type Minter = 'holder' | 'neighbour' | Stalled;

/** What is known of one token beyond what the platform itself remembers. Times in true Unix seconds. */
export interface Life {
  /** The end that `expires_in` promised. */
  readonly naturalEnd: number;
  /** From when on it is rejected. */
  rejectedFrom: number;
  /** What brought that end: its own age or a mint under the lease, which the service can foresee; or one of these. */
  endedBy: 'nature' | Minter;
  /** When the first report of its rejection was dealt with. */
  reportedAt: number | undefined;
}

/** From when on the service can tell that end from what it did itself; Infinity where it cannot. */
export function foreseenFrom({ endedBy, rejectedFrom, naturalEnd }: Life): number {
  if (endedBy === 'nature' || endedBy === 'holder') return rejectedFrom;
  const told = endedBy === 'neighbour' ? undefined : endedBy.endedAt;
  return Math.min(
    Math.max(rejectedFrom, told ?? Number.POSITIVE_INFINITY),
    Math.max(rejectedFrom, naturalEnd),
  );
}

/** The tokens of one mode that are remembered. */
interface Line {
  current: string | undefined;
  previous: string | undefined;
  /** Who had the current token made, and so knows which one is the previous. */
  currentBy: Minter;
}

/** WeChat for one account: the simulator's tokens, and a diary of when each token died and of what. */
export class Platform {
  readonly #tokens = new GlobalTokens();
  readonly #lives = new Map<string, Life>();
  readonly #lines: Record<TokenMode, Line> = { stable: emptyLine(), classic: emptyLine() };
  /** Values that are rejected although the platform goes on handing them out. */
  readonly #refused = new Set<string>();

  /** A token as it is handed out in that mode. */
  ask(
    now: number,
    { mode, force, by }: { mode: TokenMode; force: boolean; by: Minter },
  ): Issued & { isNew: boolean } {
    const issued =
      mode === 'classic' ? this.#tokens.mintClassic(now, rules) : this.#tokens.stable(now, rules, force);
    const isNew = issued.value !== this.#lines[mode].current;
    if (isNew) this.#note(issued, now, { mode, by });
    return { ...issued, isNew };
  }

  /** Whether an API call with that token is accepted. */
  accepts(value: string, now: number): boolean {
    const accepted = !this.#refused.has(value) && this.#tokens.judge(value, now) === 'valid';
    const life = this.life(value);
    if (accepted !== now < life.rejectedFrom) throw new Error('The diary and the simulator disagree.');
    return accepted;
  }

  /** `forgotten`: the platform drops the token. `kept`: it rejects the token, and hands it out all the same. */
  revoke(now: number, how: 'forgotten' | 'kept'): void {
    const { stable, classic } = this.#lines;
    for (const value of [stable.current, stable.previous, classic.current, classic.previous]) {
      if (value === undefined) continue;
      this.#dies(value, now, 'neighbour');
      if (how === 'kept') this.#refused.add(value);
    }
    if (how === 'kept') return;
    this.#tokens.revoke();
    Object.assign(stable, emptyLine());
    Object.assign(classic, emptyLine());
  }

  life(value: string): Life {
    const life = this.#lives.get(value);
    if (!life) throw new Error('The platform never made that token.');
    return life;
  }

  #note(issued: Issued, now: number, { mode, by }: { mode: TokenMode; by: Minter }): void {
    const line = this.#lines[mode];
    // Whoever makes a token has the previous one killed at once, and knows of it only as far as it knows which that is.
    if (line.previous !== undefined) this.#dies(line.previous, now, by === 'holder' ? line.currentBy : by);
    line.currentBy = by;
    const replaced = line.current;
    if (replaced !== undefined && now < this.life(replaced).rejectedFrom) {
      const end = now + rules.overlap_s;
      if (mode === 'classic') this.#dies(replaced, end, by);
      else this.#replacedStable(this.life(replaced), end, by);
    }
    line.previous = replaced;
    line.current = issued.value;
    const naturalEnd = now + issued.expiresIn;
    this.#lives.set(issued.value, {
      naturalEnd,
      rejectedFrom: naturalEnd,
      endedBy: 'nature',
      reportedAt: undefined,
    });
  }

  /** After a renewal of the stable token the old one works for the whole overlap, even past its own end. */
  #replacedStable(life: Life, end: number, by: Minter): void {
    life.rejectedFrom = end;
    life.endedBy = end >= life.naturalEnd ? 'nature' : by;
  }

  #dies(value: string, at: number, by: Minter): void {
    const life = this.life(value);
    if (at >= life.rejectedFrom) return;
    life.rejectedFrom = at;
    life.endedBy = by;
  }
}

function emptyLine(): Line {
  return { current: undefined, previous: undefined, currentBy: 'neighbour' };
}
