import * as z from 'zod/mini';
import { hashToken } from '../platform/random.ts';
import type { Table } from '../platform/table.ts';
import { registrationOf, type Account } from './accounts.ts';
import { newKeyText } from './key-text.ts';

/** What a key for the API under `/v1` may be used for. */
export const generalScopes = [
  'followers:read',
  'avatars:read',
  'users:read',
  'token:read',
  'usage:read',
] as const;
/**
 * What a key for the drop-in may be used for: calls through it, the account's own token, and exchanging codes. An SDK
 * sends such a key in the place of the AppSecret, often in a URL. So no key has scopes of both kinds.
 */
export const dropInScopes = ['dropin:proxy', 'dropin:token', 'dropin:oauth'] as const;
export const scopes = [...generalScopes, ...dropInScopes] as const;
export const scopeSchema = z.enum(scopes);
export type Scope = z.infer<typeof scopeSchema>;

/** Whom an API key stands for. The key itself is stored nowhere: only its SHA-256 is. */
export const apiKeySchema = z.object({
  /** Names the key to people; the first characters of its hash. */
  keyId: z.string(),
  name: z.string(),
  scopes: z.array(scopeSchema),
  /** The accounts it may be used for, as registrationOf names them; or `*` for all, those to come included. */
  accounts: z.union([z.literal('*'), z.array(z.string())]),
  /** Of a key for the drop-in: the WeChat paths it may call, as shared/dropin/path.ts reads them. Default: all. */
  paths: z.optional(z.array(z.string())),
  /** Of a key for the drop-in: how many calls a day in China it may make for each account. Default: any number. */
  dailyLimit: z.optional(z.number()),
  createdAt: z.number(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const keysPartition = 'api-keys';

/** Whether a key with these `accounts` may be used for the account. */
export function isFor(accounts: ApiKey['accounts'], account: Account): boolean {
  return accounts === '*' || accounts.includes(registrationOf(account));
}

/** Whether calls of the account are counted for the key: it is one for the drop-in, and for that account. */
export function isOfDropIn({ scopes, accounts }: ApiKey, account: Account): boolean {
  return scopes.includes('dropin:proxy') && isFor(accounts, account);
}

/** Where the key of that id stands in the Credentials table: all are in one partition, each under its hash. */
export async function placeOfKey(
  credentials: Table,
  keyId: string,
): Promise<{ appId: string; kind: string } | undefined> {
  const items = await credentials.query('appId', keysPartition);
  const item = items.find((candidate) => candidate['keyId'] === keyId);
  return item && { appId: keysPartition, kind: z.parse(z.string(), item['kind']) };
}

/** API keys, kept by their SHA-256. A plain hash is enough: a key is 256 random bits, not a password. */
export class ApiKeys {
  readonly #table: Table;

  constructor(credentials: Table) {
    this.#table = credentials;
  }

  /** Makes a key and returns it: the one time that it can be seen. */
  async create(
    about: Pick<ApiKey, 'name' | 'scopes' | 'accounts' | 'paths' | 'dailyLimit'>,
    now: number,
  ): Promise<{ key: string; apiKey: ApiKey }> {
    const key = newKeyText();
    const hash = hashToken(key);
    const apiKey = { ...about, keyId: hash.slice(0, 12), createdAt: now };
    await this.#table.put({ appId: keysPartition, kind: hash, ...apiKey });
    return { key, apiKey };
  }

  async list(): Promise<ApiKey[]> {
    const items = await this.#table.query('appId', keysPartition);
    return items.map((item) => z.parse(apiKeySchema, item));
  }

  /** Ends the key of that id at once. False when there is none. */
  async revoke(keyId: string): Promise<boolean> {
    const place = await placeOfKey(this.#table, keyId);
    if (!place) return false;
    await this.#table.delete(place);
    return true;
  }

  /** Whom the key with that SHA-256 stands for. */
  async findByHash(hash: string): Promise<ApiKey | undefined> {
    const item = await this.#table.get({ appId: keysPartition, kind: hash });
    return item && z.parse(apiKeySchema, item);
  }
}
