import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import * as z from 'zod/mini';

import type { AccountReport } from '../../functions/admin/account-report.ts';
import { adminAnswerSchema, type CommandResult } from '../../functions/admin/commands.ts';
import { mustRun, onlyNeeded, run } from './children.ts';
import type { Emulator } from './emulator.ts';
import { hangSeconds } from './steps.ts';

const region = 'us-east-1';
/** The emulator's one account, and the key that it takes for that account's root. */
const account = '000000000000';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

export const stage = 'prod';
export const stackName = `wechat-keyring-${stage}`;

const outputsSchema = z.object({
  [stackName]: z.object({
    ApiUrl: z.url(),
    AdminFunctionName: z.string(),
    RefreshFunctionName: z.string(),
    ScheduleGroupName: z.string(),
    AlarmTopicArn: z.string(),
  }),
});
export type Outputs = z.infer<typeof outputsSchema>[typeof stackName];

/** A request to the deployed API. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly key?: string;
  readonly cookies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** `name=value` of each cookie that was set. */
  readonly cookies: readonly string[];
  readonly body: Buffer;
  /** The body as JSON. Throws where it is none. */
  json(): unknown;
}

/** The commands that a deployer and an operator give, against the emulator. */
export class Deployment {
  readonly #emulator: Emulator;
  readonly #root: string;
  readonly #folder: string;
  readonly #agent: Agent;
  #outputs: Outputs | undefined;

  /** `folder` takes what the commands write. */
  constructor(emulator: Emulator, root: string, folder: string) {
    this.#emulator = emulator;
    this.#root = root;
    this.#folder = folder;
    this.#agent = new Agent({ ca: emulator.certificate, keepAlive: true });
  }

  /** What the stack said of itself when it was last deployed. */
  get outputs(): Outputs {
    if (!this.#outputs) throw new Error('The stack is not deployed yet.');
    return this.#outputs;
  }

  /** What every AWS client of this process is made with. */
  get clientConfig() {
    return {
      region,
      credentials,
      endpoint: this.#emulator.url,
      requestHandler: { httpsAgent: this.#agent },
    };
  }

  async bootstrap(): Promise<void> {
    await this.#cdk('bootstrap', `aws://${account}/${region}`);
  }

  /** `cdk deploy` with these keys of the configuration. */
  async deploy(settings: Readonly<Record<string, string>>): Promise<void> {
    const outputsFile = join(this.#folder, 'outputs.json');
    const context = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const output = ['--output', join(this.#folder, 'cdk.out'), '--outputs-file', outputsFile];
    await this.#cdk('deploy', '--require-approval', 'never', ...output, ...context);
    this.#outputs = z.parse(outputsSchema, JSON.parse(await readFile(outputsFile, 'utf8')))[stackName];
  }

  async destroy(): Promise<void> {
    await this.#cdk('destroy', '--force', '--output', join(this.#folder, 'cdk.out'));
  }

  /** Runs the operator's command line as it is. `secrets` are what is typed when it asks for them. */
  async keyring(words: readonly string[], ...secrets: readonly string[]): Promise<CommandResult> {
    const args = [join('cli', 'keyring.ts'), ...words, '--stage', stage, '--json'];
    const { stdout, said } = await run(process.execPath, args, {
      ...this.#how(),
      input: secrets.map((secret) => `${secret}\n`).join(''),
    });
    if (stdout === '') throw new Error(`keyring ${words.join(' ')} failed:\n${said}`);
    const answer = z.parse(adminAnswerSchema, JSON.parse(stdout));
    if (!answer.ok) throw new Error(`keyring ${words.join(' ')}: ${stdout}`);
    return answer.result;
  }

  /** How one account is, as its operator sees it. */
  async account(appId: string): Promise<AccountReport> {
    const result = await this.keyring(['account', 'show', appId]);
    const report = 'accounts' in result ? result.accounts[0] : undefined;
    if (!report) throw new Error(`There is no account ${appId}.`);
    return report;
  }

  /**
   * Calls the deployed API. The emulator tells the APIs apart by the Host header. It takes `/health` of any host for
   * itself; that one goes by its other address for APIs.
   */
  call(path: string, how: Call = {}): Promise<Answer> {
    const { host } = new URL(this.outputs.ApiUrl);
    const isHealth = path === '/health';
    const body = how.json === undefined ? how.body : Buffer.from(JSON.stringify(how.json));
    const headers = {
      ...(!isHealth && { host }),
      ...(how.key !== undefined && { authorization: `Bearer ${how.key}` }),
      ...(how.cookies && { cookie: how.cookies.join('; ') }),
      ...(how.json !== undefined && { 'content-type': 'application/json' }),
      ...(body && { 'content-length': String(body.byteLength) }),
      ...how.headers,
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#emulator.port,
          servername: 'localhost',
          path: isHealth ? `/_aws/execute-api/${host.split('.')[0] ?? ''}/$default${path}` : path,
          method: how.method ?? 'GET',
          headers,
          agent: this.#agent,
          timeout: hangSeconds * 1000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const received = Buffer.concat(chunks);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              cookies: (response.headers['set-cookie'] ?? []).map((text) => text.split(';')[0] ?? ''),
              body: received,
              json: () => JSON.parse(received.toString('utf8')) as unknown,
            });
          });
        },
      );
      sent.on('timeout', () =>
        sent.destroy(new Error(`${path} was not answered within ${hangSeconds} seconds.`)),
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #cdk(...args: string[]): Promise<void> {
    const cdk = join(this.#root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    await mustRun(process.execPath, [cdk, ...args], this.#how());
  }

  #how() {
    const { url, certificateFile } = this.#emulator;
    const env = {
      ...onlyNeeded(),
      // Not the caller's: no AWS profile is found there.
      HOME: this.#folder,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      // The CDK takes the one, and Node the other.
      AWS_CA_BUNDLE: certificateFile,
      NODE_EXTRA_CA_CERTS: certificateFile,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    };
    return { cwd: this.#root, env };
  }
}
