import { parseArgs } from 'node:util';
import type { Command } from '../functions/admin/commands.ts';
import { isTokenMode, syncModeSchema, type TokenMode } from '../shared/accounts/accounts.ts';
import { scopes, type Scope } from '../shared/accounts/api-keys.ts';
import type { Where } from './admin-client.ts';

export const usage = `Usage: npm run keyring -- <command> [options]

Accounts (<account> is an appid or an alias such as default)
  account add <appid>               register an Official Account; asks for its AppSecret
      --name <name>                   what people call it (default: the appid)
      --lender <origin>               borrow its token from another deployment of this service; asks for an API key
                                      with the scope token:read there instead, and no AppSecret is kept
      --mode stable|classic           how its token is minted (default: stable)
      --origin <origin>               an origin to which logins may return; repeat for more
      --domain-file <id>              the id in WeChat's MP_verify_<id>.txt; repeat for more
      --mint-budget <n>               automatic mints a day (default: 200)
      --daily-limit <api>=<n>         calls a day, where WeChat's console shows another number; repeat for more
      --session-idle <hours>          a user's session ends when it is not used for so long (default: 168)
      --session-life <hours>          and at the latest after so long (default and most: 720)
      --sync off|list|details         what the daily sync of followers brings (default: details)
      --sync-share <percent>          the most of each day's quota that syncs may spend (default: 40)
  account list                      how every account is (also: status)
  account show <account>            how one account is
  account rotate-secret <account>   store a new AppSecret, or API key for the lender; asks for it, and refreshes to
                                    prove it
  account set-mode <account> <mode> stable or classic
  account set-push <account>        take WeChat's pushes; asks for the Token and the EncodingAESKey of the console,
                                    the latter empty for messages in the clear
  account set <account>             change --name, --mint-budget, --daily-limit, --session-idle, --session-life, --sync,
                                    --sync-share, or all --origin; add --domain-file
  account remove <account>          forget an account, and in the background its followers (--yes is needed)
  refresh <account>                 refresh its token now, whatever the back-off or the budget says

Followers (docs/followers.md)
  followers sync <account>          bring the mirror of followers up to date now; --wait shows how it goes on
      --force                         believe WeChat where its list has become much shorter
  followers status <account>        how far the sync is, what it has spent, what went wrong; --wait until it ends
  followers pause <account>         stop the sync after the step it is in, and begin no other
  followers resume <account>        go on
  followers export <account>        write everyone whom the mirror has, page by page
      --format ndjson|csv             (default: by the ending of --out, or ndjson)
      --out <file>                    or s3://<bucket>/<key>; without it, standard output

Usage and quotas
  usage <account>                   calls to WeChat today (--day <yyyy-mm-dd> for another day in China)
  quota get <account> <api>         what WeChat itself says, as of /cgi-bin/user/get
  quota clear <account>             have WeChat set today's quotas back; 10 times a month (--yes is needed)

Users
  user expiring <account>           whose grants end within --days <n> (1 to 30, default 7). Reads the whole Users
                                    table; where it says so, go on with --from <cursor>
  user erase <account> <openid>     delete all that is kept about a user; asks first, unless with --yes
  user export <account> <openid>    print all that is kept about a user, but for tokens, as JSON
  data-key rotate                   seal grants with a new key from now on

API keys
  key create                        make an API key and print it, once
      --name <name>                   what it is for
      --scope <scope>                 ${scopes.join(' | ')}; repeat for more
      --account <account>             an account it may be used for; repeat for more (default: all)
  key list
  key revoke <key id>

Where
  --local                           the stack that \`npm start\` runs (AWS_PORT where it is not 8789)
  --stage <stage>                   the deployed stage (default: prod), with your own AWS credentials
  --region <region>                 its region (default: that of your AWS configuration)
  --json                            print the answer as JSON
`;

/** The command line is not right; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const exportFormats = ['ndjson', 'csv'] as const;

/** What an export writes, and where: a file, an object in S3, or standard output. */
export interface ExportOutput {
  readonly format: (typeof exportFormats)[number];
  readonly target:
    | { readonly to: 'file'; readonly path: string }
    | { readonly to: 's3'; readonly bucket: string; readonly key: string }
    | { readonly to: 'stdout' };
}

/** Asks for secrets, in that order, each by its question. */
export type AskSecrets = (...questions: string[]) => Promise<string[]>;

/** Asks whether to go on. */
export type Confirm = (question: string) => Promise<boolean>;

/** A command as far as the command line says it; secrets are asked for where they are needed. */
export type Request =
  | { readonly help: true }
  | {
      readonly help: false;
      readonly where: Where;
      readonly json: boolean;
      /** Whether to show the sync of followers until it ends. */
      readonly wait: boolean;
      /** Where the pages of `followers.export` go. */
      readonly output: ExportOutput;
      readonly commandWith: (ask: AskSecrets, confirm: Confirm) => Promise<Command>;
    };

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        mode: { type: 'string' },
        lender: { type: 'string' },
        origin: { type: 'string', multiple: true },
        'domain-file': { type: 'string', multiple: true },
        'mint-budget': { type: 'string' },
        'daily-limit': { type: 'string', multiple: true },
        'session-idle': { type: 'string' },
        'session-life': { type: 'string' },
        sync: { type: 'string' },
        'sync-share': { type: 'string' },
        wait: { type: 'boolean' },
        force: { type: 'boolean' },
        day: { type: 'string' },
        days: { type: 'string' },
        from: { type: 'string' },
        format: { type: 'string' },
        out: { type: 'string' },
        scope: { type: 'string', multiple: true },
        account: { type: 'string', multiple: true },
        yes: { type: 'boolean' },
        local: { type: 'boolean' },
        stage: { type: 'string' },
        region: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The arguments are not right.');
  }
}

type Options = ReturnType<typeof readArguments>['values'];

/** Reads the command line. Throws UsageError. */
export function readCommandLine(args: string[]): Request {
  const { values: options, positionals } = readArguments(args);
  if (options.help === true) return { help: true };
  const where: Where =
    options.local === true ? 'local' : { stage: options.stage ?? 'prod', region: options.region };
  return {
    help: false,
    where,
    json: options.json === true,
    wait: options.wait === true,
    output: outputOf(options),
    commandWith: commandOf(positionals, options),
  };
}

function commandOf(
  words: readonly string[],
  options: Options,
): (ask: AskSecrets, confirm: Confirm) => Promise<Command> {
  const always = (command: Command) => () => Promise.resolve(command);
  const [area = '', action = ''] = words;
  const twoWords = ['account', 'followers', 'quota', 'key', 'user', 'data-key'].includes(area);
  const name = twoWords ? `${area} ${action}` : area;
  const rest = words.slice(twoWords ? 2 : 1);
  const take = (...what: string[]): string[] => {
    if (rest.length !== what.length) {
      throw new UsageError(`Say: ${[name, ...what.map((word) => `<${word}>`)].join(' ')}`);
    }
    return [...rest];
  };

  switch (name) {
    case 'account add': {
      const [account = ''] = take('appid');
      const about = {
        command: 'account.add',
        account,
        name: options.name ?? account,
        mode: modeOf(options.mode ?? 'stable'),
        lender: options.lender,
        allowedOrigins: options.origin ?? [],
        domainFiles: options['domain-file'] ?? [],
        mintBudget: mintBudgetOf(options),
        dailyLimits: dailyLimitsOf(options),
        ...sessionLimitsOf(options),
        ...syncSettingsOf(options),
      } as const;
      return async (ask) => {
        const [secret = ''] = await ask(options.lender === undefined ? 'AppSecret: ' : 'API key: ');
        return { ...about, secret };
      };
    }
    case 'account list':
    case 'status':
      take();
      return always({ command: 'status' });
    case 'account show': {
      const [account = ''] = take('account');
      return always({ command: 'account.show', account });
    }
    case 'account rotate-secret': {
      const [account = ''] = take('account');
      return async (ask) => {
        const [secret = ''] = await ask('New secret: ');
        return { command: 'account.rotate-secret', account, secret };
      };
    }
    case 'account set-push': {
      const [account = ''] = take('account');
      return async (ask) => {
        const [pushToken = '', key = ''] = await ask('Token: ', 'EncodingAESKey: ');
        return { command: 'account.set-push', account, pushToken, encodingAesKey: key || undefined };
      };
    }
    case 'account set-mode': {
      const [account = '', mode = ''] = take('account', 'mode');
      return always({ command: 'account.set', account, mode: modeOf(mode) });
    }
    case 'account set': {
      const [account = ''] = take('account');
      return always({
        command: 'account.set',
        account,
        name: options.name,
        mode: options.mode === undefined ? undefined : modeOf(options.mode),
        allowedOrigins: options.origin,
        domainFiles: options['domain-file'],
        mintBudget: mintBudgetOf(options),
        dailyLimits: options['daily-limit'] && dailyLimitsOf(options),
        ...sessionLimitsOf(options),
        ...syncSettingsOf(options),
      });
    }
    case 'account remove': {
      const [account = ''] = take('account');
      requireYes(options, `This forgets ${account}, its credentials and its followers.`);
      return always({ command: 'account.remove', account });
    }
    case 'refresh': {
      const [account = ''] = take('account');
      return always({ command: 'refresh', account });
    }
    case 'followers sync': {
      const [account = ''] = take('account');
      return always({ command: 'followers.sync', account, force: options.force });
    }
    case 'followers status':
    case 'followers pause':
    case 'followers resume': {
      const [account = ''] = take('account');
      const commands = {
        'followers status': 'followers.status',
        'followers pause': 'followers.pause',
        'followers resume': 'followers.resume',
      } as const;
      return always({ command: commands[name], account });
    }
    case 'usage': {
      const [account = ''] = take('account');
      return always({ command: 'usage', account, day: options.day });
    }
    case 'quota get': {
      const [account = '', path = ''] = take('account', 'api');
      return always({ command: 'quota.get', account, path });
    }
    case 'quota clear': {
      const [account = ''] = take('account');
      requireYes(options, 'WeChat allows this 10 times a month.');
      return always({ command: 'quota.clear', account });
    }
    case 'key create': {
      take();
      if (options.name === undefined) throw new UsageError('What is the key for? --name <name>');
      return always({
        command: 'key.create',
        name: options.name,
        scopes: scopesOf(options.scope ?? []),
        accounts: options.account ?? '*',
      });
    }
    case 'user expiring': {
      const [account = ''] = take('account');
      const days = wholeNumber('--days', options.days ?? '7');
      return always({ command: 'user.expiring', account, days, from: options.from });
    }
    case 'user erase': {
      const [account = '', openid = ''] = take('account', 'openid');
      return async (_ask, confirm) => {
        const question = `This deletes all that is kept about ${openid}, and cannot be undone.`;
        if (options.yes !== true && !(await confirm(question))) throw new Error('Nothing was deleted.');
        return { command: 'user.erase', account, openid };
      };
    }
    case 'user export': {
      const [account = '', openid = ''] = take('account', 'openid');
      return always({ command: 'user.export', account, openid });
    }
    case 'followers export': {
      const [account = ''] = take('account');
      return always({ command: 'followers.export', account });
    }
    case 'data-key rotate':
      take();
      return always({ command: 'data-key.rotate' });
    case 'key list':
      take();
      return always({ command: 'key.list' });
    case 'key revoke': {
      const [keyId = ''] = take('key id');
      return always({ command: 'key.revoke', keyId });
    }
    default:
      throw new UsageError(
        words.length === 0 ? 'Which command?' : `There is no command ${JSON.stringify(words.join(' '))}.`,
      );
  }
}

function outputOf({ format, out = '-' }: Options): ExportOutput {
  const s3 = /^s3:\/\/([^/]+)\/(.+)$/.exec(out);
  if (!s3 && out.startsWith('s3:')) throw new UsageError('--out is such as s3://bucket/followers.csv.');
  const [, bucket = '', key = ''] = s3 ?? [];
  const target: ExportOutput['target'] =
    out === '-' ? { to: 'stdout' } : s3 ? { to: 's3', bucket, key } : { to: 'file', path: out };
  const byName = out.endsWith('.csv') ? 'csv' : 'ndjson';
  const known = exportFormats.find((name) => name === (format ?? byName));
  if (known === undefined) throw new UsageError(`--format is one of: ${exportFormats.join(', ')}.`);
  return { format: known, target };
}

function modeOf(text: string): TokenMode {
  if (!isTokenMode(text)) throw new UsageError('The mode is stable or classic.');
  return text;
}

function scopesOf(wanted: readonly string[]): Scope[] {
  const known = scopes.filter((scope) => wanted.includes(scope));
  if (known.length === 0 || known.length < new Set(wanted).size) {
    throw new UsageError(`--scope is one or more of: ${scopes.join(', ')}.`);
  }
  return known;
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${name} is a whole number from 1.`);
  return Number(text);
}

function mintBudgetOf({ 'mint-budget': text }: Options): number | undefined {
  return text === undefined ? undefined : wholeNumber('--mint-budget', text);
}

function sessionLimitsOf({ 'session-idle': idle, 'session-life': life }: Options) {
  const seconds = (name: string, hours: string | undefined) =>
    hours === undefined ? undefined : wholeNumber(name, hours) * 3600;
  return {
    sessionIdleSeconds: seconds('--session-idle', idle),
    sessionSeconds: seconds('--session-life', life),
  };
}

function syncSettingsOf({ sync, 'sync-share': share }: Options) {
  const mode = syncModeSchema.safeParse(sync);
  if (sync !== undefined && !mode.success) throw new UsageError('--sync is off, list or details.');
  const syncShare = share === undefined ? undefined : wholeNumber('--sync-share', share);
  if (syncShare !== undefined && syncShare > 100) throw new UsageError('--sync-share is 1 to 100.');
  return { sync: mode.data, syncShare };
}

function dailyLimitsOf({ 'daily-limit': texts = [] }: Options): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [api = '', number = ''] = text.split('=');
      if (!api.startsWith('/')) throw new UsageError('--daily-limit is such as /cgi-bin/user/get=1000.');
      return [api, wholeNumber('--daily-limit', number)];
    }),
  );
}

function requireYes({ yes }: Options, warning: string): void {
  if (yes !== true) throw new UsageError(`${warning} Add --yes if that is what you want.`);
}
