import type { Change } from '../../shared/platform/table.ts';

/** A part of the protocol taken out, as a change of what passes between the service and its surroundings. */
export interface Mutant {
  readonly name: string;
  /** What is written in place of a change. */
  readonly write?: (change: Change) => Change;
  /** A report names whatever generation is stored, so that every report refreshes. */
  readonly reportsAnything?: boolean;
  /** WeChat's `expires_in` counts from when the reply was read. */
  readonly expiryFromReply?: boolean;
}

/** The change without the part of its condition that matches, and without the value that is then unused. */
function without(change: Change, part: RegExp, value: string): Change {
  const { condition, ...rest } = change;
  if (!condition || !part.test(condition.expression)) return change;
  const expression = condition.expression.replace(part, '');
  const values = Object.fromEntries(
    Object.entries(condition.values ?? {}).filter(([name]) => name !== value),
  );
  return expression === '' ? rest : { ...rest, condition: { expression, values } };
}

const isReported = ({ set }: Change) => set?.['rejectedGeneration'] !== undefined;
const takesLease = ({ set }: Change) => set?.['leaseOwner'] !== undefined;

export const mutants: readonly Mutant[] = [
  {
    name: 'the lease can be taken while it is held',
    write: (change) =>
      without(change, /^\(attribute_not_exists\(#leaseUntil\) OR #leaseUntil < :now\) AND /, 'now'),
  },
  {
    name: 'a holder that has lost the lease can write',
    write: (change) => without(change, /^#leaseOwner = :owner$/, 'owner'),
  },
  {
    name: 'a value that a mint may have killed is trusted for its whole life',
    write: (change) =>
      takesLease(change) && !isReported(change)
        ? { ...change, set: { ...change.set, usableUntil: undefined } }
        : change,
  },
  {
    name: 'a value that was reported is trusted for its whole life',
    write: (change) =>
      isReported(change) ? { ...change, set: { ...change.set, usableUntil: undefined } } : change,
  },
  {
    name: 'a value that was reported can be published again',
    write: (change) => ({ ...change, set: { ...change.set, rejectedGeneration: undefined } }),
  },
  { name: 'a report is not compared with what is stored', reportsAnything: true },
  {
    name: 'the lease can be taken by who saw an older state',
    write: (change) => without(change, / AND (#revision = :seen|attribute_not_exists\(#revision\))$/, 'seen'),
  },
  { name: 'the life of a value is counted from after the reply', expiryFromReply: true },
];
