import { keyCreate as sends } from '../../functions/admin/commands/key-create.ts';
import { scopes } from '../../shared/accounts/api-keys.ts';
import { accountName, count, keyPath } from '../account-settings.ts';
import { adminRequest } from '../command.ts';
import { said, say } from '../language.ts';
import { account, oneOf, option, repeated, UsageError } from '../values.ts';

const scope = oneOf(scopes, { rule: say`is one or more of: ${scopes.join(', ')}` });

export const keyCreate = adminRequest({
  words: ['key create'],
  group: 'keys',
  changes: true,
  summary: 'make an API key and print it once; its id goes to standard error',
  args: {},
  options: {
    name: option(accountName, 'what it is for (required)'),
    scope: repeated(scope, 'what it may do (required)'),
    account: repeated(account, 'an account it may be used for (default: all)'),
    path: repeated(keyPath, 'for dropin:proxy: a WeChat path it may call (default: all)'),
    'daily-limit': option(
      count,
      'for dropin:proxy: calls a day in China for each account (default: no limit)',
    ),
  },
  sends,
  request: (
    _args,
    { name, scope: asked = [], account: accounts, path: paths, 'daily-limit': dailyLimit },
  ) => {
    if (name === undefined) throw new UsageError(said('What is the key for? --name <name>'));
    if (asked.length === 0) throw new UsageError(say`--scope ${said(scope.rule)}.`);
    return {
      name,
      scopes: scopes.filter((known) => asked.includes(known)),
      accounts: accounts ?? ('*' as const),
      paths,
      dailyLimit,
    };
  },
  print: ({ key }) => key,
  remark: ({ apiKey: { keyId, name } }) =>
    say`The key ${keyId} (${JSON.stringify(name)}). This is the only time it is shown.`,
});
