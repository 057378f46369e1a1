import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function, FunctionUrlAuthType, Runtime } from 'aws-cdk-lib/aws-lambda';
import { build } from 'esbuild';

/** The stack with the simulator of WeChat, for `npm run test:aws`. Its context names the `stack` and a `folder` to build in. */
const app = new App();
const context = (key: string) => String(app.node.tryGetContext(key));
const folder = context('folder');

await build({
  absWorkingDir: fileURLToPath(new URL('../../..', import.meta.url)),
  entryPoints: ['world', 'door'].map((name) => ({
    in: `test/deploy/simulator/${name}.ts`,
    out: `${name}/index`,
  })),
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  logLevel: 'warning',
});

const stack = new Stack(app, context('stack'), { description: 'The simulator of WeChat, for a test.' });
const common = { handler: 'index.handler', runtime: Runtime.NODEJS_24_X, timeout: Duration.seconds(29) };
const world = new Function(stack, 'World', {
  ...common,
  code: Code.fromAsset(join(folder, 'world')),
  memorySize: 512,
  reservedConcurrentExecutions: 1,
});
const door = new Function(stack, 'Door', {
  ...common,
  code: Code.fromAsset(join(folder, 'door')),
  memorySize: 512,
  environment: { WORLD: world.functionName },
});
world.grantInvoke(door);
const { url } = door.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
new CfnOutput(stack, 'Url', { value: url });
