import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ConfigError, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { KeyringStack } from './keyring-stack.ts';

const app = new App();
const config = configOrExit();
new KeyringStack(app, `wechat-keyring-${config.stage}`, config);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

function configOrExit(): Config {
  try {
    return readConfig((key) => app.node.tryGetContext(key) as unknown, process.env['CDK_DEFAULT_REGION']);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
