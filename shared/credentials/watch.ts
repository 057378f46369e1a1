import {
  isBackingOff,
  isOnlyToBeChecked,
  isUsable,
  outcomeOf,
  type Credential,
  type Need,
  type RefreshOutcome,
} from './credential.ts';
import { leaseSeconds } from './timing.ts';

/**
 * Whether WeChat has to be asked about the stored value before anything else: the need is a report about that very value,
 * which is in use; or the value is in doubt, and no other may be asked for.
 */
export function asksForCheck(
  seen: Credential,
  need: Need,
  limits: { readonly now: number; readonly mintBudget: number },
): boolean {
  const { now } = limits;
  if (need.reason === 'rejected' && need.generation === seen.generation && isUsable(seen, now)) return true;
  return isOnlyToBeChecked(need, seen, limits);
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
    const limits = { now, mintBudget: this.#mintBudget };
    if (!asksForCheck(seen, need, limits)) {
      return isBackingOff(need, seen, limits) ? outcomeOf(seen, now) : undefined;
    }
    this.#checksBefore ??= seen.checks ?? 0;
    return verdictSince(this.#checksBefore, seen, now);
  }

  /** Whether nothing has come of the lease for as long as one lasts, whatever the clock of its holder says. */
  leaseHasRunOut(now: number): boolean {
    return this.#standstill.at(now) > leaseSeconds;
  }
}

/** A check that was sent after a report came in answers it, and no other does. */
function verdictSince(checks: number, seen: Credential, now: number): RefreshOutcome | undefined {
  const { verdict } = seen;
  if (!verdict || verdict.check <= checks) return undefined;
  const outcome = outcomeOf(seen, now);
  return outcome.state === 'usable' ? { ...outcome, unchecked: verdict.code } : outcome;
}

/** Whether a refresh by hand has been forestalled: by a mint that began after it was asked for, and has ended. */
function isDoneSince(first: Credential, need: Need, { endedAttempt = 0 }: Credential): boolean {
  return need.reason === 'manual' && need.isProof !== true && endedAttempt > (first.attempts ?? 0);
}
