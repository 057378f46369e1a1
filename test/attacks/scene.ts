import { randomBytes } from 'node:crypto';
import type { AdminAnswer, Command } from '../../functions/admin/commands.ts';
import type { HttpHandler, HttpResult } from '../../functions/http.ts';
import type { Route } from '../../functions/route.ts';
import { routes } from '../../functions/routes.ts';
import type { LambdaHandler, Runtime } from '../../functions/runtime.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { httpEvent, lambdaContext, type RequestInit } from '../kit/event.ts';
import { createCall, startKit, type Call, type Kit } from '../kit/kit.ts';

/** How an attack ends. Whatever else goes wrong with it throws. */
export type Outcome = 'held' | 'broken';

/** An attack on a build of the service. */
export type Attack = (service: Service) => Promise<Outcome>;

export function brokenIf(succeeded: boolean): Outcome {
  return succeeded ? 'broken' : 'held';
}

/** What an attack is run on: one build, and the surroundings that all builds share. */
export interface Service {
  readonly kit: Kit;
  /** Calls this build. */
  readonly call: Call;
  /** Calls a function of this build without what API Gateway adds: no authorizer has said anything. */
  direct(route: keyof typeof routes, init: RequestInit, authorizerContext?: unknown): Promise<HttpResult>;
  /** Gets a module of this build, by its path from the root of the project. */
  readonly module: LoadModule;
  /** Calls a function of this build that no route leads to, as others of the service invoke it. */
  invoke(entry: string, event: unknown): Promise<unknown>;
  /** The same in a process whose clock is so many seconds ahead. */
  later(seconds: number): Service;
  /** The same in a process whose waits take no time. `waited`: for how many seconds it has waited in all. */
  hurried(): Service & { waited(): number };
  /** The same with functions that find something else in their environment. */
  with(environment: Readonly<Record<string, string>>): Service;
}

export const pushSecrets = {
  pushToken: 'TheTokenOfThePushes1',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};
/** A second account of the service. Its operator uses the same token and key for pushes. */
export const other = parseAppId('wxaaaaaaaaaaaaaaaa');
export const otherOrigin = 'https://other.example.net';
/** A third, whose pushes come in the clear. */
export const plain = parseAppId('wxbbbbbbbbbbbbbbbb');

/** A kit with three accounts that take pushes. */
export async function startScene(): Promise<Kit> {
  const kit = await startKit({ tables: 'memory', followers: 3 });
  const secret = '0123456789abcdef0123456789abcdef';
  for (const account of [other, plain]) {
    await kit.control('accounts', { appid: account, secret });
    await kit.admin({
      command: 'account.add',
      account,
      name: account,
      mode: 'stable',
      secret,
      allowedOrigins: [otherOrigin],
      domainFiles: [],
    });
  }
  for (const account of [kit.account, other]) {
    await kit.admin({ command: 'account.set-push', account, ...pushSecrets });
  }
  await kit.admin({ command: 'account.set-push', account: plain, pushToken: pushSecrets.pushToken });
  return kit;
}

/** Gets a module, by its path from the root of the project. */
export type LoadModule = (file: string) => Promise<unknown>;

const fromSource: LoadModule = (file) => import(`../../${file}`);

/** The service as `module` gets its modules; those of the source without it. */
export function serviceOf(kit: Kit, module: LoadModule = fromSource, runtime = kit.runtime): Service {
  const load = (entry: string) => module(`functions/${entry}.ts`);
  return {
    kit,
    module,
    call: createCall(runtime, load),
    direct: async (name, init, authorizerContext) => {
      const route: Route = routes[name];
      const { create } = (await load(route.entry)) as { create: (runtime: Runtime) => HttpHandler };
      return create(runtime)(httpEvent(route, init, authorizerContext), lambdaContext);
    },
    invoke: async (entry, event) => {
      const { create } = (await load(entry)) as { create: (of: Runtime) => LambdaHandler<unknown, unknown> };
      return create(runtime)(event, lambdaContext);
    },
    later: (seconds) => {
      const clock = {
        now: () => runtime.clock.now() + seconds,
        sleep: (time: number) => runtime.clock.sleep(time),
      };
      return serviceOf(kit, module, { ...runtime, clock });
    },
    hurried: () => {
      let waited = 0;
      const clock = {
        now: () => Math.floor(runtime.clock.now() + waited),
        sleep: (time: number) => Promise.resolve(void (waited += time)),
      };
      return { ...serviceOf(kit, module, { ...runtime, clock }), waited: () => waited };
    },
    with: (environment) =>
      serviceOf(kit, module, { ...runtime, environment: { ...runtime.environment, ...environment } }),
  };
}

/** A WeChat user whom nobody has met yet. Returns the openid. */
export async function newUser({ kit }: Service, fields: object = {}): Promise<string> {
  const user = (await kit.control('users', { appid: kit.account, ...fields })) as { openid: string };
  return user.openid;
}

/** Runs a command of the operator in this build. */
export async function command(service: Service, sent: Command): Promise<unknown> {
  const answer = (await service.invoke('admin/admin', sent)) as AdminAnswer;
  if (!answer.ok) throw new Error(`The command failed: ${answer.problem.code}.`);
  return answer.result;
}

/** Registers an account that nobody has met yet. `again` removes it and registers it once more. */
export async function newAccount(service: Service): Promise<{ account: AppId; again: () => Promise<void> }> {
  const account = parseAppId(`wx${randomBytes(8).toString('hex')}`);
  const secret = '0123456789abcdef0123456789abcdef';
  await service.kit.control('accounts', { appid: account, secret });
  const register = () =>
    command(service, {
      command: 'account.add',
      account,
      name: account,
      mode: 'stable',
      secret,
      allowedOrigins: [otherOrigin],
      domainFiles: [],
    });
  await register();
  return {
    account,
    again: async () => {
      await command(service, { command: 'account.remove', account });
      await register();
    },
  };
}
