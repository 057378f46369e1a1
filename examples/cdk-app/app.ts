import { App } from 'aws-cdk-lib';
import { KeyringStack } from 'wechat-keyring/cdk';
import { ShopStack } from './shop-stack.ts';

const app = new App();
const region = process.env['CDK_DEFAULT_REGION'] ?? 'ap-southeast-1';
const keyring = new KeyringStack(app, 'Keyring', {
  stage: 'prod',
  region,
  egress: 'nat-gateway',
  monitoring: 'full',
  tags: { team: 'shop' },
});
new ShopStack(app, 'Shop', { env: { region }, keyring });
