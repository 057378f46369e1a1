import { Annotations, App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ConfigError, namesRegion, notesOn, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { KeyringStack } from './keyring-stack.ts';

const app = new App();
const config = configOrExit();
const stack = new KeyringStack(app, `wechat-keyring-${config.stage}`, config);
if (!namesRegion(context)) {
  Annotations.of(stack).addInfo(
    `The region ${config.region} is that of your AWS profile, or us-east-1 where that names none. Set it to be sure: -c region=${config.region}`,
  );
}
for (const note of notesOn(config)) Annotations.of(stack).addInfo(note);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

function context(key: string): unknown {
  return app.node.tryGetContext(key) as unknown;
}

function configOrExit(): Config {
  try {
    const { CDK_DEFAULT_REGION: region, CDK_DEFAULT_ACCOUNT: account } = process.env;
    return readConfig(context, region, {
      contextKeys: Object.keys(app.node.getAllContext() as object),
      // Without credentials CDK takes the region of a profile all the same, or one of its own.
      credentials: account === undefined || region === undefined ? undefined : { account, region },
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
