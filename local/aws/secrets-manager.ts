import { randomBytes, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Clock } from '../../shared/platform/clock.ts';
import { accountId, AwsError, page, parseInput, region, type JsonService } from './service.ts';

const tags = z.array(z.object({ Key: z.string(), Value: z.string() }));

const versionSchema = z.object({
  id: z.string(),
  stages: z.array(z.string()),
  createdAt: z.number(),
  text: z.optional(z.string()),
  /** Base64. */
  binary: z.optional(z.string()),
});
type Version = z.infer<typeof versionSchema>;

const secretSchema = z.object({
  name: z.string(),
  arn: z.string(),
  description: z.optional(z.string()),
  kmsKeyId: z.optional(z.string()),
  tags,
  createdAt: z.number(),
  changedAt: z.number(),
  /** When its deletion was asked for, and when it will be gone; Unix seconds. */
  deletion: z.optional(z.object({ askedAt: z.number(), dueAt: z.number() })),
  versions: z.array(versionSchema),
});
type Secret = z.infer<typeof secretSchema>;

const valueSchema = z.object({
  ClientRequestToken: z.optional(z.string()),
  SecretString: z.optional(z.string()),
  SecretBinary: z.optional(z.string()),
});
const inputs = {
  create: z.extend(valueSchema, {
    Name: z.string().check(z.regex(/^[\w/+=.@!-]{1,512}$/)),
    Description: z.optional(z.string()),
    KmsKeyId: z.optional(z.string()),
    Tags: z.optional(tags),
  }),
  put: z.extend(valueSchema, { SecretId: z.string(), VersionStages: z.optional(z.array(z.string())) }),
  get: z.object({
    SecretId: z.string(),
    VersionId: z.optional(z.string()),
    VersionStage: z.optional(z.string()),
  }),
  describe: z.object({ SecretId: z.string() }),
  delete: z.object({
    SecretId: z.string(),
    ForceDeleteWithoutRecovery: z.optional(z.boolean()),
    RecoveryWindowInDays: z.optional(z.int().check(z.minimum(7), z.maximum(30))),
  }),
  list: z.object({
    MaxResults: z.optional(z.int().check(z.minimum(1), z.maximum(100))),
    NextToken: z.optional(z.string()),
    IncludePlannedDeletion: z.optional(z.boolean()),
    Filters: z.optional(
      z.array(z.object({ Key: z.enum(['name', 'tag-key', 'tag-value']), Values: z.array(z.string()) })),
    ),
  }),
};

const current = 'AWSCURRENT';
const previous = 'AWSPREVIOUS';
const secondsPerDay = 86_400;

/**
 * AWS Secrets Manager: secrets with their versions, and deletion after a recovery window. No rotation,
 * replication or resource policies.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
export function createSecretsManager(clock: Clock, restore: unknown = []): JsonService {
  let secrets = z.parse(z.array(secretSchema), restore);

  function find(id: string): Secret | undefined {
    const now = clock.now();
    secrets = secrets.filter(({ deletion }) => deletion === undefined || deletion.dueAt > now);
    return secrets.find(({ name, arn }) => id === name || id === arn || id === arn.slice(0, -7));
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
    if (secret.deletion) {
      throw new AwsError('InvalidRequestException', 'The secret is marked for deletion.');
    }
    return secret;
  }

  /** Adds a version, or finds it again when the same request comes twice; `undefined` when no value was given. */
  function addVersion(
    secret: Secret,
    input: z.infer<typeof valueSchema>,
    stages: readonly string[],
  ): Version | undefined {
    const { SecretString: text, SecretBinary: binary } = input;
    if (text === undefined && binary === undefined) return undefined;
    if (text !== undefined && binary !== undefined) {
      throw new AwsError('InvalidParameterException', 'Give SecretString or SecretBinary, not both.');
    }
    const id = input.ClientRequestToken ?? randomUUID();
    const known = secret.versions.find((version) => version.id === id);
    if (known) {
      if (known.text === text && known.binary === binary) return known;
      throw new AwsError('ResourceExistsException', 'That version exists with another value.');
    }
    for (const version of secret.versions) {
      if (stages.includes(current)) {
        version.stages = version.stages.filter((stage) => stage !== previous);
        if (version.stages.includes(current)) version.stages.push(previous);
      }
      version.stages = version.stages.filter((stage) => !stages.includes(stage));
    }
    const version: Version = {
      id,
      stages: [...stages],
      createdAt: clock.now(),
      ...(text !== undefined && { text }),
      ...(binary !== undefined && { binary }),
    };
    // A version without a label may go at any time; here it goes at once.
    secret.versions = [...secret.versions.filter((other) => other.stages.length > 0), version];
    secret.changedAt = clock.now();
    return version;
  }

  function describe(secret: Secret) {
    return {
      ARN: secret.arn,
      Name: secret.name,
      Description: secret.description,
      KmsKeyId: secret.kmsKeyId,
      Tags: secret.tags,
      CreatedDate: secret.createdAt,
      LastChangedDate: secret.changedAt,
      DeletedDate: secret.deletion?.askedAt,
    };
  }

  const stagesById = (secret: Secret) =>
    Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages]));

  return {
    snapshot: () => structuredClone(secrets),
    actions: {
      CreateSecret(raw) {
        const input = parseInput(inputs.create, raw);
        const existing = find(input.Name);
        if (existing?.deletion) {
          throw new AwsError(
            'InvalidRequestException',
            'A secret of that name is still scheduled for deletion.',
          );
        }
        if (existing) {
          const again = existing.versions.some(({ id }) => id === input.ClientRequestToken);
          if (!again) throw new AwsError('ResourceExistsException', 'A secret of that name exists.');
          const version = addVersion(existing, input, [current]);
          return { ARN: existing.arn, Name: existing.name, VersionId: version?.id };
        }
        const suffix = randomBytes(3).toString('hex');
        const secret: Secret = {
          name: input.Name,
          arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${input.Name}-${suffix}`,
          ...(input.Description !== undefined && { description: input.Description }),
          ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
          tags: input.Tags ?? [],
          createdAt: clock.now(),
          changedAt: clock.now(),
          versions: [],
        };
        const version = addVersion(secret, input, [current]);
        secrets.push(secret);
        return { ARN: secret.arn, Name: secret.name, VersionId: version?.id };
      },

      PutSecretValue(raw) {
        const input = parseInput(inputs.put, raw);
        const secret = getLive(input.SecretId);
        const version = addVersion(secret, input, input.VersionStages ?? [current]);
        if (!version) throw new AwsError('InvalidRequestException', 'Give SecretString or SecretBinary.');
        return { ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: version.stages };
      },

      GetSecretValue(raw) {
        const input = parseInput(inputs.get, raw);
        const secret = getLive(input.SecretId);
        const stage = input.VersionStage ?? (input.VersionId === undefined ? current : undefined);
        const version = secret.versions.find(
          ({ id, stages }) =>
            (input.VersionId === undefined || id === input.VersionId) &&
            (stage === undefined || stages.includes(stage)),
        );
        if (!version) {
          throw new AwsError(
            'ResourceNotFoundException',
            "Secrets Manager can't find the specified secret value.",
          );
        }
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: version.id,
          SecretString: version.text,
          SecretBinary: version.binary,
          VersionStages: version.stages,
          CreatedDate: version.createdAt,
        };
      },

      DescribeSecret(raw) {
        const secret = get(parseInput(inputs.describe, raw).SecretId);
        return { ...describe(secret), VersionIdsToStages: stagesById(secret) };
      },

      DeleteSecret(raw) {
        const input = parseInput(inputs.delete, raw);
        const force = input.ForceDeleteWithoutRecovery === true;
        if (force && input.RecoveryWindowInDays !== undefined) {
          throw new AwsError(
            'InvalidParameterException',
            'Give ForceDeleteWithoutRecovery or RecoveryWindowInDays, not both.',
          );
        }
        const secret = force ? find(input.SecretId) : getLive(input.SecretId);
        const askedAt = clock.now();
        if (!secret) return { Name: input.SecretId, DeletionDate: askedAt };
        const dueAt = force ? askedAt : askedAt + (input.RecoveryWindowInDays ?? 30) * secondsPerDay;
        secret.deletion = { askedAt, dueAt };
        return { ARN: secret.arn, Name: secret.name, DeletionDate: dueAt };
      },

      RestoreSecret(raw) {
        const secret = get(parseInput(inputs.describe, raw).SecretId);
        delete secret.deletion;
        return { ARN: secret.arn, Name: secret.name };
      },

      ListSecrets(raw) {
        const input = parseInput(inputs.list, raw);
        find('');
        const matching = secrets.filter(
          (secret) =>
            (input.IncludePlannedDeletion === true || !secret.deletion) &&
            (input.Filters ?? []).every(({ Key, Values }) => {
              const texts =
                Key === 'name'
                  ? [secret.name]
                  : secret.tags.map((tag) => (Key === 'tag-key' ? tag.Key : tag.Value));
              return texts.some((text) => Values.some((start) => text.startsWith(start)));
            }),
        );
        const { items, next } = page(matching, input.MaxResults ?? 100, input.NextToken);
        return {
          SecretList: items.map((secret) => ({
            ...describe(secret),
            SecretVersionsToStages: stagesById(secret),
          })),
          NextToken: next,
        };
      },
    },
  };
}
