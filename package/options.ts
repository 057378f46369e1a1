import * as z from 'zod/mini';

const english = z.locales.en().localeError;

/**
 * Looks at what a function was given, for callers without a compiler. Throws a TypeError that begins with its name and
 * says all that is wrong, without the values.
 */
export function checkOptions(name: string, schema: z.ZodMiniType, given: unknown): void {
  const { success, error } = z.safeParse(schema, given, { error: english });
  if (success) return;
  const problems = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new TypeError(`${name}: ${problems.join('; ')}`);
}

/** A function, of which nothing else can be known. */
export const functionSchema = z.custom((value) => typeof value === 'function', 'expected a function');
