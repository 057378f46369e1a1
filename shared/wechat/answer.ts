import * as z from 'zod/mini';
import { WeChatUnreachableError } from './errors.ts';

/** Makes the `parse` of a call: the schema's fields are required of the answer, every other field is ignored. */
export function readAnswer<T>(api: string, schema: z.ZodMiniType<T>): (answer: unknown) => T {
  return (answer) => {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    // Only where the fault is, never the value that stands there.
    throw new WeChatUnreachableError({
      api,
      reason: 'unexpected_shape',
      path: formatPath(parsed.error.issues[0]?.path ?? []),
    });
  };
}

function formatPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./u, '');
  return text === '' ? '(the whole answer)' : text;
}

/** A text that must be there. */
export const text = z.string().check(z.minLength(1));

/** A whole number; WeChat has sent some of them as text (`sex`, on old data). */
export const wholeNumber = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^-?\d{1,15}$/u))]),
  z.transform(Number),
);

/** Seconds that something lives on: 1 or more. */
export const lifetime = z.pipe(wholeNumber, z.int().check(z.positive()));

/**
 * An object whose emptied fields (`""`, `null`) count as absent. WeChat keeps the names of fields it no longer
 * fills. https://developers.weixin.qq.com/community/develop/doc/00028edbe3c58081e7cc834705b801
 */
export function withoutEmptied<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T> {
  return z.pipe(z.transform(dropEmptied), schema);
}

function dropEmptied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== '' && field !== null));
}
