import { Agent } from 'node:https';
import { connect, type Socket } from 'node:net';
import CoWeChatApi from 'co-wechat-api';
import { CacheInterface, OfficialAccount } from 'node-easywechat';
import { tablesOf } from '../functions/parts.ts';
import type { Runtime } from '../functions/runtime.ts';
import type { Log } from '../shared/platform/log.ts';
import { noMetrics } from '../shared/platform/metrics.ts';
import { credentialKey } from '../shared/credentials/read-credential.ts';
import { mintStableToken } from '../shared/wechat/access-token.ts';
import { createWeChatClient } from '../shared/wechat/client.ts';
import { getApiDomainIp } from '../shared/wechat/quota.ts';
import type { AppId } from '../shared/wechat/tokens.ts';
import { serviceOf, SharedClock } from './service.ts';
import { sharedStoreAt } from './shared-store.ts';
import { wxJava } from './wxjava.ts';

/** The clients that are compared. */
export const clientNames = [
  'raw',
  'raw, a function each',
  'keyring (stable)',
  'keyring (stable, a function each)',
  'keyring (classic)',
  'co-wechat-api',
  'node-easywechat',
  'node-easywechat (stable)',
  'WxJava',
  'WxJava (stable)',
] as const;
export type ClientName = (typeof clientNames)[number];

/** What a process needs to make a client. */
export interface ClientSetup {
  readonly client: ClientName;
  readonly appId: AppId;
  readonly secret: string;
  /** Where WeChat is. */
  readonly wechatPort: number;
  /** The store that the processes of the other clients share. */
  readonly storeUrl: string;
  /** The same for WxJava, which knows Redis. */
  readonly redisPort?: number | undefined;
  /** What the functions of this project find around them: their tables, first of all. */
  readonly environment: Runtime['environment'];
  /** How far the benchmark's time is ahead of the machine's, in seconds. */
  readonly offset: number;
}

export interface Client {
  /** Of those that have a refresh function: how often it has been called since this was asked last. */
  newRefreshes?(): number;
  /** Where it is not ready at once. */
  readonly ready?: Promise<void>;
  /** One call that needs the access token. Rejects where WeChat refuses it. */
  call(): Promise<void>;
  /** Sets how far the benchmark's time is ahead of the machine's. */
  setOffset(seconds: number): Promise<void>;
}

export function createClient(setup: ClientSetup): Client {
  switch (setup.client) {
    case 'raw':
      return raw(setup);
    case 'raw, a function each':
      return rawApart(setup);
    case 'keyring (stable)':
    case 'keyring (classic)':
      return keyring(setup);
    case 'keyring (stable, a function each)':
      return keyring(setup, true);
    case 'co-wechat-api':
      return coWeChatApi(setup);
    case 'node-easywechat':
      return nodeEasyWeChat(setup, false);
    case 'node-easywechat (stable)':
      return nodeEasyWeChat(setup, true);
    case 'WxJava':
      return wxJava(setup, false);
    case 'WxJava (stable)':
      return wxJava(setup, true);
  }
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What cannot be done without: one mint and one call, with nothing around them. */
function raw({ appId, secret, wechatPort, offset }: ClientSetup): Client {
  const clock = new SharedClock(offset);
  const wechat = createWeChatClient({ baseUrl: `http://127.0.0.1:${wechatPort}`, clock });
  return {
    call: async () => {
      const { accessToken } = await wechat.send(mintStableToken({ appId, secret, forceRefresh: false }));
      await wechat.send(getApiDomainIp(accessToken));
    },
    setOffset: (seconds) => clock.leapTo(seconds),
  };
}

/** The same in a function that has just been started, and looks whether there is a token: what each of a herd has to do. */
function rawApart(setup: ClientSetup): Client {
  const { appId, environment, offset } = setup;
  const clock = new SharedClock(offset);
  const { credentials } = tablesOf({ environment, clock, log: silent, metrics: noMetrics });
  return {
    call: async () => {
      await credentials.get(credentialKey(appId, 'access_token'));
      await raw(setup).call();
    },
    setOffset: (seconds) => clock.leapTo(seconds),
  };
}

/** `apart`: each call is made by a function that has just been started, and shares no memory with the others. */
function keyring({ environment, appId, wechatPort, offset }: ClientSetup, apart = false): Client {
  const clock = new SharedClock(offset);
  let refreshes = 0;
  const countRefresh = () => {
    refreshes += 1;
    return () => undefined;
  };
  const service = serviceOf(
    {
      environment: { ...environment, KEYRING_WECHAT_API_URL: `http://127.0.0.1:${wechatPort}` },
      clock,
      log: silent,
      metrics: noMetrics,
    },
    countRefresh,
  );
  const calls = service.newCalls();
  const account = service.account(appId);
  return {
    call: async () => {
      await (apart ? service.newCalls() : calls).send(await account, getApiDomainIp);
    },
    newRefreshes: () => {
      const counted = refreshes;
      refreshes = 0;
      return counted;
    },
    setOffset: (seconds) => clock.leapTo(seconds),
  };
}

/** The other clients ask the machine for the time, so theirs is moved as a whole. */
const machineNow = Date.now;
function setMachineOffset(seconds: number): Promise<void> {
  Date.now = () => machineNow() + seconds * 1000;
  return Promise.resolve();
}

/** Leads what is sent to the platform's host to a port on loopback, without TLS. */
export class ToPort extends Agent {
  readonly #port: number;

  constructor(port: number) {
    super();
    this.#port = port;
  }

  override createConnection(): Socket {
    return connect(this.#port, '127.0.0.1');
  }
}

/** With its own hooks for a store that processes share, as its manual shows them. */
function coWeChatApi({ appId, secret, wechatPort, storeUrl, offset }: ClientSetup): Client {
  void setMachineOffset(offset);
  const store = sharedStoreAt(storeUrl);
  const key = `co-wechat-api ${appId}`;
  const api = new CoWeChatApi(
    appId,
    secret,
    async () => JSON.parse((await store.get(key)) ?? 'null') as CoWeChatApi.AccessToken | null,
    (token) => store.put(key, JSON.stringify(token)),
  );
  api.setOpts({ agent: new ToPort(wechatPort) });
  return {
    call: async () => {
      // Its declaration in test/conformance lacks this method.
      await (api as unknown as { getIp(): Promise<unknown> }).getIp();
    },
    setOffset: setMachineOffset,
  };
}

class SharedCache extends CacheInterface {
  readonly #store: ReturnType<typeof sharedStoreAt>;

  constructor(store: ReturnType<typeof sharedStoreAt>) {
    super();
    this.#store = store;
  }

  override async get(key: string): Promise<unknown> {
    return JSON.parse((await this.#store.get(key)) ?? 'null') as unknown;
  }

  override async has(key: string): Promise<boolean> {
    return (await this.#store.get(key)) !== undefined;
  }

  override async set(key: string, data?: unknown, lifetime = 0): Promise<boolean> {
    await this.#store.put(key, JSON.stringify(data), lifetime);
    return true;
  }

  override async delete(key: string): Promise<boolean> {
    await this.#store.delete(key);
    return true;
  }
}

/** With its own interface for a cache that processes share. */
function nodeEasyWeChat(
  { appId, secret, wechatPort, storeUrl, offset }: ClientSetup,
  stable: boolean,
): Client {
  void setMachineOffset(offset);
  const app = new OfficialAccount({
    app_id: appId,
    secret,
    use_stable_access_token: stable,
    http: { baseURL: `http://127.0.0.1:${wechatPort}`, proxy: false },
  });
  app.setCache(new SharedCache(sharedStoreAt(storeUrl)));
  return {
    call: async () => {
      const response = await app.getClient().get('/cgi-bin/get_api_domain_ip');
      const { errcode } = response.toObject<{ errcode?: number }>();
      if (errcode !== undefined && errcode !== 0) throw new Error(`errcode ${errcode}`);
    },
    setOffset: setMachineOffset,
  };
}
