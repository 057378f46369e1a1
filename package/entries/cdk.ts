// wechat-keyring/cdk: the service for an app of somebody's own.
export { ConfigError } from '../../cdk/config.ts';
export type { Config, Egress } from '../../cdk/config.ts';
export { KeyringStack } from '../../cdk/keyring-props.ts';
export type { KeyringProps } from '../../cdk/keyring-props.ts';
