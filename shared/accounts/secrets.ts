import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { isAwsError } from '../platform/aws-error.ts';
import type { AwsJson } from '../platform/aws-json.ts';
import type { Clock } from '../platform/clock.ts';
import { isPassing } from '../platform/passing.ts';
import { errorName } from '../platform/error-name.ts';
import type { AppId } from '../wechat/tokens.ts';

const accountSecretsSchema = z.object({ appSecret: z.string() });

/** What only the account's owner and WeChat know. Stored as JSON in one Secrets Manager secret per account. */
export type AccountSecrets = z.infer<typeof accountSecretsSchema>;

const pushSecretsSchema = z.object({ pushToken: z.string(), encodingAesKey: z.optional(z.string()) });

/**
 * What WeChat signs and encrypts the account's pushes with. A secret of its own, `…/push`: the function that anybody
 * can reach must not be able to read the AppSecret.
 */
export type PushSecrets = z.infer<typeof pushSecretsSchema>;

const lenderSecretsSchema = z.object({ lenderKey: z.string() });

const proxySecretsSchema = z.object({ username: z.string(), password: z.string() });
const proxyName = 'egress-proxy';

/** A secret that is missing, not as it is stored here, or not to be had now. Says nothing of its name or value. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';

  constructor(why: string, options?: ErrorOptions) {
    super(`The account's secret could not be read: ${why}.`, options);
  }
}

const valueSchema = z.object({ SecretString: z.optional(z.string()) });

const cacheTtlSeconds = 300;
/** After a change the console checks the address at once. */
const pushCacheTtlSeconds = 60;
const pushSuffix = '/push';

/** The accounts' secrets in Secrets Manager, remembered for five minutes. */
export class SecretStore {
  readonly #call: AwsJson<'secretsmanager'>;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #known = new Map<AppId, { secrets: AccountSecrets; until: number }>();
  readonly #reading = new Map<AppId, Promise<AccountSecrets>>();
  readonly #knownPush = new Map<AppId, { secrets: PushSecrets; until: number }>();

  /** `prefix` comes before the appId in a secret's name, as in `wechat-keyring/prod/wx…`. */
  constructor(call: AwsJson<'secretsmanager'>, prefix: string, clock: Clock) {
    this.#call = call;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async get(appId: AppId): Promise<AccountSecrets> {
    const known = this.#known.get(appId);
    if (known && this.#clock.now() < known.until) return known.secrets;
    const underWay = this.#reading.get(appId);
    if (underWay) return underWay;
    const reading = this.#readOrSayWhy(appId).then((text) => parse(accountSecretsSchema, text));
    this.#reading.set(appId, reading);
    try {
      const secrets = await reading;
      // What was forgotten meanwhile may be a former one.
      if (this.#reading.get(appId) === reading) {
        this.#known.set(appId, { secrets, until: this.#clock.now() + cacheTtlSeconds });
      }
      return secrets;
    } finally {
      if (this.#reading.get(appId) === reading) this.#reading.delete(appId);
    }
  }

  /** Begins to read them, for who will need them in a moment and is to be told then if that fails. */
  prepare(appId: AppId): void {
    this.get(appId).catch(() => undefined);
  }

  /** What the account's pushes are signed and encrypted with; `undefined` where none was stored. */
  async getPush(appId: AppId): Promise<PushSecrets | undefined> {
    const known = this.#knownPush.get(appId);
    if (known && this.#clock.now() < known.until) return known.secrets;
    let text: string | undefined;
    try {
      text = await this.#read(appId + pushSuffix);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
    const secrets = parse(pushSecretsSchema, text);
    this.#knownPush.set(appId, { secrets, until: this.#clock.now() + pushCacheTtlSeconds });
    return secrets;
  }

  /** The API key for the deployment that lends the account. Not remembered: it is used a few times an hour. */
  async getLenderKey(appId: AppId): Promise<string> {
    return parse(lenderSecretsSchema, await this.#readOrSayWhy(appId)).lenderKey;
  }

  /** Stores the API key of an account that is borrowed: in the place of the AppSecret, of which there is none. */
  async putLenderKey(appId: AppId, lenderKey: string): Promise<void> {
    await this.#write(appId, JSON.stringify({ lenderKey }));
  }

  /** What the deployment's proxy asks for. Not remembered: mints are few. */
  async getProxy(): Promise<z.infer<typeof proxySecretsSchema>> {
    return parse(proxySecretsSchema, await this.#readOrSayWhy(proxyName));
  }

  /** Reads them anew the next time. */
  forget(appId: AppId): void {
    this.#known.delete(appId);
    this.#reading.delete(appId);
  }

  /** Deletes what is not deleted yet; Secrets Manager keeps it recoverable for a while. */
  async remove(appId: AppId): Promise<void> {
    this.forget(appId);
    this.#knownPush.delete(appId);
    for (const name of [appId, appId + pushSuffix]) {
      try {
        await this.#call('DeleteSecret', { SecretId: this.#prefix + name, RecoveryWindowInDays: 7 });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }

  /** Stores the secrets, replacing those stored before. */
  async put(appId: AppId, secrets: AccountSecrets): Promise<void> {
    await this.#write(appId, JSON.stringify(secrets));
    this.forget(appId);
  }

  /** Stores what the account's pushes are signed and encrypted with, in place of what was stored before. */
  async putPush(appId: AppId, secrets: PushSecrets): Promise<void> {
    await this.#write(appId + pushSuffix, JSON.stringify(secrets));
    this.#knownPush.delete(appId);
  }

  /** `name` stands behind the prefix. */
  async #read(name: string): Promise<string | undefined> {
    const answer = await this.#call('GetSecretValue', { SecretId: this.#prefix + name });
    return z.parse(valueSchema, answer).SecretString;
  }

  /** Throws {@link SecretUnreadable}. With its cause only where that is over soon: of any other it may name the secret. */
  async #readOrSayWhy(name: string): Promise<string | undefined> {
    try {
      return await this.#read(name);
    } catch (error) {
      throw new SecretUnreadable(errorName(error), isPassing(error) ? { cause: error } : {});
    }
  }

  async #write(name: string, SecretString: string): Promise<void> {
    const SecretId = this.#prefix + name;
    // Secrets Manager knows by its token a request that it gets again, and does nothing twice.
    try {
      await this.#call('CreateSecret', { Name: SecretId, SecretString, ClientRequestToken: randomUUID() });
    } catch (error) {
      // One that was deleted lately stands in the way until it is restored.
      if (isAwsError(error, 'InvalidRequestException')) await this.#call('RestoreSecret', { SecretId });
      else if (!isAwsError(error, 'ResourceExistsException')) throw error;
      await this.#call('PutSecretValue', { SecretId, SecretString, ClientRequestToken: randomUUID() });
    }
  }
}

/** Whether there is no such secret. To ask for one that was deleted lately is an invalid request. */
function isGone(error: unknown): boolean {
  return isAwsError(error, 'ResourceNotFoundException') || isAwsError(error, 'InvalidRequestException');
}

/** Parse errors are replaced: theirs would quote the secret. */
function parse<S extends z.ZodMiniObject>(schema: S, text: string | undefined): z.output<S> {
  try {
    return z.parse(schema, JSON.parse(text ?? ''));
  } catch {
    const members = Object.keys(schema.shape).join(', ');
    throw new SecretUnreadable(`it is not JSON with ${members}`);
  }
}
