import { keySet as sends } from '../../functions/admin/commands/key-set.ts';
import { count, keyPath } from '../account-settings.ts';
import { adminRequest } from '../command.ts';
import { describeKey } from '../describe-keys.ts';
import { said } from '../language.ts';
import { account, contradiction, flag, option, repeated, text, UsageError } from '../values.ts';

export const keySet = adminRequest({
  words: ['key set'],
  group: 'keys',
  changes: true,
  summary: 'change the limits of an API key, which stays the same',
  notes:
    '--account and --path replace all that there are. What is not named stays. What it may do cannot be changed.',
  args: { keyId: text('<key id>') },
  options: {
    account: repeated(account, 'an account it may be used for'),
    'all-accounts': flag('it may be used for all accounts'),
    path: repeated(keyPath, 'for dropin:proxy: a WeChat path it may call'),
    'all-paths': flag('it may call all WeChat paths'),
    'daily-limit': option(count, 'for dropin:proxy: calls a day in China for each account'),
    'no-daily-limit': flag('it may make any number of calls'),
  },
  sends,
  request: (args, options) => {
    const changes = {
      accounts: either(
        options.account,
        '--account',
        options['all-accounts'] && '--all-accounts',
        '*' as const,
      ),
      paths: either(options.path, '--path', options['all-paths'] && '--all-paths', null),
      dailyLimit: either(
        options['daily-limit'],
        '--daily-limit',
        options['no-daily-limit'] && '--no-daily-limit',
        null,
      ),
    };
    if (Object.values(changes).every((value) => value === undefined)) {
      throw new UsageError(said('What is to be set? Give at least one of the options.'));
    }
    return { ...args, ...changes };
  },
  print: ({ keys }) => keys.map(describeKey).join('\n'),
  remark: () => said('The former limits may count for half a minute more.'),
});

/** What an option was given, or what stands for the flag that takes it away. Throws UsageError where both were given. */
function either<T, None>(
  given: T | undefined,
  label: string,
  flagGiven: string | false,
  none: None,
): T | None | undefined {
  if (flagGiven === false) return given;
  if (given !== undefined) throw contradiction(label, flagGiven);
  return none;
}
