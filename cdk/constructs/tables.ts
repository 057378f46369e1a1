import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
  type ITableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { followerIndexAttributes, followerIndexes } from '../../shared/followers/mirror/follower-item.ts';

/** A table that is made here, or one that exists. */
export type AnyTable = IConstruct & Pick<ITableV2, 'tableArn' | 'tableName'>;

/** Each protection is on unless it is given up by name. */
export interface TablesProps {
  /** Whether DynamoDB refuses to delete the tables. @default true */
  readonly deletionProtection?: boolean;
  /** Whether the tables can be restored to any second of the last 35 days. @default true */
  readonly pointInTimeRecovery?: boolean;
  /** Whether a KMS key of this account encrypts the tables. @default true */
  readonly customerManagedKey?: boolean;
  /** How many of the indexes of Followers are made, from the first. @default all */
  readonly followerIndexes?: number;
  /** Tables, by name, and the ARN of their key, that take the place of new ones: restored, or left by a former stack. */
  readonly existing?:
    | {
        readonly credentials?: string | undefined;
        readonly users?: string | undefined;
        readonly followers?: string | undefined;
        readonly tablesKey?: string | undefined;
      }
    | undefined;
}

/**
 * The three tables, one per lifecycle.
 *
 * Defaults: on-demand billing; point-in-time recovery; deletion protection; encrypted by one KMS key of this
 * account that is rotated every year; tables and key stay when the stack goes. DynamoDB's time to live watches
 * `removeAt`, and not the `expiresAt` of a token: a token that has expired is still needed, to be renewed.
 * In Followers only people who left have one. The sparse indexes of Followers are described beside their names.
 */
export class Tables extends Construct {
  readonly credentials: AnyTable;
  readonly users: AnyTable;
  readonly followers: AnyTable;
  /** `undefined` when a key that AWS owns encrypts the tables. */
  readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: TablesProps = {}) {
    super(scope, id);
    const {
      deletionProtection = true,
      pointInTimeRecovery = true,
      customerManagedKey = true,
      existing = {},
    } = props;

    this.key = !customerManagedKey
      ? undefined
      : existing.tablesKey !== undefined
        ? Key.fromKeyArn(this, 'ExistingKey', existing.tablesKey)
        : new Key(this, 'Key', {
            description: 'Encrypts the tables of WeChat Keyring.',
            enableKeyRotation: true,
            removalPolicy: RemovalPolicy.RETAIN,
          });

    const known = (name: string, tableName: string) =>
      TableV2.fromTableName(this, `Existing${name}`, tableName);
    const table = (name: string, partitionKey: string, sortKey: string) =>
      new TableV2(this, name, {
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: AttributeType.STRING },
        timeToLiveAttribute: 'removeAt',
        billing: Billing.onDemand(),
        encryption:
          this.key === undefined
            ? TableEncryptionV2.dynamoOwnedKey()
            : TableEncryptionV2.customerManagedKey(this.key),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
        deletionProtection,
        removalPolicy: RemovalPolicy.RETAIN,
      });

    this.credentials =
      existing.credentials === undefined
        ? table('Credentials', 'appId', 'kind')
        : known('Credentials', existing.credentials);
    this.users = existing.users === undefined ? table('Users', 'pk', 'sk') : known('Users', existing.users);
    if (existing.followers !== undefined) {
      this.followers = known('Followers', existing.followers);
      return;
    }
    const followers = table('Followers', 'shard', 'openid');
    this.followers = followers;
    const indexes = Object.entries(followerIndexes).slice(0, props.followerIndexes);
    for (const [indexName, { partitionKey, sortKey, sortType }] of indexes) {
      followers.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: sortType === 'N' ? AttributeType.NUMBER : AttributeType.STRING },
        projectionType: ProjectionType.INCLUDE,
        nonKeyAttributes: followerIndexAttributes.filter((name) => name !== sortKey),
      });
    }
  }
}
