import type { Command, CommandResult } from '../functions/admin/commands.ts';
import { routes } from '../functions/routes.ts';
import type { Accounts, TokenMode } from '../shared/accounts/accounts.ts';
import { generalScopes } from '../shared/accounts/api-keys.ts';
import { anyLocalhost } from '../shared/http/allowed-address.ts';
import { parseAppId, type AppId } from '../shared/wechat/tokens.ts';
import type { AccountInput } from './simulator/accounts.ts';

/** What the simulator knows of the account of a local stack. */
export const demoAccount = {
  appid: parseAppId('wx5ca1ab1e0ddba115'),
  secret: '0123456789abcdef0123456789abcdef',
};
/** So that `POST /_sim/push` reaches the events endpoint, in safe mode only. */
const demoPush = {
  pushToken: 'DemoPushToken',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};

/** The account of the local stack, as the simulator has it. `apiPort` is where the API listens. */
export function simulatedAccount({
  followers,
  apiPort,
}: {
  followers: number;
  apiPort: string;
}): AccountInput {
  const path = routes.receiveEvent.path.replace('{account}', demoAccount.appid);
  return {
    ...demoAccount,
    followers,
    options: {
      push_token: demoPush.pushToken,
      encoding_aes_key: demoPush.encodingAesKey,
      // Not by its name: the simulator asks no resolver about names below localhost.
      push_url: `http://127.0.0.1:${apiPort}${path}`,
    },
  };
}

/** How the account of a local stack is registered. */
export interface Registration {
  readonly allowedOrigins: string[];
  readonly mode: TokenMode;
  /** A real account, in place of the simulated one. */
  readonly wechat: { readonly appId: AppId; readonly secret: string } | undefined;
}

/**
 * Registers the account and makes an API key, with commands like any operator. What an earlier call has done that was
 * killed is not done again.
 */
export async function register(
  run: (command: Command) => Promise<CommandResult>,
  accounts: Accounts,
  { allowedOrigins, mode, wechat }: Registration,
): Promise<{ account: AppId; apiKey: string }> {
  const account = wechat?.appId ?? demoAccount.appid;
  if (!(await accounts.get(account))) {
    await run({
      command: 'account.add',
      account,
      name: wechat ? account : 'The simulated account',
      mode,
      secret: wechat?.secret ?? demoAccount.secret,
      allowedOrigins,
      domainFiles: [],
      // It keeps the embedded DynamoDB busy for a while: `followers sync` makes it when it is wanted.
      sync: 'off',
    });
  }
  if (!wechat) await run({ command: 'account.set-push', account, ...demoPush });
  const made = await run({ command: 'key.create', name: 'local', scopes: [...generalScopes], accounts: '*' });
  if (!('key' in made)) throw new Error('The admin function made no key.');
  return { account, apiKey: made.key };
}

/** Lets pages on every port of localhost call the API and be returned to. No command can. */
export async function allowAnyPort(accounts: Accounts, account: AppId): Promise<void> {
  const found = await accounts.get(account);
  if (!found || found.allowedOrigins.includes(anyLocalhost)) return;
  await accounts.change(account, { allowedOrigins: [...found.allowedOrigins, anyLocalhost] });
}
