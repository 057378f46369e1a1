import { Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { KeyringStack } from 'wechat-keyring/cdk';

interface ShopProps extends StackProps {
  readonly keyring: KeyringStack;
}

/** A shop's own things: its orders, and a function that tells a follower what became of one. */
export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, { keyring, ...props }: ShopProps) {
    super(scope, id, props);
    const orders = new TableV2(this, 'Orders', {
      partitionKey: { name: 'order', type: AttributeType.STRING },
    });
    // Its value is what `npx wechat-keyring key create --name shop --scope token:read` prints.
    const key = new Secret(this, 'KeyringKey');
    const notify = new Function(this, 'Notify', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromAsset('notify'),
      environment: {
        KEYRING_URL: keyring.apiUrl,
        KEYRING_KEY_SECRET: key.secretArn,
        ORDERS: orders.tableName,
      },
    });
    orders.grantReadData(notify);
    key.grantRead(notify);
  }
}
