import type { ApiKey } from '../shared/accounts/api-keys.ts';
import { said, say, time } from './language.ts';

type ListedKey = ApiKey & { readonly lastUsedOn?: string | undefined };

/** A key as lines for people. */
export function describeKey(key: ListedKey): string {
  const { keyId, name, scopes, accounts, paths, dailyLimit, createdAt, lastUsedOn } = key;
  const forWhom =
    accounts === '*' ? said('all accounts') : accounts.join(', ') || said('no account any more');
  return [
    `${keyId}  ${name}`,
    say`  ${scopes.join(', ')} for ${forWhom}, made ${time(createdAt)}`,
    lastUsedOn === undefined ? said('  no use is on record') : say`  last used on ${lastUsedOn}`,
    ...(paths ? [say`  only ${paths.join(', ')}`] : []),
    ...(dailyLimit === undefined ? [] : [say`  at most ${dailyLimit} calls a day for each account`]),
  ].join('\n');
}
