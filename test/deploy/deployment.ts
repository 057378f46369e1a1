import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import * as z from 'zod/mini';

import type { AccountReport } from '../../functions/admin/account-report.ts';
import { adminAnswerSchema, type CommandResult } from '../../functions/admin/commands.ts';
import { mustRun, run } from './children.ts';
import { hangSeconds } from './steps.ts';
import type { Target, Way } from './target.ts';

const outputSchema = z.object({
  ApiUrl: z.url(),
  AdminFunctionName: z.string(),
  RefreshFunctionName: z.string(),
  ScheduleGroupName: z.string(),
  AlarmTopicArn: z.string(),
  EgressAddress: z.optional(z.string()),
});
export type Outputs = z.infer<typeof outputSchema>;

/** A request to the deployed API. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS';
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

/** The commands that a deployer and an operator give, against an emulator or an AWS account. */
export class Deployment {
  readonly #target: Target;
  readonly #root: string;
  readonly #folder: string;
  #outputs: Outputs | undefined;

  /** `folder` takes what the commands write. */
  constructor(target: Target, root: string, folder: string) {
    this.#target = target;
    this.#root = root;
    this.#folder = folder;
  }

  /** What the stack said of itself when it was last deployed. */
  get outputs(): Outputs {
    if (!this.#outputs) throw new Error('The stack is not deployed yet.');
    return this.#outputs;
  }

  /** What every AWS client of this process is made with. */
  get clientConfig() {
    return this.#target.clientConfig;
  }

  get stage(): string {
    return this.#target.stage;
  }

  get stackName(): string {
    return `wechat-keyring-${this.stage}`;
  }

  async bootstrap(): Promise<void> {
    await this.#cdk('bootstrap', this.#target.environment);
  }

  /** Deploys another app, a program of this repository, and returns what its stack of that name tells. */
  async deployApp(app: string, stack: string, context: Readonly<Record<string, string>>): Promise<unknown> {
    const outputsFile = join(this.#folder, 'app-outputs.json');
    const options = ['--require-approval', 'never', '--outputs-file', outputsFile];
    await this.#cdk('deploy', ...options, ...this.#ofApp(app, stack, context));
    const outputs = z.parse(
      z.record(z.string(), z.unknown()),
      JSON.parse(await readFile(outputsFile, 'utf8')),
    );
    return outputs[stack];
  }

  async destroyApp(app: string, stack: string, context: Readonly<Record<string, string>>): Promise<void> {
    await this.#cdk('destroy', '--force', ...this.#ofApp(app, stack, context));
  }

  /** `cdk deploy` with these keys of the configuration. */
  async deploy(settings: Readonly<Record<string, string>>): Promise<void> {
    const outputsFile = join(this.#folder, 'outputs.json');
    const context = this.#context(settings);
    const output = ['--output', join(this.#folder, 'cdk.out'), '--outputs-file', outputsFile];
    await this.#cdk('deploy', '--require-approval', 'never', ...output, ...context);
    const outputs = z.parse(
      z.record(z.string(), z.unknown()),
      JSON.parse(await readFile(outputsFile, 'utf8')),
    );
    this.#outputs = z.parse(outputSchema, outputs[this.stackName]);
  }

  async destroy(): Promise<void> {
    await this.#cdk('destroy', '--force', '--output', join(this.#folder, 'cdk.out'), ...this.#context({}));
  }

  /** Runs the operator's command line as it is. `secrets` are what is typed when it asks for them. */
  async keyring(words: readonly string[], ...secrets: readonly string[]): Promise<CommandResult> {
    const args = [join('cli', 'keyring.ts'), ...words, '--stage', this.stage, '--json'];
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

  /** Calls the deployed API. */
  call(path: string, how: Call = {}): Promise<Answer> {
    return send(this.#target.api(new URL(this.outputs.ApiUrl).host, path), how);
  }

  close(): void {
    this.#target.close();
  }

  async #cdk(...args: string[]): Promise<void> {
    const cdk = join(this.#root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    await mustRun(process.execPath, [cdk, ...args], this.#how());
  }

  #ofApp(app: string, stack: string, context: Readonly<Record<string, string>>): string[] {
    const pairs = Object.entries({ ...context, stack }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const output = join(this.#folder, 'cdk.out.app');
    return ['--app', `${process.execPath} ${app}`, '--output', output, ...pairs];
  }

  #context(settings: Readonly<Record<string, string>>): string[] {
    const { region } = this.#target.clientConfig;
    return Object.entries({ stage: this.stage, region, ...settings }).flatMap(([key, value]) => [
      '-c',
      `${key}=${value}`,
    ]);
  }

  #how() {
    return { cwd: this.#root, env: this.#target.variables(this.#folder) };
  }
}

/** Sends a request over TLS. */
export function send(way: Way, how: Call = {}): Promise<Answer> {
  const body = how.json === undefined ? how.body : Buffer.from(JSON.stringify(how.json));
  const { headers: ofTarget, ...where } = way;
  const headers = {
    ...ofTarget,
    ...(how.key !== undefined && { authorization: `Bearer ${how.key}` }),
    ...(how.cookies && { cookie: how.cookies.join('; ') }),
    ...(how.json !== undefined && { 'content-type': 'application/json' }),
    ...(body && { 'content-length': String(body.byteLength) }),
    ...how.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...where,
        method: how.method ?? 'GET',
        headers,
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
      sent.destroy(new Error(`${way.path ?? ''} was not answered within ${hangSeconds} seconds.`)),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
