import * as z from 'zod/mini';
import { WeChatUnreachableError } from './errors.ts';
import { pictureUrl } from './picture.ts';

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

/** The same for an answer about the one person who was asked about: that of another is as good as none. */
export function readAnswerAbout<T extends { readonly openid: string }>(
  openid: string,
  api: string,
  schema: z.ZodMiniType<T>,
): (answer: unknown) => T {
  const read = readAnswer(api, schema);
  return (answer) => {
    const person = read(answer);
    if (person.openid === openid) return person;
    throw new WeChatUnreachableError({ api, reason: 'unexpected_shape', path: 'openid' });
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

/** What a person or the operator of an account has written: at most 1,024 characters, all of them whole. */
export const words = z.pipe(
  z.string().check(z.maxLength(1024)),
  z.transform((written) => written.toWellFormed()),
);

/**
 * Of an account bound to an Open Platform account. A sample on an official page has a stray blank. One of blanks alone is
 * none: two people who had it would be taken for one.
 */
export const unionid = z.pipe(
  z.pipe(
    words,
    z.transform((written) => written.trim()),
  ),
  text,
);

/** The address of a picture, as a page can show it. */
export const picture = z.pipe(z.pipe(words, z.transform(pictureUrl)), z.string());

/** A whole number; WeChat has sent some of them as text (`sex`, on old data). */
export const wholeNumber = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^-?\d{1,15}$/u))]),
  z.transform(Number),
);

/** A time in Unix seconds, of at most ten digits. */
export const unixSeconds = z.pipe(wholeNumber, z.int().check(z.minimum(0), z.maximum(9_999_999_999)));

/** The longest life that WeChat gives a token or a ticket, in seconds. */
const longestLifeSeconds = 7200;

/**
 * Seconds that something lives on: 1 or more, and no more than WeChat gives anything. A longer life, such as one in
 * milliseconds, would have callers keep a value that is long dead.
 */
export const lifeSeconds = z.pipe(
  z.int().check(z.positive()),
  z.transform((seconds: number) => Math.min(seconds, longestLifeSeconds)),
);

/** The same as WeChat writes it. */
export const lifetime = z.pipe(wholeNumber, lifeSeconds);

/**
 * An object whose emptied fields (`""`, `null`) count as absent. WeChat keeps the names of fields it no longer
 * fills. https://developers.weixin.qq.com/community/develop/doc/00028edbe3c58081e7cc834705b801
 */
export function withoutEmptied<T>(schema: z.ZodMiniType<T>): z.ZodMiniType<T> {
  return z.pipe(z.transform(dropEmptied), schema);
}

/**
 * The same, and an optional field that is not as the schema says counts as absent: WeChat has sent one person's in
 * another type, in the midst of an answer that was right.
 */
export function withoutOdd<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
): z.ZodMiniType<z.output<z.ZodMiniObject<Shape>>> {
  const required = faultsOf(schema, {});
  const drop = (value: unknown) => {
    const odd = faultsOf(schema, value).difference(required);
    return filterFields(value, ([name]) => !odd.has(name));
  };
  return withoutEmptied(z.pipe(z.transform(drop), schema));
}

/** The names of the fields that are missing or wrong. */
function faultsOf(schema: z.ZodMiniType, value: unknown): ReadonlySet<PropertyKey | undefined> {
  return new Set(schema.safeParse(value).error?.issues.map(({ path }) => path[0]));
}

function dropEmptied(value: unknown): unknown {
  return filterFields(value, ([, field]) => field !== '' && field !== null);
}

function filterFields(value: unknown, keeps: (field: [string, unknown]) => boolean): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(keeps));
}
