import type { Account, AccountDirectory } from '../accounts/accounts.ts';
import { dropInScopes, isFor, type ApiKey } from '../accounts/api-keys.ts';
import type { KeyDirectory } from '../accounts/key-directory.ts';
import { KeyringError } from '../platform/errors.ts';
import { hashToken } from '../platform/random.ts';
import { appIdSchema } from '../wechat/tokens.ts';
import { DropInError } from './errors.ts';
import type { OwnTokens } from './own-token.ts';
import type { Parameters } from './parameters.ts';

type DropInScope = (typeof dropInScopes)[number];

/** Who calls, and for which account. */
export interface Caller {
  readonly apiKey: ApiKey;
  readonly keyHash: string;
  readonly account: Account;
}

/** Recognises those who call the drop-in. */
export class Callers {
  readonly #keys: KeyDirectory;
  readonly #accounts: AccountDirectory;
  readonly #tokens: OwnTokens | undefined;

  constructor(keys: KeyDirectory, accounts: AccountDirectory, tokens?: OwnTokens) {
    this.#keys = keys;
    this.#accounts = accounts;
    this.#tokens = tokens;
  }

  /**
   * Who gives an appid, and a key in the place of the AppSecret. Throws 41002 and 41004 where one is missing, 40125 for
   * what is no key of the drop-in's, and 40013 for an account that is none of the key's.
   */
  async byKey(parameters: Parameters): Promise<Caller> {
    const appId = parameters('appid');
    const key = parameters('secret');
    if (appId === undefined) throw new DropInError(41002);
    if (key === undefined) throw new DropInError(41004);
    const apiKey = await this.#keys.find(key);
    if (!apiKey) throw new DropInError(40125, 'it is not a key of this service');
    if (!dropInScopes.some((scope) => apiKey.scopes.includes(scope))) {
      throw new DropInError(40125, 'the key is a general one: revoke it, as it has travelled in a request');
    }
    const account = appIdSchema.safeParse(appId).success ? await this.#accountOf(appId) : undefined;
    if (!account || !isFor(apiKey.accounts, account)) throw new DropInError(40013);
    return { apiKey, keyHash: hashToken(key), account };
  }

  /**
   * Who gives a token of the service's own. Throws 42001 for one that is over, and 40001 for any other that does not hold:
   * foreign, or given out for a key, a scope or a registration of an account that is gone.
   */
  async byToken(text: string): Promise<Caller> {
    if (!this.#tokens) throw new DropInError(40001);
    const { keyHash, appId, issuedAt } = await this.#tokens.read(text);
    const apiKey = await this.#keys.findByHash(keyHash);
    if (!apiKey?.scopes.includes('dropin:proxy')) throw new DropInError(40001);
    const account = await this.#accountOf(appId);
    if (!account || !isFor(apiKey.accounts, account) || issuedAt < account.createdAt) {
      throw new DropInError(40001);
    }
    return { apiKey, keyHash, account };
  }

  async #accountOf(appId: string): Promise<Account | undefined> {
    try {
      return await this.#accounts.find(appId);
    } catch (error) {
      if (error instanceof KeyringError && error.code === 'account_unknown') return undefined;
      throw error;
    }
  }
}

/** Throws 48001 unless the key has the scope. */
export function requireDropInScope({ apiKey }: Caller, scope: DropInScope): void {
  if (!apiKey.scopes.includes(scope)) throw new DropInError(48001, `the key needs the scope ${scope}`);
}
