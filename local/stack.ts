import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { adminAnswerSchema, type Command, type CommandResult } from '../functions/admin/commands.ts';
import { requestEntries, type Entry } from '../functions/manifest.ts';
import { tablesOf } from '../functions/parts.ts';
import { routes } from '../functions/routes.ts';
import type { Runtime, Tables } from '../functions/runtime.ts';
import { Accounts, type TokenMode } from '../shared/accounts/accounts.ts';
import { scopes } from '../shared/accounts/api-keys.ts';
import { anyLocalhost } from '../shared/http/allowed-address.ts';
import type { LogSink } from '../shared/platform/log.ts';
import { type AppId, appIdSchema, parseAppId } from '../shared/wechat/tokens.ts';
import { localAdminFunction, localCredentials, localRegion } from './addresses.ts';
import type { LambdaHandler } from './aws/lambda.ts';
import { SteerableClock } from './clock.ts';
import { loadFunction, startLocalCloud, type LocalCloud } from './cloud.ts';
import { observedLog } from './diagnostics.ts';
import { startGateway, type Fallback } from './gateway.ts';
import { startSimulator } from './simulator/simulator.ts';

export interface StackOptions {
  /** Ports to listen on; 0 takes a free one. */
  readonly ports: { readonly api: number; readonly simulator: number; readonly aws: number };
  readonly log: LogSink;
  /** Told each line of metrics that the functions write. Default: nobody is. */
  readonly metrics?: ((line: string) => void) | undefined;
  /** Keeps tables, secrets and schedules in this folder. In memory without one. */
  readonly dataDir?: string | undefined;
  /** Tables in place of the embedded DynamoDB, for tests that play days. */
  readonly tables?: Tables | undefined;
  /** How the account's token is minted. Default: stable. */
  readonly mode?: TokenMode | undefined;
  /** Followers of the simulated account. Default: 2,000. */
  readonly followers?: number | undefined;
  /** A real account: the stack then talks to WeChat itself, and time is real. */
  readonly wechat?: { readonly appId: AppId; readonly secret: string } | undefined;
  /** Serves what no route takes: the web client. */
  readonly web?: Fallback | undefined;
  /** Further origins of pages that may call the API with a session, and be returned to after a login. */
  readonly origins?: readonly string[] | undefined;
  /** Called with each event of a push, as the target of a rule on EventBridge is. Default: there is no bus. */
  readonly eventConsumer?: LambdaHandler | undefined;
  /** The name of this machine under which browsers reach the API, such as `keyring.localhost`. Default: localhost. */
  readonly hostname?: string | undefined;
}

/** The whole service on this machine. */
export interface LocalStack {
  readonly api: string;
  /** Absent when the stack talks to WeChat itself. */
  readonly simulator: string | undefined;
  readonly account: AppId;
  /** An API key with every scope, for every account. */
  readonly apiKey: string;
  readonly clock: SteerableClock;
  /** Where the stand-ins for AWS listen, which the operator's command line needs. */
  readonly awsPort: number;
  /** What the functions find around them, tables included. */
  readonly runtime: Runtime;
  /** Waits until what runs behind the requests is done, such as pushes in their queue. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const demoAccount = { appid: parseAppId('wx5ca1ab1e0ddba115'), secret: '0123456789abcdef0123456789abcdef' };
/** So that `POST /_sim/push` reaches the events endpoint, in safe mode only. */
const demoPush = {
  pushToken: 'DemoPushToken',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};
const demoOptions = { push_token: demoPush.pushToken, encoding_aes_key: demoPush.encodingAesKey };

const savedSchema = z.object({
  clockOffset: z.number(),
  account: appIdSchema,
  apiKey: z.string(),
  aws: z.unknown(),
});

/**
 * Starts the very functions that the CDK stack deploys, behind a gateway, on an embedded DynamoDB, against the
 * WeChat simulator. Registers one account through the admin function, so that its first token is minted.
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const {
    ports,
    log,
    metrics,
    dataDir,
    tables,
    wechat,
    web,
    mode = 'stable',
    followers = 2000,
    origins = [],
    hostname = 'localhost',
    eventConsumer,
  } = options;
  // Under another name other pages of this machine are strangers.
  const anyPort = hostname === 'localhost' ? [anyLocalhost] : [];
  const stateFile = dataDir === undefined ? undefined : join(dataDir, 'stack.json');
  const saved = stateFile === undefined ? undefined : readSaved(stateFile);
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });

  const clock = new SteerableClock(saved?.clockOffset ?? 0);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    // The functions are told where the API is reached, so its port comes first and they follow.
    const functions = new Map<string, LambdaHandler>();
    const gateway = await startGateway({
      port: ports.api,
      hostname,
      allowedOrigins: [...anyPort, ...origins],
      routes: Object.values(routes),
      clock,
      functionFor: (entry) => functions.get(entry) ?? notReady,
      authorizer: (event, context) => (functions.get('access/authorize-key') ?? notReady)(event, context),
      log: (line) => observedLog(log).warn(line),
      ...(web && { fallback: web }),
    });
    closers.push(() => gateway.close());
    const api = `http://${hostname}:${new URL(gateway.url).port}`;

    let pushesSettled = () => Promise.resolve();
    const simulator =
      wechat === undefined
        ? await startSimulator({
            clock,
            port: ports.simulator,
            accounts: [{ ...demoAccount, followers, options: { ...demoOptions, push_url: eventsUrl(api) } }],
            pushesSettled: () => pushesSettled(),
          })
        : undefined;
    if (simulator) closers.push(() => simulator.close());
    const simulatorUrl = simulator && `http://localhost:${simulator.port}`;

    const cloud = await startLocalCloud({
      tables,
      clock,
      log,
      metrics,
      publicUrl: api,
      wechatApiUrl: simulatorUrl ?? 'https://api.weixin.qq.com',
      wechatOpenUrl: simulatorUrl ?? 'https://open.weixin.qq.com',
      awsPort: ports.aws,
      eventConsumer,
      dynamoDir: dataDir && join(dataDir, 'dynamodb'),
      restore: saved?.aws,
    });
    closers.push(() => cloud.close());
    pushesSettled = () => cloud.settled({ background: false });
    for (const [entry, handler] of await loadFunctions(cloud.runtime)) functions.set(entry, handler);

    const allowedOrigins = [api, ...origins];
    const { account, apiKey } = saved ?? (await register(cloud, { allowedOrigins, mode, wechat }));
    if (saved && origins.length > 0) {
      await runAdmin(cloud.runtime, { command: 'account.set', account, allowedOrigins });
    }
    if (anyPort.length > 0) await allowAnyPort(cloud.runtime, account);
    if (stateFile !== undefined) {
      const save = () =>
        writeSaved(stateFile, { clockOffset: clock.offset, account, apiKey, aws: cloud.snapshot() });
      save();
      const saving = setInterval(save, 2000);
      closers.push(save, () => clearInterval(saving));
    }
    const ticking = setInterval(() => void clock.tick(), 1000);
    closers.push(() => clearInterval(ticking));
    const awsPort = Number(new URL(cloud.awsUrl).port);
    return {
      api,
      simulator: simulatorUrl,
      account,
      apiKey,
      clock,
      awsPort,
      runtime: cloud.runtime,
      settled: () => cloud.settled(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function notReady(): Promise<never> {
  return Promise.reject(new Error('The stack is still starting.'));
}

/** Where WeChat pushes what happens to the account. */
function eventsUrl(api: string): string {
  const path = routes.receiveEvent.path.replace('{account}', demoAccount.appid);
  // Not by its name: the simulator asks no resolver about names below localhost.
  return `http://127.0.0.1:${new URL(api).port}${path}`;
}

/** Lets pages on every port of localhost call the API and be returned to. No command can. */
async function allowAnyPort(runtime: Runtime, account: AppId): Promise<void> {
  const accounts = new Accounts(tablesOf(runtime).credentials);
  const { allowedOrigins = [] } = (await accounts.get(account)) ?? {};
  if (allowedOrigins.includes(anyLocalhost)) return;
  await accounts.change(account, { allowedOrigins: [...allowedOrigins, anyLocalhost] });
}

/** The handlers that requests lead to. */
async function loadFunctions(runtime: Runtime): Promise<Map<string, LambdaHandler>> {
  const load = async (entry: Entry) => [entry, await loadFunction(entry, runtime)] as const;
  return new Map(await Promise.all(requestEntries.map(load)));
}

/** Registers the account and makes an API key, through the admin function like any operator. */
async function register(
  { runtime }: LocalCloud,
  {
    allowedOrigins,
    mode,
    wechat,
  }: { allowedOrigins: string[]; mode: TokenMode; wechat: StackOptions['wechat'] },
): Promise<{ account: AppId; apiKey: string }> {
  const account = wechat?.appId ?? demoAccount.appid;
  await runAdmin(runtime, {
    command: 'account.add',
    account,
    name: wechat ? account : 'The simulated account',
    mode,
    secret: wechat?.secret ?? demoAccount.secret,
    allowedOrigins,
    domainFiles: [],
    // It keeps the embedded DynamoDB busy for a while: `followers sync` makes it when it is wanted.
    sync: 'off',
  });
  if (!wechat) await runAdmin(runtime, { command: 'account.set-push', account, ...demoPush });
  const made = await runAdmin(runtime, {
    command: 'key.create',
    name: 'local',
    scopes: [...scopes],
    accounts: '*',
  });
  if (!('key' in made)) throw new Error('The admin function made no key.');
  return { account, apiKey: made.key };
}

/** Sends a command to the admin function. Throws an Error that says what it refused. */
export async function runAdmin({ environment }: Runtime, command: Command): Promise<CommandResult> {
  const lambda = new LambdaClient({
    region: localRegion,
    credentials: localCredentials,
    ...(environment['AWS_ENDPOINT_URL'] !== undefined && { endpoint: environment['AWS_ENDPOINT_URL'] }),
  });
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: localAdminFunction, Payload: JSON.stringify(command) }),
  );
  lambda.destroy();
  const answer = adminAnswerSchema.parse(JSON.parse(Payload?.transformToString() ?? 'null'));
  if (!answer.ok) throw new Error(`${answer.problem.code}: ${answer.problem.detail ?? answer.problem.title}`);
  return answer.result;
}

function readSaved(file: string): z.infer<typeof savedSchema> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return savedSchema.parse(JSON.parse(text));
}

/** Only its owner may read it: the stand-ins' secrets are in it. Replaced in one step, so never half written. */
function writeSaved(file: string, saved: z.infer<typeof savedSchema>): void {
  writeFileSync(`${file}.new`, JSON.stringify(saved), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
