import type { Clock } from '../platform/clock.ts';
import { hashToken } from '../platform/random.ts';
import type { ApiKey, ApiKeys } from './api-keys.ts';
import { isKeyText } from './key-text.ts';
import type { KeyUses } from './key-uses.ts';

const cacheTtlSeconds = 30;

/**
 * Finds API keys for requests, remembering each for half a minute: so long a key that is revoked may live on. Notes that
 * they are used.
 */
export class KeyDirectory {
  readonly #keys: ApiKeys;
  readonly #uses: Pick<KeyUses, 'note'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, { apiKey: ApiKey; until: number }>();

  constructor(keys: ApiKeys, uses: Pick<KeyUses, 'note'>, clock: Clock) {
    this.#keys = keys;
    this.#uses = uses;
    this.#clock = clock;
  }

  /** Whom the key stands for. A text that is no key is not looked up. */
  async find(key: string): Promise<ApiKey | undefined> {
    return isKeyText(key) ? this.findByHash(hashToken(key)) : undefined;
  }

  /** Whom the key with that SHA-256 stands for. */
  async findByHash(hash: string): Promise<ApiKey | undefined> {
    const apiKey = await this.#remembered(hash);
    if (apiKey) this.#uses.note(apiKey.keyId);
    return apiKey;
  }

  async #remembered(hash: string): Promise<ApiKey | undefined> {
    const remembered = this.#known.get(hash);
    if (remembered && this.#clock.now() < remembered.until) return remembered.apiKey;
    this.#known.delete(hash);
    const apiKey = await this.#keys.findByHash(hash);
    if (apiKey) this.#known.set(hash, { apiKey, until: this.#clock.now() + cacheTtlSeconds });
    return apiKey;
  }
}
