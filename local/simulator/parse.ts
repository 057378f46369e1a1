import * as z from 'zod/mini';

const english = z.locales.en().localeError;

/** Reads a value as `schema` has it. Else throws the error that `fault` makes of all that is wrong, without the value. */
export function parse<T extends z.core.$ZodType>(
  schema: T,
  value: unknown,
  fault: (problems: string) => Error,
): z.output<T> {
  const parsed = z.safeParse(schema, value, { error: english });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw fault(problems.join('; '));
}
