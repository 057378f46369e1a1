import * as z from 'zod/mini';
import { sessionLimitSchema } from '../functions/admin/schemas.ts';
import { openidSchema } from '../shared/wechat/tokens.ts';
import { said, say } from './language.ts';

/** The command line is not right; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** How a text of the command line becomes a value. */
export interface Value<T> {
  /** What stands for it in the help, such as `<name>` or `stable|classic`. */
  readonly shown: string;
  /** The sentence that begins with the option or argument and says what it has to be, without its full stop. */
  readonly rule: string;
  /** All that it can be, where these are few. */
  readonly choices?: readonly string[];
  /** `undefined` where the text is against the rule. */
  readonly read: (text: string) => T | undefined;
}

/** An option. T is what a command gets where the option is given so often, or not at all. */
export interface Option<T> {
  readonly about: string;
  /** Without one the option takes no value. */
  readonly value?: Value<unknown>;
  readonly repeats: boolean;
  /** Throws UsageError. `label` is the option as it is typed. */
  readonly read: (texts: readonly string[], label: string) => T;
}

/** An option without a value. */
export function flag(about: string): Option<boolean> {
  return { about, repeats: false, read: (texts) => texts.length > 0 };
}

/** An option that is given once at the most. */
export function option<T>(value: Value<T>, about: string): Option<T | undefined> {
  return {
    about,
    value,
    repeats: false,
    read: ([text], label) => (text === undefined ? undefined : readValue(value, text, label)),
  };
}

/** An option that can be given again and again. */
export function repeated<T>(value: Value<T>, about: string): Option<T[] | undefined> {
  return {
    about: say`${said(about)}; repeat for more`,
    value,
    repeats: true,
    read: (texts, label) =>
      texts.length === 0 ? undefined : texts.map((text) => readValue(value, text, label)),
  };
}

/** Throws UsageError, which says the rule and never repeats the text: it could be a secret in a wrong place. */
export function readValue<T>(value: Value<T>, text: string, label: string): T {
  const read = value.read(text);
  if (read === undefined) throw new UsageError(say`${said(label)} ${said(value.rule)}.`);
  return read;
}

/** Any text. */
export function text(shown: string): Value<string> {
  return { shown, rule: 'is a text', read: (given) => given };
}

/** A text that the schema takes. */
export function textLike(shown: string, rule: string, schema: z.ZodMiniType<string>): Value<string> {
  return { shown, rule, read: (given) => z.safeParse(schema, given).data };
}

/** One of a few words. */
export function oneOf<T extends string>(
  choices: readonly T[],
  { shown = choices.join('|'), rule = say`is one of: ${choices.join(', ')}` } = {},
): Value<T> {
  return { shown, rule, choices, read: (given) => choices.find((choice) => choice === given) };
}

/** A whole number that the schema takes. `range` says which these are. */
export function wholeNumber(shown: string, range: string, schema: z.ZodMiniType<number>): Value<number> {
  return {
    shown,
    rule: say`is a whole number ${said(range)}`,
    read: (given) => (/^[1-9]\d{0,8}$/.test(given) ? z.safeParse(schema, Number(given)).data : undefined),
  };
}

/** Hours, read as seconds: how long a session may last. */
export const sessionHours: Value<number> = {
  shown: '<hours>',
  rule: 'is a whole number of hours from 1 to 720',
  read: (given) =>
    /^[1-9]\d{0,2}$/.test(given) ? z.safeParse(sessionLimitSchema, Number(given) * 3600).data : undefined,
};

/** The account that a command is about. */
export const account = text('<account>');

/** The user that a command is about. */
export const openid = textLike('<openid>', 'is 1 to 64 letters, digits, - and _', openidSchema);

/** The option --yes of a command that does nothing without it. */
export const neededYes = flag('required: the command does not ask');

/** Throws UsageError where --yes was not given. */
export function requireYes(given: boolean, warning: string): void {
  if (!given) throw new UsageError(say`${warning} Add --yes if that is what you want.`);
}

/** What is thrown where two options were given that exclude each other, each as it is typed. */
export function contradiction(one: string, other: string): UsageError {
  return new UsageError(say`${one} and ${other} contradict each other. Give one of them.`);
}
