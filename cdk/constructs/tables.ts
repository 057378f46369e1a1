import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** Each protection is on unless it is given up by name. */
export interface TablesProps {
  /** Whether DynamoDB refuses to delete the tables. @default true */
  readonly deletionProtection?: boolean;
  /** Whether the tables can be restored to any second of the last 35 days. @default true */
  readonly pointInTimeRecovery?: boolean;
  /** Whether a KMS key of this account encrypts the tables. @default true */
  readonly customerManagedKey?: boolean;
}

/**
 * The three tables, one per lifecycle.
 *
 * Defaults: on-demand billing; point-in-time recovery; deletion protection; encrypted by one KMS key of this
 * account that is rotated every year; tables and key stay when the stack goes. DynamoDB's time to live watches
 * `removeAt`, and not the `expiresAt` of a token: a token that has expired is still needed, to be renewed.
 * Followers has none: a follower stays until the account loses them.
 */
export class Tables extends Construct {
  readonly credentials: TableV2;
  readonly users: TableV2;
  readonly followers: TableV2;
  /** `undefined` when a key that AWS owns encrypts the tables. */
  readonly key: Key | undefined;

  constructor(scope: Construct, id: string, props: TablesProps = {}) {
    super(scope, id);
    const { deletionProtection = true, pointInTimeRecovery = true, customerManagedKey = true } = props;

    this.key = customerManagedKey
      ? new Key(this, 'Key', {
          description: 'Encrypts the tables of WeChat Keyring.',
          enableKeyRotation: true,
          removalPolicy: RemovalPolicy.RETAIN,
        })
      : undefined;

    const table = (name: string, partitionKey: string, sortKey: string, timeToLiveAttribute?: string) =>
      new TableV2(this, name, {
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: AttributeType.STRING },
        ...(timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute }),
        billing: Billing.onDemand(),
        encryption:
          this.key === undefined
            ? TableEncryptionV2.dynamoOwnedKey()
            : TableEncryptionV2.customerManagedKey(this.key),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
        deletionProtection,
        removalPolicy: RemovalPolicy.RETAIN,
      });

    this.credentials = table('Credentials', 'appId', 'kind', 'removeAt');
    this.users = table('Users', 'pk', 'sk', 'removeAt');
    this.followers = table('Followers', 'shard', 'openid');
  }
}
