import { parseArgs } from 'node:util';
import type { AccountReport, Command } from '../functions/admin/commands.ts';
import { isTokenMode } from '../shared/accounts/accounts.ts';
import { scopes } from '../shared/accounts/api-keys.ts';
import { sendCommand, type Where } from './admin-client.ts';
import { askSecret } from './prompt.ts';

const usage = `Usage: npm run keyring -- <command> [options]

Commands
  account add <appid>     registers an Official Account; asks for its AppSecret
      --name <name>           what people call it (default: the appid)
      --mode stable|classic   how its token is minted (default: stable)
      --origin <origin>       an origin to which logins may return; repeat for more
      --domain-file <id>      the id in WeChat's MP_verify_<id>.txt; repeat for more
  status                  how every account is
  key create              makes an API key and prints it, once
      --name <name>           what it is for
      --scope <scope>         ${scopes.join(' | ')}; repeat for more
      --account <appid>       an account it may be used for; repeat for more (default: all)

Where
  --local                 the stack that \`npm start\` runs (AWS_PORT where it is not 8789)
  --stage <stage>         the deployed stage (default: prod), with your own AWS credentials
  --region <region>       its region (default: that of your AWS configuration)
  --json                  print the answer as JSON
`;

class UsageError extends Error {}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        mode: { type: 'string' },
        origin: { type: 'string', multiple: true },
        'domain-file': { type: 'string', multiple: true },
        scope: { type: 'string', multiple: true },
        account: { type: 'string', multiple: true },
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

async function commandOf(words: readonly string[], options: Options): Promise<Command> {
  switch (words.slice(0, 2).join(' ')) {
    case 'account add': {
      const account = words[2];
      if (account === undefined) throw new UsageError('Which account? account add <appid>');
      const { mode = 'stable' } = options;
      if (!isTokenMode(mode)) throw new UsageError('--mode is stable or classic.');
      return {
        command: 'account.add',
        account,
        name: options.name ?? account,
        mode,
        allowedOrigins: options.origin ?? [],
        domainFiles: options['domain-file'] ?? [],
        secret: await askSecret('AppSecret: '),
      };
    }
    case 'status':
      return { command: 'status' };
    case 'key create': {
      if (options.name === undefined) throw new UsageError('What is the key for? --name <name>');
      const wanted = options.scope ?? [];
      const known = scopes.filter((scope) => wanted.includes(scope));
      if (known.length === 0 || known.length < wanted.length) {
        throw new UsageError(`--scope is one or more of: ${scopes.join(', ')}.`);
      }
      return { command: 'key.create', name: options.name, scopes: known, accounts: options.account ?? '*' };
    }
    default:
      throw new UsageError(words.length === 0 ? 'Which command?' : `There is no command ${words.join(' ')}.`);
  }
}

function describe(report: AccountReport): string {
  const time = (seconds: number | undefined) =>
    seconds === undefined ? 'never' : new Date(seconds * 1000).toISOString();
  const { failure } = report;
  const lines = [
    `${report.account}  ${report.state}  ${report.name}`,
    `  mode ${report.mode}, generation ${report.generation}`,
    `  minted ${time(report.mintedAt)}, expires ${time(report.expiresAt)}, next refresh ${time(report.refreshAt)}`,
  ];
  if (failure) {
    lines.push(
      `  ${failure.code} (${failure.count} in a row): ${failure.message}`,
      `  What to do: ${failure.advice}`,
      `  Tried again at ${time(failure.retryAt)}.`,
    );
  }
  return lines.join('\n');
}

async function main(): Promise<number> {
  const { values: options, positionals } = readArguments(process.argv.slice(2));
  if (options.help === true) {
    console.log(usage);
    return 0;
  }
  const where: Where =
    options.local === true ? 'local' : { stage: options.stage ?? 'prod', region: options.region };
  const answer = await sendCommand(where, await commandOf(positionals, options));
  if (options.json === true) {
    console.log(JSON.stringify(answer, undefined, 2));
  } else if (!answer.ok) {
    const { code, detail, title } = answer.problem;
    console.error(`${code}: ${detail ?? title}`);
  } else if ('accounts' in answer.result) {
    console.log(answer.result.accounts.map(describe).join('\n') || 'No account is registered yet.');
  } else {
    console.log(answer.result.key);
    console.error('This is the only time the key is shown.');
  }
  return answer.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : `It did not work: ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
