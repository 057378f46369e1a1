import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as z from 'zod/mini';

import { endChildren, killChildren } from './children.ts';
import { Deployment, send, type Answer, type Call } from './deployment.ts';
import { installEmulator, startEmulator } from './emulator.ts';
import { leftBy } from './left.ts';
import { startRelay } from './relay.ts';
import { say, secondsSince, step } from './steps.ts';
import { emulatorTarget, profileTarget, type Target } from './target.ts';
import { base, one, origin, useService, type Used, type Wechat } from './use.ts';

/**
 * The service deployed to an AWS account, with a simulator of WeChat beside it, used, moved to a fixed address and back,
 * and destroyed. Run by `npm run test:aws -- --profile sandbox`; with `--emulator` in its place the same runs here.
 * docs/deploy.md says what it needs.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const usage = 'npm run test:aws -- --profile <name> [--region us-east-1] [--stage smoke], or -- --emulator';
const simulatorApp = join('test', 'deploy', 'simulator', 'app.ts');

const startedAt = performance.now();
const cleanUp: (() => Promise<unknown>)[] = [];
process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void end().then(() => process.exit(130)));
}

try {
  await main();
  say(`\nDeployed, used, moved and destroyed in ${secondsSince(startedAt)} s.`);
} catch (error) {
  const isAssertion = error instanceof assert.AssertionError;
  say(
    `\nFAILED: ${isAssertion ? String(error.stack) : error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await end();
}

/** Ends everything that was started, the last first. What fails of it is said, and keeps nothing else from ending. */
async function end(): Promise<void> {
  for (const undo of cleanUp.splice(0).reverse()) {
    await undo().catch((error: unknown) => {
      say(error instanceof Error ? error.message : String(error));
    });
  }
  await endChildren();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      profile: { type: 'string' },
      region: { type: 'string', default: 'us-east-1' },
      stage: { type: 'string', default: 'smoke' },
      emulator: { type: 'boolean', default: false },
    },
  });
  const { profile, region, stage } = values;
  if (values.emulator === (profile !== undefined)) throw new Error(usage);
  const folder = await mkdtemp(join(tmpdir(), 'keyring-aws-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const target = profile === undefined ? await emulated(folder) : profileTarget(profile, region, stage);
  const aws = new Deployment(target, root, folder);
  const isReal = profile !== undefined;

  await refuseIfThere(aws, aws.stackName);
  await refuseIfThere(aws, simulatorStackOf(aws));
  if (!isReal) await step('cdk bootstrap', () => aws.bootstrap());
  const wechat = await step('cdk deploy of the simulator', () =>
    deploySimulator(aws, folder, target, isReal),
  );
  const settings = {
    wechatApiUrl: wechat.url,
    wechatOpenUrl: wechat.url,
    allowedOrigins: origin,
    deletionProtection: 'false',
    // The emulator has no alarms on more than one metric, and no addresses.
    monitoring: isReal ? 'full' : 'none',
    egress: 'none',
  };
  const left = new Set<string>();
  const destroy = async () => {
    // After a step that failed, too: the account goes on paying for it.
    for (const line of await leftBy(aws).catch(() => [])) left.add(line);
    await aws.destroy();
    say(['\nWhat stays on purpose, and how to delete it:', ...left].join('\n  '));
  };
  cleanUp.push(destroy);
  await step('cdk deploy', () => aws.deploy(settings));
  const used = await useService(aws, wechat);
  if (isReal) {
    await step('cdk deploy with a NAT gateway', () => aws.deploy({ ...settings, egress: 'nat-gateway' }));
    assert.ok(aws.outputs.EgressAddress, 'it says its address');
    await step('a refresh from the fixed address', () => refreshes(aws, used));
  } else {
    say('--            a NAT gateway: the emulator has none');
  }
  for (const line of await leftBy(aws)) left.add(line);
  if (isReal) await step('cdk deploy without the NAT gateway', () => aws.deploy(settings));
  await step('a refresh after another deployment', () => refreshes(aws, used));

  cleanUp.splice(cleanUp.indexOf(destroy), 1);
  await step('cdk destroy', destroy);
  await step('the stack is gone', () =>
    assert.rejects(describe(aws, aws.stackName), /does not exist|ValidationError/),
  );
}

async function emulated(folder: string): Promise<Target> {
  const python = await step('install the emulator', () => installEmulator(root));
  const emulator = await step('start the emulator', () => startEmulator(python, root, join(folder, 'aws')));
  cleanUp.push(endChildren);
  return emulatorTarget(emulator);
}

function describe(aws: Deployment, StackName: string) {
  return new CloudFormationClient(aws.clientConfig).send(new DescribeStacksCommand({ StackName }));
}

/** A deployment that is there is somebody's. */
async function refuseIfThere(aws: Deployment, stackName: string): Promise<void> {
  const found = await describe(aws, stackName).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('does not exist')) return undefined;
    throw error;
  });
  if (found) throw new Error(`There is a stack ${stackName} already. Choose another --stage, or destroy it.`);
}

function simulatorStackOf({ stage }: Deployment): string {
  return `wechat-simulator-${stage}`;
}

/** Deploys the simulator as a function, and destroys it in the end. */
async function deploySimulator(
  aws: Deployment,
  folder: string,
  target: Target,
  isReal: boolean,
): Promise<Wechat> {
  const stack = simulatorStackOf(aws);
  const context = { folder: join(folder, 'simulator') };
  cleanUp.push(() => aws.destroyApp(simulatorApp, stack, context));
  const told = await aws.deployApp(simulatorApp, stack, context);
  const { host } = new URL(z.parse(z.object({ Url: z.url() }), told).Url);
  const call = (path: string, how: Call) => {
    if (isReal) return send(target.api(host, path), how);
    // The emulator has the address of a function below its own.
    return send(target.api('', `/_aws/lambda-url/${host.split('.')[0] ?? ''}${path}`), how);
  };
  return { url: isReal ? `https://${host}` : await relayed(call), control: steer(call) };
}

async function relayed(call: (path: string, how: Call) => Promise<Answer>): Promise<string> {
  const relay = await startRelay(call);
  cleanUp.push(() => relay.close());
  return relay.url;
}

function steer(call: (path: string, how: Call) => Promise<Answer>): Wechat['control'] {
  return async (method, path, body) => {
    const answer = await call(path, { method: method === 'PATCH' ? 'PATCH' : 'POST', json: body });
    assert.ok(
      answer.status < 300,
      `${path} of the simulator answers ${answer.status} ${answer.body.toString()}`,
    );
    return answer.status === 204 ? undefined : answer.json();
  };
}

/** The account's token can be renewed, and is handed out. */
async function refreshes(aws: Deployment, { key }: Used): Promise<void> {
  await aws.keyring(['refresh', one.appid]);
  assert.equal((await aws.account(one.appid)).state, 'ok');
  assert.equal((await aws.call(`${base}/token`, { key })).status, 200);
}
