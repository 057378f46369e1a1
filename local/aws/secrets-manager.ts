import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../../shared/platform/clock.ts';
import { accountId, AwsError, parseInput, region, type JsonService } from './service.ts';

const secretSchema = z.object({
  name: z.string(),
  arn: z.string(),
  value: z.string(),
  /** Of the request that set the value, which may come again. */
  versionId: z.string(),
  /** When it will be gone, where its deletion was asked for; Unix seconds. */
  deletedAt: z.optional(z.number()),
});
type Secret = z.infer<typeof secretSchema>;
/** What a snapshot has of it. */
export const secretsSchema = z.array(secretSchema);

const valueSchema = z.object({ ClientRequestToken: z.optional(z.string()), SecretString: z.string() });
const inputs = {
  create: z.extend(valueSchema, { Name: z.string().check(z.regex(/^[\w/+=.@!-]{1,512}$/)) }),
  put: z.extend(valueSchema, { SecretId: z.string() }),
  secret: z.object({ SecretId: z.string() }),
  delete: z.object({
    SecretId: z.string(),
    RecoveryWindowInDays: z._default(z.int().check(z.minimum(7), z.maximum(30)), 30),
  }),
};

const secondsPerDay = 86_400;

/**
 * AWS Secrets Manager, as far as it is used: secrets that are texts, with their current value alone, and deletion after
 * a recovery window.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
export function createSecretsManager(clock: Clock, restore: readonly Secret[] = []): JsonService<Secret[]> {
  let secrets = structuredClone([...restore]);

  function find(id: string): Secret | undefined {
    const now = clock.now();
    secrets = secrets.filter(({ deletedAt }) => deletedAt === undefined || deletedAt > now);
    return secrets.find(({ name, arn }) => id === name || id === arn);
  }

  function get(id: string): Secret {
    const secret = find(id);
    if (!secret) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  function getLive(id: string): Secret {
    const secret = get(id);
    if (secret.deletedAt !== undefined) {
      throw new AwsError('InvalidRequestException', 'The secret is marked for deletion.');
    }
    return secret;
  }

  const described = ({ arn, name, versionId }: Secret) => ({ ARN: arn, Name: name, VersionId: versionId });

  return {
    snapshot: () => structuredClone(secrets),
    actions: {
      CreateSecret(raw) {
        const { Name, SecretString, ClientRequestToken } = parseInput(inputs.create, raw);
        const existing = find(Name);
        if (existing?.deletedAt !== undefined) {
          throw new AwsError(
            'InvalidRequestException',
            'A secret of that name is still scheduled for deletion.',
          );
        }
        if (existing) {
          const isRepeated = existing.versionId === ClientRequestToken && existing.value === SecretString;
          if (!isRepeated) throw new AwsError('ResourceExistsException', 'A secret of that name exists.');
          return described(existing);
        }
        const suffix = randomBytes(3).toString('hex');
        const secret: Secret = {
          name: Name,
          arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${Name}-${suffix}`,
          value: SecretString,
          versionId: ClientRequestToken ?? randomUUID(),
        };
        secrets.push(secret);
        return described(secret);
      },

      PutSecretValue(raw) {
        const { SecretId, SecretString, ClientRequestToken } = parseInput(inputs.put, raw);
        const secret = getLive(SecretId);
        secret.value = SecretString;
        secret.versionId = ClientRequestToken ?? randomUUID();
        return described(secret);
      },

      GetSecretValue(raw) {
        const secret = getLive(parseInput(inputs.secret, raw).SecretId);
        return { ...described(secret), SecretString: secret.value };
      },

      DeleteSecret(raw) {
        const { SecretId, RecoveryWindowInDays } = parseInput(inputs.delete, raw);
        const secret = getLive(SecretId);
        secret.deletedAt = clock.now() + RecoveryWindowInDays * secondsPerDay;
        return { ARN: secret.arn, Name: secret.name, DeletionDate: secret.deletedAt };
      },

      RestoreSecret(raw) {
        const secret = get(parseInput(inputs.secret, raw).SecretId);
        delete secret.deletedAt;
        return { ARN: secret.arn, Name: secret.name };
      },
    },
  };
}
