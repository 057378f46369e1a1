import { keyList as sends } from '../../functions/admin/commands/key-list.ts';
import type { ApiKey } from '../../shared/accounts/api-keys.ts';
import { adminRequest } from '../command.ts';
import { said, say, time } from '../language.ts';

export const keyList = adminRequest({
  words: ['key list'],
  group: 'keys',
  changes: false,
  summary: 'all API keys, without the keys themselves',
  args: {},
  options: {},
  sends,
  request: (args) => args,
  print: ({ keys }) => keys.map(describeKey).join('\n') || said('There are no keys yet.'),
});

type ListedKey = ApiKey & { readonly lastUsedOn?: string | undefined };

function describeKey(key: ListedKey): string {
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
