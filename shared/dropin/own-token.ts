import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { DataKeys } from '../users/data-keys.ts';
import { parseAppId, type AppId } from '../wechat/tokens.ts';
import { DropInError } from './errors.ts';

/** What SDKs are told, as WeChat tells them of a new token. */
export const ownLifeSeconds = 7200;
/** For so long after that a token is accepted still, as WeChat accepts a former one. */
const graceSeconds = 300;

/** What a token of the service's own says. */
export interface OwnToken {
  /** SHA-256 of the key that it was given out for, in hexadecimal digits. */
  readonly keyHash: string;
  readonly appId: AppId;
  /** Unix seconds. */
  readonly issuedAt: number;
}

const mark = 'wkt_';
/** Number of the signing key, hash of the API key, appid, time, nonce. */
const sizes = { signer: 4, keyHash: 32, appId: 8, issuedAt: 4, nonce: 12 } as const;
const bodyBytes = Object.values(sizes).reduce((sum, size) => sum + size, 0);
const macBytes = 32;
const form = new RegExp(`^${mark}[A-Za-z0-9_-]{${Math.ceil(((bodyBytes + macBytes) * 4) / 3)}}$`);

/**
 * Tokens that the service hands out in the place of WeChat's: signed, and stored nowhere. A token is `wkt_` and 124
 * letters of base64url, which SDKs that do not escape it put into a URL as it is.
 */
export class OwnTokens {
  readonly #keys: DataKeys;
  readonly #clock: Clock;

  constructor(keys: DataKeys, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** A new token. It leaves those before it as they are. */
  async issue({ keyHash, appId }: Omit<OwnToken, 'issuedAt'>): Promise<string> {
    const { keyId, key } = await this.#keys.current();
    const signer = Buffer.alloc(sizes.signer);
    signer.writeUInt32BE(Number(keyId));
    const issuedAt = Buffer.alloc(sizes.issuedAt);
    issuedAt.writeUInt32BE(this.#clock.now());
    const account = Buffer.from(appId.slice(2), 'hex');
    const nonce = randomBytes(sizes.nonce);
    const body = Buffer.concat([signer, Buffer.from(keyHash, 'hex'), account, issuedAt, nonce]);
    return mark + Buffer.concat([body, macOf(key, body)]).toString('base64url');
  }

  /** What the token says. Throws 40001 for one that is not of this service, and 42001 for one that is over. */
  async read(token: string): Promise<OwnToken> {
    if (!form.test(token)) throw new DropInError(40001);
    const bytes = Buffer.from(token.slice(mark.length), 'base64url');
    const body = bytes.subarray(0, bodyBytes);
    const key = await this.#keys.believed(body.readUInt32BE(0), ownLifeSeconds + graceSeconds);
    if (!key || !timingSafeEqual(bytes.subarray(bodyBytes), macOf(key.key, body))) {
      throw new DropInError(40001);
    }
    const accountAt = sizes.signer + sizes.keyHash;
    const issuedAt = body.readUInt32BE(accountAt + sizes.appId);
    if (this.#clock.now() >= issuedAt + ownLifeSeconds + graceSeconds) throw new DropInError(42001);
    return {
      keyHash: body.toString('hex', sizes.signer, accountAt),
      appId: parseAppId(`wx${body.toString('hex', accountAt, accountAt + sizes.appId)}`),
      issuedAt,
    };
  }
}

function macOf(key: Uint8Array, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update('keyring drop-in token').update(body).digest();
}
