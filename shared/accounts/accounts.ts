import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Item, Table } from '../platform/table.ts';
import { type AppId, appIdSchema } from '../wechat/tokens.ts';

/** How the account's token is minted: see docs/refresh-protocol.md. */
export const tokenModes = ['stable', 'classic'] as const;
export const tokenModeSchema = z.enum(tokenModes);
export type TokenMode = z.infer<typeof tokenModeSchema>;

export function isTokenMode(text: string): text is TokenMode {
  return tokenModeSchema.safeParse(text).success;
}

/** See docs/followers.md. */
const syncModes = ['off', 'list', 'details'] as const;
export const syncModeSchema = z.enum(syncModes);
export type SyncMode = z.infer<typeof syncModeSchema>;

/** One WeChat Official Account as the operator registered it. Its AppSecret is elsewhere (secrets.ts). */
export const accountSchema = z.object({
  /** WeChat's appid: `wx` and 16 hex digits. */
  appId: appIdSchema,
  name: z.string(),
  mode: tokenModeSchema,
  /**
   * The origin of another deployment of this service that lends the account: its token comes from there instead of
   * from WeChat, and no AppSecret is here. Default: it is this one's own.
   */
  lender: z.optional(z.string()),
  /** Automatic mints a day: a hard stop well below WeChat's 2,000. */
  mintBudget: z._default(z.number(), 200),
  /** Calls a day that WeChat allows the account, where they differ from the usual (shared/usage/limits.ts), by API. */
  dailyLimits: z._default(z.record(z.string(), z.number()), {}),
  /** Exact origins, such as `https://www.example.com`, to which a login may return. */
  allowedOrigins: z.array(z.string()),
  /** Seconds after which an unused session ends. Default: 7 days. */
  sessionIdleSeconds: z.optional(z.number()),
  /** Seconds after which any session ends. Default: 30 days, as long as a grant can last. */
  sessionSeconds: z.optional(z.number()),
  /** What the daily sync of followers brings: nothing, who follows, or their details, too. Default: details. */
  sync: z.optional(syncModeSchema),
  /** The most of each day's calls to an API that syncs may spend, in percent. Default: 40. */
  syncShare: z.optional(z.number()),
  /** Where its pushes are forwarded. Default: nowhere. */
  pushForward: z.optional(z.string()),
  createdAt: z.number(),
  /** Drawn by lot at each registration. None: it was registered by an earlier version. */
  incarnation: z.optional(z.string()),
});
export type Account = z.infer<typeof accountSchema>;

/**
 * Names the account as it is registered now. What is given out for it and lasts, sessions and API keys, bears this name:
 * once the account is removed and registered again, none of that is for it any more.
 */
export function registrationOf({ appId, incarnation }: Account): string {
  return incarnation === undefined ? appId : `${appId}:${incarnation}`;
}

/**
 * The registered accounts, their aliases and their domain ownership files. They stand in the Credentials table
 * in partitions of their own (`accounts`, `aliases`, `domain-files`), so that listing them is one query.
 */
export class Accounts {
  readonly #table: Table;

  constructor(credentials: Table) {
    this.#table = credentials;
  }

  async get(appId: AppId): Promise<Account | undefined> {
    const item = await this.#table.get({ appId: 'accounts', kind: appId });
    return item && accountOf(item);
  }

  /**
   * All of them. One that cannot be read, such as what another version stored, is told to `onUnreadable` and left out.
   * Throws for it where that is not given.
   */
  async list(onUnreadable?: (appId: string, error: unknown) => void): Promise<Account[]> {
    const items = await this.#table.query('appId', 'accounts');
    return items.flatMap((item) => {
      try {
        return [accountOf(item)];
      } catch (error) {
        if (!onUnreadable) throw error;
        onUnreadable(String(item['kind']), error);
        return [];
      }
    });
  }

  /** Registers an account. The first one registered also becomes `default`. False when it exists already. */
  async add(account: Account): Promise<boolean> {
    const added = await this.#table.put(
      { ...account, appId: 'accounts', kind: account.appId },
      { expression: 'attribute_not_exists(#appId)' },
    );
    await this.#table.put(
      { appId: 'aliases', kind: 'default', target: account.appId },
      { expression: 'attribute_not_exists(#appId)' },
    );
    return added;
  }

  /** Changes those settings of a registered account that are given. False when there is no such account. */
  async change(
    appId: AppId,
    settings: {
      [Setting in keyof Omit<Account, 'appId' | 'lender' | 'pushForward' | 'createdAt' | 'incarnation'>]?:
        Account[Setting] | undefined;
    },
  ): Promise<boolean> {
    if (Object.values(settings).every((value) => value === undefined))
      return (await this.get(appId)) !== undefined;
    return this.#table.update(
      { appId: 'accounts', kind: appId },
      { set: settings, condition: { expression: 'attribute_exists(#appId)' } },
    );
  }

  /** Has the account's pushes forwarded there, or nowhere. False when there is no such account. */
  async setPushForward(appId: AppId, address: string | undefined): Promise<boolean> {
    return this.#table.update(
      { appId: 'accounts', kind: appId },
      {
        ...(address === undefined ? { remove: ['pushForward'] } : { set: { pushForward: address } }),
        condition: { expression: 'attribute_exists(#appId)' },
      },
    );
  }

  /** Removes an account with its aliases and domain files. What users granted it ends by itself. */
  async remove(appId: AppId): Promise<void> {
    for (const [partition, attribute] of [
      ['aliases', 'target'],
      ['domain-files', 'account'],
    ] as const) {
      for (const item of await this.#table.query('appId', partition)) {
        if (item[attribute] !== appId) continue;
        await this.#table.delete({ appId: partition, kind: z.parse(z.string(), item['kind']) });
      }
    }
    await this.#table.delete({ appId: 'accounts', kind: appId });
  }

  /** The account behind an appid or an alias. */
  async find(nameOrAppId: string): Promise<Account | undefined> {
    const appId = z.safeParse(appIdSchema, nameOrAppId);
    const account = appId.success ? await this.get(appId.data) : undefined;
    if (account) return account;
    const alias = await this.#table.get({ appId: 'aliases', kind: nameOrAppId });
    return alias && this.get(z.parse(appIdSchema, alias['target']));
  }

  /** Lets `/MP_verify_{id}.txt` be served, by which WeChat checks who owns a domain. */
  async addDomainFile(id: string, appId: AppId): Promise<void> {
    await this.#table.put({ appId: 'domain-files', kind: id, account: appId });
  }

  /** The aliases of every account, by its appid. */
  async listAliases(): Promise<Map<AppId, string[]>> {
    return this.#namesIn('aliases', 'target');
  }

  /** The ids of every account's domain files, by its appid. */
  async listDomainFiles(): Promise<Map<AppId, string[]>> {
    return this.#namesIn('domain-files', 'account');
  }

  async #namesIn(partition: string, attribute: string): Promise<Map<AppId, string[]>> {
    const names = new Map<AppId, string[]>();
    for (const item of await this.#table.query('appId', partition)) {
      const appId = z.parse(appIdSchema, item[attribute]);
      names.set(appId, [...(names.get(appId) ?? []), z.parse(z.string(), item['kind'])]);
    }
    return names;
  }

  async hasDomainFile(id: string): Promise<boolean> {
    return (await this.#table.get({ appId: 'domain-files', kind: id })) !== undefined;
  }
}

/** The appId is the sort key of the item, whose partition key has that name. */
function accountOf(item: Item): Account {
  return z.parse(accountSchema, { ...item, appId: item['kind'] });
}

const cacheTtlSeconds = 60;

/** Finds accounts for requests, remembering each for a minute: settings change rarely, requests come often. */
export class AccountDirectory {
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #known = new Map<string, { account: Account; until: number }>();

  constructor(accounts: Accounts, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  /** The account behind an appid or alias. Throws `account_unknown`. */
  async find(nameOrAppId: string): Promise<Account> {
    const account = await this.#look(nameOrAppId);
    if (!account)
      throw new KeyringError('account_unknown', 'Register it with `account add`, or check its name.');
    return account;
  }

  /** Whether there is an account behind an appid or alias. */
  async has(nameOrAppId: string): Promise<boolean> {
    return (await this.#look(nameOrAppId)) !== undefined;
  }

  async #look(nameOrAppId: string): Promise<Account | undefined> {
    const known = this.#known.get(nameOrAppId);
    if (known && this.#clock.now() < known.until) return known.account;
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(nameOrAppId)) return undefined;
    const account = await this.#accounts.find(nameOrAppId);
    if (!account) return undefined;
    this.#known.set(nameOrAppId, { account, until: this.#clock.now() + cacheTtlSeconds });
    return account;
  }
}
