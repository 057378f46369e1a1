import { RemovalPolicy } from 'aws-cdk-lib';
import { Key, type IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { Tables } from './tables.ts';

/** What is kept: the tables, the key for grants, and where secrets stand, which are made at run time. */
export interface Storage {
  readonly tables: Tables;
  /** Wraps the keys that encrypt users' grants. */
  readonly dataKey: IKey;
  /** What the names of the secrets begin with. */
  readonly secretPrefix: string;
}

/** Makes what is kept, or takes over what the configuration names. It stays when the stack goes. */
export function storageOf(stack: Construct, config: Config): Storage {
  const existing = config.existing?.dataKey;
  return {
    tables: new Tables(stack, 'Tables', config),
    dataKey:
      existing !== undefined
        ? Key.fromKeyArn(stack, 'ExistingDataKey', existing)
        : new Key(stack, 'DataKey', {
            description: 'Wraps the keys that encrypt the WeChat grants of users.',
            enableKeyRotation: true,
            removalPolicy: RemovalPolicy.RETAIN,
          }),
    secretPrefix: `wechat-keyring/${config.stage}/`,
  };
}
