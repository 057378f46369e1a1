import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { ZodMiniType } from 'zod/mini';
import { answerSchemaOf, commandOf, type Command, type CommandResult } from '../functions/admin/commands.ts';
import { requestEntries, type Entry } from '../functions/manifest.ts';
import { tablesOf } from '../functions/parts.ts';
import { routes } from '../functions/routes.ts';
import type { Runtime, Tables } from '../functions/runtime.ts';
import { Accounts, type TokenMode } from '../shared/accounts/accounts.ts';
import { anyLocalhost } from '../shared/http/allowed-address.ts';
import type { LogSink } from '../shared/platform/log.ts';
import type { AppId } from '../shared/wechat/tokens.ts';
import { localAdminFunction, localCredentials, localRegion } from './addresses.ts';
import type { ApiReference } from './api-reference.ts';
import { startDynamoDb } from './aws/dynamodb.ts';
import { directTables } from './aws/dynamodb-direct.ts';
import type { LambdaHandler } from './aws/lambda.ts';
import { SteerableClock } from './clock.ts';
import { loadFunction, startLocalCloud, tableNames } from './cloud.ts';
import { DataFolder } from './data-folder.ts';
import { allowAnyPort, register, simulatedAccount } from './demo-account.ts';
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
  /** The API reference, at `/docs`. */
  readonly apiReference?: Pick<ApiReference, 'route' | 'handler'> | undefined;
  /** Further origins of pages that may call the API with a session, and be returned to after a login. */
  readonly origins?: readonly string[] | undefined;
  /** Called with each event of a push, as the target of a rule on EventBridge is. Default: there is no bus. */
  readonly eventConsumer?: LambdaHandler | undefined;
  /** Where the account's pushes are forwarded: an https address, or http on this machine. Default: as it was. */
  readonly forward?: string | undefined;
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

const saveEveryMs = 2000;

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
    apiReference,
    mode = 'stable',
    followers = 2000,
    origins = [],
    hostname = 'localhost',
    eventConsumer,
    forward,
  } = options;
  // Under another name other pages of this machine are strangers.
  const anyPort = hostname === 'localhost' ? [anyLocalhost] : [];
  const folder = dataDir === undefined ? undefined : new DataFolder(dataDir);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    // The lock on the tables is that on the folder: nobody else reads or writes the rest of it from here on.
    const dynamo = tables ? undefined : await startDynamoDb(folder && { dataDir: folder.tables });
    closers.push(() => dynamo?.close());
    const saved = folder?.read();
    const clock = new SteerableClock(saved?.clockOffset);

    // The functions are told where the API is reached, so its port comes first and they follow.
    const functions = new Map<string, LambdaHandler>();
    if (apiReference) functions.set(apiReference.route.entry, apiReference.handler);
    const gateway = await startGateway({
      port: ports.api,
      hostname,
      allowedOrigins: [...anyPort, ...origins],
      routes: [...Object.values(routes), ...(apiReference ? [apiReference.route] : [])],
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
            accounts: [simulatedAccount({ followers, apiPort: new URL(api).port })],
            pushesSettled: () => pushesSettled(),
          })
        : undefined;
    if (simulator) closers.push(() => simulator.close());
    const simulatorUrl = simulator && `http://localhost:${simulator.port}`;

    let save: () => void = () => undefined;
    const cloud = await startLocalCloud({
      tables: tables ?? (dynamo && directTables(dynamo, tableNames)),
      dynamo,
      clock,
      log,
      metrics,
      publicUrl: api,
      wechatApiUrl: simulatorUrl ?? 'https://api.weixin.qq.com',
      wechatOpenUrl: simulatorUrl ?? 'https://open.weixin.qq.com',
      simulator: simulatorUrl,
      awsPort: ports.aws,
      eventConsumer,
      restore: saved?.aws,
      changed: () => save(),
    });
    closers.push(() => cloud.close());
    pushesSettled = () => cloud.settled({ background: false });
    for (const [entry, handler] of await loadFunctions(cloud.runtime)) functions.set(entry, handler);

    const accounts = new Accounts(tablesOf(cloud.runtime).credentials);
    let registered =
      saved?.account === undefined || saved.apiKey === undefined
        ? undefined
        : { account: saved.account, apiKey: saved.apiKey };
    if (folder) {
      if (!saved && (await accounts.list()).length > 0) throw folder.withoutFile();
      save = () => folder.write({ ...registered, clockOffset: clock.offset, aws: cloud.snapshot() });
      save();
      closers.push(keepSaving(() => save(), clock, log));
    }
    const run = (command: Command) => runAdmin(cloud.runtime, command);
    const allowedOrigins = [api, ...origins];
    registered ??= await register(run, accounts, { allowedOrigins, mode, wechat });
    save();
    const { account, apiKey } = registered;
    if (saved && origins.length > 0) await run({ command: 'account.set', account, allowedOrigins });
    if (forward !== undefined) await run({ command: 'account.set-push', account, forward });
    if (anyPort.length > 0) await allowAnyPort(accounts, account);
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

/** Saves from time to time, and when the clock was moved. A fault of it is told once. Returns how to end it. */
function keepSaving(save: () => void, clock: SteerableClock, log: LogSink): () => void {
  let told: string | undefined;
  const saveOrTell = () => {
    try {
      save();
      told = undefined;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (fault !== told) observedLog(log).warn(fault);
      told = fault;
    }
  };
  clock.onMove(saveOrTell);
  const saving = setInterval(saveOrTell, saveEveryMs);
  return () => {
    clearInterval(saving);
    saveOrTell();
  };
}

function notReady(): Promise<never> {
  return Promise.reject(new Error('The stack is still starting.'));
}

/** The handlers that requests lead to. */
async function loadFunctions(runtime: Runtime): Promise<Map<string, LambdaHandler>> {
  const load = async (entry: Entry) => [entry, await loadFunction(entry, runtime)] as const;
  return new Map(await Promise.all(requestEntries.map(load)));
}

/** Sends a command to the admin function. Throws an Error that says what it refused. */
export async function runAdmin(runtime: Runtime, command: Command): Promise<CommandResult> {
  // Its own: what one command brings may pass for what another does.
  const schema = answerSchemaOf<ZodMiniType<CommandResult>>(commandOf(command).result);
  const answer = schema.parse(await askAdmin(runtime, command));
  if (!answer.ok) throw new Error(`${answer.problem.code}: ${answer.problem.detail ?? answer.problem.title}`);
  return answer.result;
}

/** Sends a command to the admin function. Returns what it answers, unparsed. */
export async function askAdmin({ environment }: Runtime, command: object): Promise<unknown> {
  const lambda = new LambdaClient({
    region: localRegion,
    credentials: localCredentials,
    ...(environment['AWS_ENDPOINT_URL'] !== undefined && { endpoint: environment['AWS_ENDPOINT_URL'] }),
  });
  const { Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: localAdminFunction, Payload: JSON.stringify(command) }),
  );
  lambda.destroy();
  return JSON.parse(Payload?.transformToString() ?? 'null');
}
