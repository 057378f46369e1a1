import * as z from 'zod/mini';
import { hashToken } from '../platform/random.ts';
import type { Table } from '../platform/table.ts';
import { registrationOf, type Account } from './accounts.ts';
import { isKeyText, newKeyText } from './key-text.ts';

/** What an API key may be used for. */
export const scopes = ['followers:read', 'avatars:read', 'users:read', 'token:read', 'usage:read'] as const;
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
  createdAt: z.number(),
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const partition = 'api-keys';

/** Whether a key with these `accounts` may be used for the account. */
export function isFor(accounts: ApiKey['accounts'], account: Account): boolean {
  return accounts === '*' || accounts.includes(registrationOf(account));
}

/** API keys, kept by their SHA-256. A plain hash is enough: a key is 256 random bits, not a password. */
export class ApiKeys {
  readonly #table: Table;

  constructor(credentials: Table) {
    this.#table = credentials;
  }

  /** Makes a key and returns it: the one time that it can be seen. */
  async create(
    about: Pick<ApiKey, 'name' | 'scopes' | 'accounts'>,
    now: number,
  ): Promise<{ key: string; apiKey: ApiKey }> {
    const key = newKeyText();
    const hash = hashToken(key);
    const apiKey = { ...about, keyId: hash.slice(0, 12), createdAt: now };
    await this.#table.put({ appId: partition, kind: hash, ...apiKey });
    return { key, apiKey };
  }

  async list(): Promise<ApiKey[]> {
    const items = await this.#table.query('appId', partition);
    return items.map((item) => z.parse(apiKeySchema, item));
  }

  /** Ends the key of that id at once. False when there is none. */
  async revoke(keyId: string): Promise<boolean> {
    const items = await this.#table.query('appId', partition);
    const item = items.find((candidate) => candidate['keyId'] === keyId);
    if (!item) return false;
    await this.#table.delete({ appId: partition, kind: z.parse(z.string(), item['kind']) });
    return true;
  }

  /** Whom the key stands for. A text that is no key is not looked up. */
  async find(key: string): Promise<ApiKey | undefined> {
    if (!isKeyText(key)) return undefined;
    const item = await this.#table.get({ appId: partition, kind: hashToken(key) });
    return item && z.parse(apiKeySchema, item);
  }
}
