import { DropInError } from './errors.ts';

/** The first segments of api.weixin.qq.com that SDKs call. */
export const prefixes = [
  'cgi-bin',
  'card',
  'datacube',
  'customservice',
  'shakearound',
  'device',
  'bizwifi',
  'cv',
  'wxaapi',
  'wxa',
  'merchant',
  'semantic',
  'scan',
  'marketing',
  'publisher',
  'pay',
  'payfeedback',
  'sns',
] as const;

/** Letters, digits, `_` and `-`, which is all that WeChat's paths are made of: no dots, and nothing percent-encoded. */
const plainPath = /^(?:\/[A-Za-z0-9_-]{1,64}){2,8}$/;

/**
 * The path that is checked and sent: slashes that stand together are one, as some SDKs put a base URL together so. Throws
 * 40066 for any other that is not written plainly.
 */
export function plainPathOf(rawPath: string): string {
  const path = rawPath.replace(/\/{2,}/g, '/');
  const [, first = ''] = path.split('/');
  if (!plainPath.test(path) || !prefixes.some((prefix) => prefix === first)) throw new DropInError(40066);
  return path;
}

/** Take the AppSecret or another credential, or hand out what a call was made with. */
const neverServed =
  /^\/(cgi-bin\/(token|stable_token|clear_quota\/v2|openapi\/rid\/get|component(\/.*)?)|sns(\/.*)?)$/;

/** Throws 48001 for a path that is not passed on, whoever asks. Whether WeChat tells letter cases apart is not known. */
export function requireServed(path: string): void {
  if (neverServed.test(path.toLowerCase())) {
    throw new DropInError(48001, 'the drop-in does not pass this path on');
  }
}

/** How a key names the paths it may call: `/cgi-bin/user/get`, or `/cgi-bin/message/*` for all below. */
export const pathPattern = /^(?:\/[A-Za-z0-9_-]{1,64}){1,8}(?:\/\*)?$/;

/** Throws 48001 unless the key may call the path. */
export function requireAllowed(path: string, allowed: readonly string[] | undefined): void {
  if (allowed === undefined) return;
  const isAllowed = allowed.some((pattern) =>
    pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
  );
  if (!isAllowed) throw new DropInError(48001, 'the key is not for this path');
}
