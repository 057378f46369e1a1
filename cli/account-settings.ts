import { tokenModes, syncModeSchema } from '../shared/accounts/accounts.ts';
import {
  apiPathSchema,
  countSchema,
  domainFileSchema,
  keyPathSchema,
  nameSchema,
  originSchema,
  percentSchema,
  secretSchema,
} from '../functions/admin/schemas.ts';
import { option, oneOf, repeated, sessionHours, textLike, wholeNumber, type Value } from './values.ts';

/** How many of something. */
export const count = wholeNumber('<n>', 'from 1 to 100000000', countSchema);

const dailyLimit: Value<readonly [api: string, calls: number]> = {
  shown: '<api>=<n>',
  rule: 'is such as /cgi-bin/user/get=1000',
  read: (text) => {
    const [api = '', number = '', ...more] = text.split('=');
    const calls = count.read(number);
    const isLimit = apiPathSchema.safeParse(api).success && more.length === 0;
    return isLimit && calls !== undefined ? [api, calls] : undefined;
  },
};

/** The id in the name of a file MP_verify_<id>.txt, which may be given whole. */
const domainFile: Value<string> = {
  shown: '<file>',
  rule: 'is a file MP_verify_<id>.txt, or its id',
  read: (text) => domainFileSchema.safeParse(/^MP_verify_(.*)\.txt$/.exec(text)?.[1] ?? text).data,
};

/** An AppSecret, or the API key for a lender. */
export const secretText = textLike(
  '<secret>',
  'is a text of 1 to 128 characters without blanks',
  secretSchema,
);
export const accountName = textLike('<name>', 'is a text of 1 to 100 characters', nameSchema);
/** A WeChat path that a key of the drop-in may call. */
export const keyPath = textLike(
  '<path>',
  'is a path such as /cgi-bin/user/get, or /cgi-bin/message/* for all below',
  keyPathSchema,
);
export const tokenMode = oneOf(tokenModes);

/** The options that `account add` and `account set` have in common, beside the name. */
export const settingsOptions = {
  origin: repeated(
    textLike('<origin>', 'is an origin such as https://www.example.com', originSchema),
    'an origin to which logins may return',
  ),
  'domain-file': repeated(domainFile, "WeChat's MP_verify_<id>.txt, or the id in its name"),
  'mint-budget': option(count, 'automatic mints a day (default: 200)'),
  'daily-limit': repeated(dailyLimit, "calls a day, where WeChat's console shows another number"),
  'session-idle': option(sessionHours, "a user's session ends after this long without use (default: 168)"),
  'session-life': option(sessionHours, 'and at the latest after this long (default and maximum: 720)'),
  sync: option(oneOf(syncModeSchema.options), 'what the daily sync of followers brings (default: details)'),
  'sync-share': option(
    wholeNumber('<percent>', 'from 1 to 100', percentSchema),
    "the share of each day's quota that syncs may spend (default: 40)",
  ),
};

interface Settings {
  readonly origin: string[] | undefined;
  readonly 'domain-file': string[] | undefined;
  readonly 'mint-budget': number | undefined;
  readonly 'daily-limit': (readonly [api: string, calls: number])[] | undefined;
  readonly 'session-idle': number | undefined;
  readonly 'session-life': number | undefined;
  readonly sync: (typeof syncModeSchema.options)[number] | undefined;
  readonly 'sync-share': number | undefined;
}

/** These options as the members of the commands. What is not given is `undefined`. */
export function settingsOf(options: Settings) {
  const limits = options['daily-limit'];
  return {
    allowedOrigins: options.origin,
    domainFiles: options['domain-file'],
    mintBudget: options['mint-budget'],
    dailyLimits: limits && Object.fromEntries(limits),
    sessionIdleSeconds: options['session-idle'],
    sessionSeconds: options['session-life'],
    sync: options.sync,
    syncShare: options['sync-share'],
  };
}
