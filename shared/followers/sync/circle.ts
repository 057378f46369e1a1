import * as z from 'zod/mini';

/** What is remembered of the places of a walk, so that one that goes round is noticed. */
export const circleSchema = z.object({
  /** The first place. Most rounds lead there. */
  first: z.string(),
  /** A later one, which stands still for ever more steps, so that a round anywhere comes back to it. */
  mark: z.string(),
  /** How many steps it stands still, */
  span: z.number(),
  /** and how many of these have been made. */
  steps: z.number(),
});
export type Circle = z.infer<typeof circleSchema>;

/**
 * What is to be remembered once the walk has come to `cursor`; or `round`, where it has been there. A round is noticed
 * after three times its length and its beginning at the most, with two places remembered instead of all.
 *
 * @see https://en.wikipedia.org/wiki/Cycle_detection#Brent's_algorithm
 */
export function goOn(before: Circle | undefined, cursor: string): Circle | 'round' {
  if (before === undefined) return { first: cursor, mark: cursor, span: 1, steps: 0 };
  if (cursor === before.first || cursor === before.mark) return 'round';
  const steps = before.steps + 1;
  if (steps < before.span) return { ...before, steps };
  return { ...before, mark: cursor, span: 2 * before.span, steps: 0 };
}
