import { routes } from '../functions/routes.ts';
import { entries, type Entry } from './permissions.ts';

/** How large a function that somebody waits for may be, in KiB of minified code. */
const mostKib = 250;

/** Those that are larger, with the limit that holds for them and what makes them so. */
const larger: Readonly<Partial<Record<Entry, { readonly kib: number; readonly why: string }>>> = {
  'followers/list-followers': { kib: 268, why: 'calls WeChat, counts the calls, reads the mirror' },
  'followers/count-followers': { kib: 268, why: 'calls WeChat, counts the calls, reads the mirror' },
  'followers/get-follower': { kib: 268, why: 'calls WeChat, counts the calls, reads the mirror' },
  'followers/lookup-followers': { kib: 268, why: 'calls WeChat, counts the calls, reads the mirror' },
  'followers/list-avatars': { kib: 278, why: 'the same, and sessions' },
  'oauth/callback': { kib: 312, why: 'needs KMS and Secrets Manager at once' },
  'users/get-user': { kib: 290, why: 'needs KMS' },
  'events/receive-event': { kib: 346, why: 'needs an XML parser (62 KiB), SQS and Secrets Manager' },
};

/** The functions that an HTTP request waits for: those of routes, and the authorizer in front of them. */
export const httpEntries: readonly Entry[] = entries.filter(
  (entry) => entry === 'access/authorize-key' || Object.values(routes).some((route) => route.entry === entry),
);

/** The function's limit in KiB; `undefined` where no request waits for it. */
export function limitOf(entry: Entry): number | undefined {
  return httpEntries.includes(entry) ? (larger[entry]?.kib ?? mostKib) : undefined;
}
