import {
  isBackingOff,
  isUsable,
  outcomeOf,
  type Credential,
  type Need,
  type RefreshOutcome,
} from './credential.ts';
import { leaseSeconds } from './timing.ts';

/** Whether the need is a report about the very value that is stored and in use: WeChat has to be asked about it. */
export function asksForCheck(seen: Credential, need: Need, now: number): boolean {
  return need.reason === 'rejected' && need.generation === seen.generation && isUsable(seen, now);
}

/** For how long nothing has come of a record, by the clock of one who looks again and again. */
export class Standstill {
  #revision: number | undefined;
  #since = 0;

  /** Takes a look in. */
  look({ revision }: Credential, now: number): void {
    if (this.#revision === revision) return;
    this.#revision = revision;
    this.#since = now;
  }

  /** Seconds since the first look that has shown the record as the last one did. */
  at(now: number): number {
    return now - this.#since;
  }
}

/** What a worker sees of the record while it waits for its turn, and what answers its need meanwhile. */
export class Watch {
  readonly #need: Need;
  readonly #mintBudget: number;
  #first: Credential | undefined;
  #checksBefore: number | undefined;
  readonly #standstill = new Standstill();

  constructor(need: Need, { mintBudget }: { mintBudget: number }) {
    this.#need = need;
    this.#mintBudget = mintBudget;
  }

  /** Takes a look in. The answer that the record has to the need, if it has one. */
  answer(seen: Credential, now: number): RefreshOutcome | undefined {
    const need = this.#need;
    this.#first ??= seen;
    this.#standstill.look(seen, now);
    if (isDoneSince(this.#first, need, seen)) return outcomeOf(seen, now);
    if (!asksForCheck(seen, need, now)) {
      const limits = { now, mintBudget: this.#mintBudget };
      return isBackingOff(need, seen, limits) ? outcomeOf(seen, now) : undefined;
    }
    this.#checksBefore ??= seen.checks ?? 0;
    return verdictSince(this.#checksBefore, seen);
  }

  /** Whether nothing has come of the lease for as long as one lasts, whatever the clock of its holder says. */
  leaseHasRunOut(now: number): boolean {
    return this.#standstill.at(now) > leaseSeconds;
  }
}

/** A check that was sent after a report came in answers it, and no other does. */
function verdictSince(checks: number, { verdict, generation }: Credential): RefreshOutcome | undefined {
  if (!verdict || verdict.check <= checks) return undefined;
  return { state: 'usable', generation, unchecked: verdict.code };
}

/** Whether a refresh by hand has been forestalled: by a mint that began after it was asked for, and has ended. */
function isDoneSince(first: Credential, need: Need, { attempts = 0, leaseOwner }: Credential): boolean {
  if (need.reason !== 'manual' || need.isProof === true) return false;
  return leaseOwner === undefined && attempts > (first.attempts ?? 0);
}
