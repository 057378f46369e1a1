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

const rememberSeconds = 300;

/** The accounts' secrets in Secrets Manager, remembered for five minutes. */
export class SecretStore {
  readonly #client: SecretsManagerClient;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #known = new Map<string, { secrets: AccountSecrets; until: number }>();

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
    const secrets = parse(answer.SecretString);
    this.#known.set(account, { secrets, until: this.#clock.now() + rememberSeconds });
    return secrets;
  }

  /** Reads them anew the next time. */
  forget(account: string): void {
    this.#known.delete(account);
  }

  /** Deletes them; Secrets Manager keeps them recoverable for a while. */
  async remove(account: string): Promise<void> {
    this.#known.delete(account);
    try {
      await this.#client.send(
        new DeleteSecretCommand({ SecretId: this.#prefix + account, RecoveryWindowInDays: 7 }),
      );
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  /** Stores the secrets, replacing those stored before. */
  async put(account: string, secrets: AccountSecrets): Promise<void> {
    const Name = this.#prefix + account;
    const SecretString = JSON.stringify(secrets);
    try {
      await this.#client.send(new CreateSecretCommand({ Name, SecretString }));
    } catch (error) {
      // One that was deleted lately stands in the way until it is restored.
      if (error instanceof InvalidRequestException) {
        await this.#client.send(new RestoreSecretCommand({ SecretId: Name }));
      } else if (!(error instanceof ResourceExistsException)) throw error;
      await this.#client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    }
    this.#known.delete(account);
  }
}

/** Parse errors are replaced: theirs would quote the secret. */
function parse(text: string | undefined): AccountSecrets {
  try {
    return z.parse(accountSecretsSchema, JSON.parse(text ?? ''));
  } catch {
    throw new Error('The account’s secret in Secrets Manager is not JSON with an "appSecret".');
  }
}
