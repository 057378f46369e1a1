import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateBackupCommand,
  DescribeTableCommand,
  DynamoDBClient,
  RestoreTableFromBackupCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import * as z from 'zod/mini';

import { SteerableClock } from '../../local/clock.ts';
import { startSimulator } from '../../local/simulator/simulator.ts';
import { startSubscriber } from './alarms.ts';
import { healthSchema, pushedSchema, userSchema } from './answers.ts';
import { endChildren, killChildren } from './children.ts';
import { Deployment } from './deployment.ts';
import { installEmulator, startEmulator } from './emulator.ts';
import { startRelay } from './relay.ts';
import { say, secondsSince, secondsUntil, step, until } from './steps.ts';
import { emulatorTarget } from './target.ts';
import { base, bookedFor, one, origin, returnTo, three, two, useService } from './use.ts';

/**
 * The service deployed with the real `cdk deploy`, to an emulator of AWS on this machine, and used there (use.ts). Run by
 * `npm run test:deploy`. docs/deploy.md says what this shows and what it does not.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

const startedAt = performance.now();
const cleanUp: (() => Promise<unknown>)[] = [];
let emulatorLog = () => '';

process.once('exit', killChildren);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void end().then(() => process.exit(130)));
}

try {
  await main();
  say(`\nDeployed, used, deployed again and destroyed in ${secondsSince(startedAt)} s.`);
} catch (error) {
  const lines = emulatorLog().trimEnd().split('\n').slice(-40);
  if (lines.length > 1) say(['\nThe end of what the emulator and the functions said:', ...lines].join('\n'));
  // An assertion says what is wrong, and its stack where; all others say both themselves.
  const isAssertion = error instanceof assert.AssertionError;
  say(
    `\nFAILED: ${isAssertion ? String(error.stack) : error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await end();
}

/** Ends everything that was started, the last first. */
async function end(): Promise<void> {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
  await endChildren();
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keyring-deploy-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  const python = await step('install the emulator', () => installEmulator(root));
  const emulator = await step('start the emulator', () => startEmulator(python, root, join(folder, 'aws')));
  cleanUp.push(endChildren);
  emulatorLog = emulator.log;

  const simulator = await startSimulator({ clock: new SteerableClock() });
  cleanUp.push(() => simulator.close());
  const control = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(simulator.url + path, { method, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path} of the simulator answers ${answer.status}`);
    return answer.status === 204 ? undefined : await answer.json();
  };

  const aws = new Deployment(emulatorTarget(emulator), root, folder);
  cleanUp.push(() => {
    aws.close();
    return Promise.resolve();
  });
  const config = aws.clientConfig;
  const { stackName, stage } = aws;
  const cloudFormation = new CloudFormationClient(config);
  const dynamodb = new DynamoDBClient(config);
  const kms = new KMSClient(config);
  const lambda = new LambdaClient(config);
  const scheduler = new SchedulerClient(config);
  const secretsManager = new SecretsManagerClient(config);
  const sns = new SNSClient(config);

  const settings = {
    wechatApiUrl: simulator.url,
    wechatOpenUrl: simulator.url,
    allowedOrigins: origin,
    // The emulator has no addresses to give out, and no alarms on more than one metric.
    egress: 'none',
    monitoring: 'none',
  };
  await step('cdk deploy without a bootstrap says what to do', () =>
    assert.rejects(aws.deploy(settings), /cdk bootstrap/),
  );
  await step('cdk bootstrap', () => aws.bootstrap());
  await step('cdk deploy', () => aws.deploy(settings));
  const { RefreshFunctionName, ScheduleGroupName, AlarmTopicArn, ApiUrl } = aws.outputs;

  const { Environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: RefreshFunctionName }),
  );
  const tables = ['CREDENTIALS', 'USERS', 'FOLLOWERS'].map(
    (name) => Environment?.Variables?.[`KEYRING_${name}_TABLE`] ?? '',
  );
  const listed = await cloudFormation.send(new ListStackResourcesCommand({ StackName: stackName }));
  const keyIds = (listed.StackResourceSummaries ?? [])
    .filter(({ ResourceType }) => ResourceType === 'AWS::KMS::Key')
    .map(({ PhysicalResourceId = '' }) => PhysicalResourceId);

  const subscriber = await step('subscribe to the alarm topic', () => startSubscriber(sns, AlarmTopicArn));
  cleanUp.push(() => subscriber.close());

  const sweepSchedule = async () => {
    const { Schedules = [] } = await scheduler.send(
      new ListSchedulesCommand({ GroupName: ScheduleGroupName }),
    );
    const schedules = await Promise.all(
      Schedules.map(({ Name }) =>
        scheduler.send(new GetScheduleCommand({ Name, GroupName: ScheduleGroupName })),
      ),
    );
    const sweep = schedules.find(
      ({ ScheduleExpression, Target }) =>
        ScheduleExpression === 'rate(5 minutes)' && Target?.Arn?.endsWith(`:${RefreshFunctionName}`),
    );
    assert.ok(sweep, 'the sweep is scheduled');
    const { Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target, State } = sweep;
    return { Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target, State };
  };

  const booked = (appid: string) => bookedFor(aws, appid);
  const { key, keyId, limited, session, logIn } = await useService(aws, { url: simulator.url, control });

  await step("a removed account's followers are deleted by the sweep, and no others", async () => {
    const kept = async ({ appid }: { appid: string }) => {
      const { Count = 0 } = await dynamodb.send(
        new ScanCommand({
          TableName: tables[2],
          FilterExpression: 'begins_with(#shard, :account)',
          ExpressionAttributeNames: { '#shard': 'shard' },
          ExpressionAttributeValues: { ':account': { S: `${appid}#` } },
        }),
      );
      return Count;
    };
    await aws.keyring(['account', 'add', three.appid, '--sync', 'off'], three.secret);
    await aws.keyring(['followers', 'sync', three.appid]);
    await until('the sync to end', async () => {
      const result = await aws.keyring(['followers', 'status', three.appid]);
      return 'sync' in result && result.sync.state === 'done' ? result : undefined;
    });
    const others = await kept(one);
    assert.ok((await kept(three)) > 25);
    await aws.keyring(['account', 'remove', three.appid, '--yes']);
    const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
    const sync = Functions.find(({ FunctionName }) => FunctionName?.includes('SyncFollowers'));
    const swept = await lambda.send(
      new InvokeCommand({
        FunctionName: sync?.FunctionName,
        Payload: JSON.stringify({ kind: 'sweep' }),
      }),
    );
    assert.equal(swept.FunctionError, undefined, swept.Payload?.transformToString());
    await until('its followers to be gone', async () => ((await kept(three)) === 0 ? true : undefined));
    assert.equal(await kept(one), others);
  });

  await step('a push in safe mode: a user who unsubscribes is forgotten', async () => {
    const relay = await startRelay((path, how) => aws.call(path, how));
    cleanUp.push(() => relay.close());
    const push = { push_token: 'deployToken1', encoding_aes_key: 'k'.repeat(42) + 'A' };
    await control('PATCH', '/_sim/accounts', { appid: one.appid, options: push });
    await aws.keyring(['account', 'set-push', one.appid], push.push_token, push.encoding_aes_key);
    const to = { appid: one.appid, url: `${relay.url}${base}/events`, safe_mode: true };
    const verified = await control('POST', '/_sim/push', { ...to, event: 'verify' });
    assert.equal(z.parse(pushedSchema, verified).verified, true, JSON.stringify(verified));

    const { openid, cookies } = await logIn();
    const event = { FromUserName: openid, Event: 'unsubscribe', EventKey: '' };
    const pushed = z.parse(pushedSchema, await control('POST', '/_sim/push', { ...to, event }));
    assert.deepEqual([pushed.status, pushed.body], [200, 'success']);
    await until('the user to be forgotten', async () => {
      const { status } = await aws.call(`${base}/me`, { cookies });
      return status === 401 ? status : undefined;
    });
  });

  await aws.keyring(['key', 'revoke', limited.keyId]);

  await step(
    'a secret that WeChat no longer takes: degraded, an alarm, and well again with the new one',
    async () => {
      const path = '/health';
      assert.equal(z.parse(healthSchema, (await aws.call(path)).json()).status, 'ok');
      const secret = 'deploy-secret-two-renewed';
      await control('PATCH', '/_sim/accounts', { appid: two.appid, secret });
      await aws.keyring(['refresh', two.appid]);
      assert.equal((await aws.account(two.appid)).state, 'degraded');
      const alarm = await until('an alarm', () =>
        subscriber.messages.find((text) => text.includes(two.appid)),
      );
      assert.match(alarm, /40125/);
      await until('degraded health', async () => {
        const { status } = z.parse(healthSchema, (await aws.call(path)).json());
        return status === 'degraded' ? status : undefined;
      });
      await aws.keyring(['account', 'rotate-secret', two.appid], secret);
      assert.equal((await aws.account(two.appid)).state, 'ok');
    },
  );

  await step('a run that fails ends in the dead-letter queue', async () => {
    const Payload = JSON.stringify({ kind: 'nonsense', mark: 'dead letter' });
    await lambda.send(
      new InvokeCommand({ FunctionName: RefreshFunctionName, InvocationType: 'Event', Payload }),
    );
    await until('a dead letter', async () => {
      const queues = await emulatorJson(aws, '/_ministack/sqs/messages');
      return JSON.stringify(queues).includes('dead letter') ? true : undefined;
    });
  });

  await step('a revoked key ends', async () => {
    const path = `/v1/accounts/${two.appid}/followers`;
    await until('a refusal', async () => {
      const { status } = await aws.call(path, { key: limited.key });
      return status === 401 ? status : undefined;
    });
    assert.equal((await aws.call(path, { key })).status, 200, 'the other key goes on');
  });

  // Nobody refreshes this one in time: its booking is lost, and the sweep waits until it is called. From here on
  // nothing asks for its token, for that would refresh it, too.
  const sweep = await sweepSchedule();
  await scheduler.send(new UpdateScheduleCommand({ ...sweep, State: 'DISABLED' }));
  const lost = await until('a booking to lose', async () => {
    await aws.keyring(['refresh', two.appid]);
    const before = await aws.account(two.appid);
    for (const { Name } of await booked(two.appid)) {
      await scheduler.send(new DeleteScheduleCommand({ Name, GroupName: ScheduleGroupName }));
    }
    // Unless that was made in the meantime, and has booked another.
    const [again] = await booked(two.appid);
    const after = await aws.account(two.appid);
    return again === undefined && after.generation === before.generation ? after : undefined;
  });

  await step('the booked refresh is made when its time comes, and books the next', async () => {
    const { refreshAt: due = 0 } = await aws.account(one.appid);
    const renewed = await until('a refresh by schedule', async () => {
      const report = await aws.account(one.appid);
      return (report.mintedAt ?? 0) >= due ? report : undefined;
    });
    assert.equal(renewed.state, 'ok');
    const at = await until('the next booking', async () => {
      const [booking] = await booked(one.appid);
      const time = Date.parse(`${/at\((.*)\)/.exec(booking?.ScheduleExpression ?? '')?.[1] ?? ''}Z`) / 1000;
      return time > due ? time : undefined;
    });
    assert.ok(at > (renewed.mintedAt ?? 0), 'it is for later');
  });

  await step('the sweep, called as it is scheduled, finds what was missed', async () => {
    const { Arn: FunctionName, Input: Payload = '' } = sweep.Target ?? {};
    assert.equal(sweep.State, 'ENABLED');
    assert.match(FunctionName ?? '', new RegExp(`:function:${RefreshFunctionName}$`));
    await wait(Math.max(0, secondsUntil(lost.refreshAt ?? 0) + 1) * 1000);
    assert.equal((await aws.account(two.appid)).generation, lost.generation);
    const swept = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
    assert.equal(swept.FunctionError, undefined, swept.Payload?.transformToString());
    await until('the missed refresh', async () => {
      const { generation } = await aws.account(two.appid);
      return generation > lost.generation ? generation : undefined;
    });
    await scheduler.send(new UpdateScheduleCommand(sweep));
  });

  await step('cdk deploy again, with every function changed: no request fails meanwhile', async () => {
    const changed = { ...settings, wechatOpenUrl: simulator.url.replace('127.0.0.1', 'localhost') };
    const statuses: number[] = [];
    const enoughToTell = 20;
    const deploying = { done: false };
    const calling = Promise.all(
      [`${base}/token`, `${base}/followers?limit=1`, `${base}/usage`, '/health'].map(async (path) => {
        while (!deploying.done || statuses.length <= enoughToTell) {
          const { status } = await aws.call(path, { key });
          statuses.push(status);
          await wait(100);
        }
      }),
    );
    const before = await versionsRequestsReach(lambda);
    await aws.deploy(changed).finally(() => (deploying.done = true));
    await calling;
    const failed = statuses.filter((status) => status !== 200);
    assert.deepEqual(failed, [], `${failed.length} of ${statuses.length} requests failed`);
    say(`    ${statuses.length} requests were answered meanwhile`);
    const after = await versionsRequestsReach(lambda);
    assert.ok(before.size > 0);
    for (const [name, version] of before) assert.ok(Number(after.get(name)) > Number(version), name);
    const query = new URLSearchParams({ return_to: returnTo });
    const begun = await aws.call(`${base}/oauth/authorize?${query.toString()}`);
    assert.equal(new URL(String(begun.headers['location'])).hostname, 'localhost');
  });

  await step('a table is restored from a backup, and takes the place of the damaged one', async () => {
    const [, users = ''] = tables;
    const path = `${base}/me`;
    const BackupName = 'before-the-damage';
    const { BackupDetails } = await dynamodb.send(new CreateBackupCommand({ TableName: users, BackupName }));
    const headers = { 'x-keyring-csrf': '1' };
    const erased = await aws.call(path, { method: 'DELETE', cookies: session.cookies, headers });
    assert.equal(erased.status, 200, erased.body.toString());
    assert.equal((await aws.call(path, { cookies: session.cookies })).status, 401);
    const TargetTableName = 'users-restored';
    await dynamodb.send(
      new RestoreTableFromBackupCommand({ BackupArn: BackupDetails?.BackupArn, TargetTableName }),
    );
    await aws.deploy({ ...settings, 'existing.users': TargetTableName });
    const me = await aws.call(path, { cookies: session.cookies });
    assert.equal(z.parse(userSchema, me.json()).openid, session.openid);
    assert.equal((await aws.account(one.appid)).state, 'ok');
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: users }));
    assert.equal(Table?.TableStatus, 'ACTIVE', 'the damaged one is kept');
  });

  await step('nothing is lost: accounts, keys, sessions, addresses', async () => {
    assert.equal(aws.outputs.ApiUrl, ApiUrl);
    assert.equal((await aws.account(one.appid)).state, 'ok');
    assert.equal((await aws.account(two.appid)).name, 'Two');
    assert.equal((await aws.call(`${base}/token`, { key })).status, 200);
    const me = await aws.call(`${base}/me`, { cookies: session.cookies });
    assert.equal(z.parse(userSchema, me.json()).openid, session.openid);
    const keys = await aws.keyring(['key', 'list']);
    assert.ok('keys' in keys);
    assert.deepEqual(
      keys.keys.map((item) => item.keyId),
      [keyId],
    );
  });

  await step('cdk destroy', () => aws.destroy());

  await step('tables, keys and secrets are still there', async () => {
    for (const TableName of tables) {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
      assert.equal(Table?.TableStatus, 'ACTIVE');
    }
    const { Count = 0 } = await dynamodb.send(new ScanCommand({ TableName: tables[0], Select: 'COUNT' }));
    assert.ok(Count > 0, 'with what was in them');
    assert.ok(keyIds.length > 0);
    for (const KeyId of keyIds) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      assert.equal(KeyMetadata?.KeyState, 'Enabled');
    }
    for (const { appid } of [one, two]) {
      const SecretId = `wechat-keyring/${stage}/${appid}`;
      const { SecretString = '' } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
      assert.match(SecretString, /deploy-secret/);
    }
  });

  await step('everything else is gone', async () => {
    await assert.rejects(cloudFormation.send(new DescribeStacksCommand({ StackName: stackName })));
    const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
    assert.deepEqual(Functions, []);
    const { ScheduleGroups = [] } = await scheduler.send(new ListScheduleGroupsCommand({}));
    assert.deepEqual(
      ScheduleGroups.map(({ Name }) => Name).filter((name) => name !== 'default'),
      [],
    );
    const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
    assert.deepEqual(Schedules, []);
    const { Topics = [] } = await sns.send(new ListTopicsCommand({}));
    assert.deepEqual(Topics, []);
    const queues = JSON.stringify(await emulatorJson(aws, '/_ministack/sqs/messages'));
    assert.ok(!queues.includes(stackName), queues);
    assert.equal((await aws.call(`${base}/token`, { key })).status, 404);
  });
}

/** The version that the API calls of each of its functions. */
async function versionsRequestsReach(lambda: LambdaClient): Promise<ReadonlyMap<string, string>> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const found = new Map<string, string>();
  for (const { FunctionName = '' } of Functions) {
    const { Aliases = [] } = await lambda.send(new ListAliasesCommand({ FunctionName }));
    for (const { FunctionVersion = '' } of Aliases) found.set(FunctionName, FunctionVersion);
  }
  return found;
}

/** Asks the emulator about itself. */
async function emulatorJson(aws: Deployment, path: string): Promise<unknown> {
  const answer = await aws.call(path);
  assert.equal(answer.status, 200, path);
  return answer.json();
}
