import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  InvalidRequestException,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';

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

const rememberSeconds = 300;
/** After a change the console checks the address at once. */
const rememberPushSeconds = 60;
const pushSuffix = '/push';

/** The accounts' secrets in Secrets Manager, remembered for five minutes. */
export class SecretStore {
  readonly #client: SecretsManagerClient;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #known = new Map<string, { secrets: AccountSecrets; until: number }>();
  readonly #knownPush = new Map<string, { secrets: PushSecrets; until: number }>();

  /** `prefix` comes before the appId in a secret's name, as in `wechat-keyring/prod/wx…`. */
  constructor(client: SecretsManagerClient, prefix: string, clock: Clock) {
    this.#client = client;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  async get(account: string): Promise<AccountSecrets> {
    const known = this.#known.get(account);
    if (known && this.#clock.now() < known.until) return known.secrets;
    const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#prefix + account }));
    const secrets = parse(accountSecretsSchema, answer.SecretString);
    this.#known.set(account, { secrets, until: this.#clock.now() + rememberSeconds });
    return secrets;
  }

  /** What the account's pushes are signed and encrypted with; `undefined` where none was stored. */
  async getPush(account: string): Promise<PushSecrets | undefined> {
    const known = this.#knownPush.get(account);
    if (known && this.#clock.now() < known.until) return known.secrets;
    let text: string | undefined;
    try {
      const SecretId = this.#prefix + account + pushSuffix;
      text = (await this.#client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    } catch (error) {
      // One that was deleted lately is an invalid request rather than an unknown secret.
      if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException) {
        return undefined;
      }
      throw error;
    }
    const secrets = parse(pushSecretsSchema, text);
    this.#knownPush.set(account, { secrets, until: this.#clock.now() + rememberPushSeconds });
    return secrets;
  }

  /** The API key for the deployment that lends the account. Not remembered: it is used a few times an hour. */
  async getLenderKey(account: string): Promise<string> {
    const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#prefix + account }));
    return parse(lenderSecretsSchema, answer.SecretString).lenderKey;
  }

  /** Stores the API key of an account that is borrowed: in the place of the AppSecret, of which there is none. */
  async putLenderKey(account: string, lenderKey: string): Promise<void> {
    await this.#write(this.#prefix + account, JSON.stringify({ lenderKey }));
  }

  /** What the deployment's proxy asks for. Not remembered: mints are few. */
  async getProxy(): Promise<z.infer<typeof proxySecretsSchema>> {
    const answer = await this.#client.send(new GetSecretValueCommand({ SecretId: this.#prefix + proxyName }));
    return parse(proxySecretsSchema, answer.SecretString);
  }

  /** Reads them anew the next time. */
  forget(account: string): void {
    this.#known.delete(account);
  }

  /** Deletes them; Secrets Manager keeps them recoverable for a while. */
  async remove(account: string): Promise<void> {
    this.#known.delete(account);
    this.#knownPush.delete(account);
    for (const SecretId of [this.#prefix + account, this.#prefix + account + pushSuffix]) {
      try {
        await this.#client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    }
  }

  /** Stores the secrets, replacing those stored before. */
  async put(account: string, secrets: AccountSecrets): Promise<void> {
    await this.#write(this.#prefix + account, JSON.stringify(secrets));
    this.#known.delete(account);
  }

  /** Stores what the account's pushes are signed and encrypted with, in place of what was stored before. */
  async putPush(account: string, secrets: PushSecrets): Promise<void> {
    await this.#write(this.#prefix + account + pushSuffix, JSON.stringify(secrets));
    this.#knownPush.delete(account);
  }

  async #write(Name: string, SecretString: string): Promise<void> {
    try {
      await this.#client.send(new CreateSecretCommand({ Name, SecretString }));
    } catch (error) {
      // One that was deleted lately stands in the way until it is restored.
      if (error instanceof InvalidRequestException) {
        await this.#client.send(new RestoreSecretCommand({ SecretId: Name }));
      } else if (!(error instanceof ResourceExistsException)) throw error;
      await this.#client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    }
  }
}

/** Parse errors are replaced: theirs would quote the secret. */
function parse<S extends z.ZodMiniObject>(schema: S, text: string | undefined): z.output<S> {
  try {
    return z.parse(schema, JSON.parse(text ?? ''));
  } catch {
    const members = Object.keys(schema.shape).join(', ');
    throw new Error(`The secret in Secrets Manager is not JSON with: ${members}.`);
  }
}
