import { createServer, type IncomingMessage } from 'node:http';
import { close, listen } from '../../local/aws/http.ts';
import { tablesOf } from '../../functions/parts.ts';
import { readCredential } from '../../shared/credentials/read-credential.ts';
import { sdkOf, type KeySettings, type Sdk } from '../dropin/sdk.ts';
import { brokenIf, other, serviceOf, type Attack, type Outcome, type Service } from './scene.ts';

/** What a server that stands for WeChat, or for anybody, was sent. */
interface Arrived {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly length: number;
}

/** What it answers, by what it was sent. */
type Answer = (url: string) => { readonly body: string; readonly headers?: Record<string, string> };

const fine: Answer = () => ({ body: '{"errcode":0}' });

/** Runs an attack on a build whose WeChat is a server of the attacker's choice. */
async function atWeChat(
  service: Service,
  attack: (sdk: Sdk, service: Service, arrived: readonly Arrived[]) => Promise<Outcome>,
  { answer = fine, key = {} }: { answer?: Answer; key?: KeySettings } = {},
): Promise<Outcome> {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => (length += chunk.length));
    request.on('end', () => {
      const { url = '', headers } = request;
      arrived.push({ url, headers, length });
      const told = answer(url);
      response.writeHead(200, { 'content-type': 'text/plain', ...told.headers }).end(told.body);
    });
  });
  try {
    const sent = service.with({ KEYRING_WECHAT_API_URL: await listen(server) });
    return await attack(await sdkIn(sent, key), sent, arrived);
  } finally {
    await close(server);
  }
}

/** A key of the drop-in's, used in this build. */
function sdkIn({ kit, call }: Service, settings?: KeySettings): Promise<Sdk> {
  return sdkOf({ admin: (command) => kit.admin(command), call, account: kit.account }, settings);
}

async function realToken({ kit }: Service): Promise<string> {
  const { credentials } = tablesOf(kit.runtime);
  return (await readCredential(credentials, 'access_token', kit.account)).value ?? '';
}

/** Whether an answer has what a caller without rights must not get: a token. */
function hasToken({ body }: { readonly body: unknown }): boolean {
  return JSON.stringify(body).includes('access_token"');
}

export const dropInAttacks = {
  'a general key at the drop-in': async ({ kit, call }) => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: kit.apiKey };
    return brokenIf(hasToken(await call('getDropInToken', { query })));
  },

  'a key of the drop-in at the API': async (service) => {
    const { key } = await sdkIn(service, { scopes: ['dropin:proxy', 'dropin:token'] });
    const answers = await Promise.all([service.call('getToken', { key }), service.call('getUsage', { key })]);
    return brokenIf(answers.some(({ status }) => status === 200));
  },

  'a key of the drop-in for another account': async (service) => {
    const { kit, call } = service;
    const { key } = await sdkIn(service, { scopes: ['dropin:token'], accounts: [other] });
    const query = { grant_type: 'client_credential', appid: kit.account, secret: key };
    return brokenIf(hasToken(await call('getDropInToken', { query })));
  },

  /** It says of itself that it is for another account, or lasts longer. */
  'a forged token of the drop-in': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      const bytes = Buffer.from((await sdk.token()).slice('wkt_'.length), 'base64url');
      for (const at of [4 + 32, 4 + 32 + 8]) {
        const forged = Buffer.from(bytes);
        if (at === 4 + 32) Buffer.from(other.slice(2), 'hex').copy(forged, at);
        else forged.writeUInt32BE(bytes.readUInt32BE(at) + 1, at);
        await sdk.call('user/get', { token: `wkt_${forged.toString('base64url')}` });
      }
      return brokenIf(arrived.length > 0);
    }),

  'a token of the drop-in after its end': (service) =>
    atWeChat(service, async (sdk, sent, arrived) => {
      const token = await sdk.token();
      await (await sdkIn(sent.later(7501))).call('user/get', { token });
      return brokenIf(arrived.length > 0);
    }),

  'a token of the drop-in whose key was revoked': (service) =>
    atWeChat(service, async (sdk, { kit }, arrived) => {
      const token = await sdk.token();
      await sdk.call('user/get', { token });
      if (arrived.length !== 1) throw new Error('The token opens nothing.');
      await kit.admin({ command: 'key.revoke', keyId: sdk.keyId });
      await kit.clock.advance(31);
      await sdk.call('user/get', { token });
      return brokenIf(arrived.slice(1).length > 0);
    }),

  'a path outside the list of a key': (service) =>
    atWeChat(
      service,
      async (sdk, _, arrived) => {
        for (const path of ['user/get', 'message', 'MESSAGE/send', 'messages/send']) await sdk.call(path);
        return brokenIf(arrived.length > 0);
      },
      { key: { paths: ['/cgi-bin/message/*'] } },
    ),

  'a path that leads out of the list of a key': (service) =>
    atWeChat(
      service,
      async (sdk, _, arrived) => {
        const tricks = [
          'message/../user/get',
          'message/./../user/get',
          'message/%2e%2e/user/get',
          'message/%2E%2E%2fuser%2fget',
          'message/..%2fuser/get',
          'message/..;/user/get',
          'message/..\\user\\get',
          'message//../user/get',
          'message/%252e%252e/user/get',
        ];
        for (const path of tricks) await sdk.call(path);
        return brokenIf(arrived.some(({ url }) => /\.\.|%2e/i.test(url)));
      },
      { key: { paths: ['/cgi-bin/message/*'] } },
    ),

  'a path that is never served': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      for (const path of ['clear_quota/v2', 'openapi/rid/get', 'component/api_query_auth']) {
        await sdk.call(path, { method: 'POST', body: {} });
      }
      return brokenIf(arrived.length > 0);
    }),

  'a path that is never served, in another letter case': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      for (const path of ['Clear_Quota/V2', 'openapi/RID/get', 'Component/x', 'Token']) {
        await sdk.call(path, { method: 'POST', body: {} });
      }
      return brokenIf(arrived.length > 0);
    }),

  'access_token twice in a query': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      await sdk.call('user/get', { query: 'access_token=foreign' });
      return brokenIf(arrived.length > 0);
    }),

  'access_token under another spelling of its name': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      for (const name of ['access%5Ftoken', 'Access_Token', '%61ccess_token', 'access_token+']) {
        await sdk.call('user/get', { query: `${name}=foreign` });
      }
      return brokenIf(arrived.length > 0);
    }),

  'access_token in a form': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      await sdk.call('user/get', { method: 'POST', headers, body: 'a=1&access%5ftoken=foreign' });
      return brokenIf(arrived.length > 0);
    }),

  'headers that are smuggled through': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      const odd = {
        authorization: `Basic ${sdk.key}`,
        cookie: 'session=1',
        'x-forwarded-for': '10.0.0.1',
        'x-forwarded-host': 'evil.example.com',
        'x-original-url': '/cgi-bin/token',
        'x-http-method-override': 'DELETE',
      };
      for (const [name, value] of Object.entries(odd)) {
        await sdk.call('menu/create', { method: 'POST', headers: { [name]: value }, body: {} });
      }
      if (arrived.length === 0) throw new Error('Nothing arrives.');
      const usual = ['accept', 'connection', 'content-length', 'content-type', 'host'];
      return brokenIf(
        arrived.some(({ headers }) => Object.keys(headers).some((name) => !usual.includes(name))),
      );
    }),

  'a call that is sent to another host': async (service) => {
    let reached = 0;
    const evil = createServer((_, response) => {
      reached += 1;
      response.end('{}');
    });
    const { host } = new URL(await listen(evil));
    try {
      return await atWeChat(service, async (sdk, sent) => {
        const token = await sdk.token();
        const query = `access_token=${token}`;
        const rawPaths = [
          `//${host}/cgi-bin/user/get`,
          `http://${host}/cgi-bin/user/get`,
          `/cgi-bin//${host}/x`,
          `@${host}/cgi-bin/user/get`,
          `/\\${host}/cgi-bin/user/get`,
        ];
        for (const rawPath of rawPaths) {
          await sent.call('passCgiBin', { rawPath, query, headers: { host, 'x-forwarded-host': host } });
        }
        return brokenIf(reached > 0);
      });
    } finally {
      await close(evil);
    }
  },

  'an answer that repeats the token of its call': async (service) => {
    const answers: Answer[] = [
      (url) => ({ body: JSON.stringify({ errcode: 0, request_url: url }) }),
      (url) => ({ body: JSON.stringify({ errcode: 40003, errmsg: url }) }),
      (url) => ({ body: `x`.repeat(5000) + url }),
      (url) => ({ body: '{}', headers: { 'content-disposition': `attachment; filename="${url}"` } }),
    ];
    const token = await realToken(service);
    for (const answer of answers) {
      const attack = async (sdk: Sdk) => {
        const { body, headers } = await sdk.call('user/get');
        const told = [
          JSON.stringify(body),
          Buffer.from(String(body), 'base64').toString(),
          JSON.stringify(headers),
        ];
        return brokenIf(told.some((text) => text.includes(token)));
      };
      if ((await atWeChat(service, attack, { answer })) === 'broken') return 'broken';
    }
    return 'held';
  },

  'an answer that repeats the AppSecret': (service) =>
    atWeChat(
      service,
      async ({ key }, { kit, call }) => {
        const query = { appid: kit.account, secret: key, code: 'x', grant_type: 'authorization_code' };
        const { body } = await call('getDropInGrant', { query });
        return brokenIf(JSON.stringify(body).includes(kit.secret));
      },
      { key: { scopes: ['dropin:oauth'] }, answer: (url) => ({ body: url }) },
    ),

  'a secret in a log': async (service) => {
    const { kit, module } = service;
    const lines: string[] = [];
    const note = (...line: unknown[]) => void lines.push(JSON.stringify(line));
    const runtime = { ...kit.runtime, log: { info: note, warn: note, error: note } };
    const metrics = { put: note };
    const token = await realToken(service);
    const secrets = [token, kit.secret];
    for (const url of [kit.simulator, 'http://127.0.0.1:1', 'http://no.such.host.invalid']) {
      const environment = { ...runtime.environment, KEYRING_WECHAT_API_URL: url };
      const sent = serviceOf(kit, module, { ...runtime, metrics, environment });
      const sdk = await sdkIn(sent, { scopes: ['dropin:proxy', 'dropin:oauth'] });
      const own = await sdk.token();
      secrets.push(sdk.key, own);
      for (const path of ['user/get', 'no/such', 'clear_quota/v2', 'a/../b'])
        await sdk.call(path, { token: own });
      const query = {
        appid: kit.account,
        secret: sdk.key,
        code: 'TheCode12345',
        grant_type: 'authorization_code',
      };
      await sent.call('getDropInGrant', { query });
    }
    if (lines.length === 0) throw new Error('Nothing is logged.');
    const text = lines.join('\n');
    return brokenIf([...secrets, 'TheCode12345', 'secret=', 'code='].some((secret) => text.includes(secret)));
  },

  'a body that is larger than what Lambda takes': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      await sdk.call('media/upload', { method: 'POST', body: Buffer.alloc(4_500_000) });
      return brokenIf(arrived.length > 0);
    }),

  /** WeChat answers 412 to it. */
  'a body without a length': (service) =>
    atWeChat(service, async (sdk, _, arrived) => {
      const headers = { 'transfer-encoding': 'chunked' };
      await sdk.call('media/upload', { method: 'POST', headers, body: Buffer.alloc(1000) });
      if (arrived[0]?.length !== 1000) throw new Error('It does not arrive.');
      return brokenIf(arrived[0].headers['content-length'] !== '1000');
    }),
} satisfies Record<string, Attack>;
