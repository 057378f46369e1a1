import { tablesOf } from '../../functions/parts.ts';
import { readCredential } from '../../shared/credentials/read-credential.ts';
import { Browser } from './browser.ts';
import { redirectTricks } from './login-attacks.ts';
import { brokenIf, command, newAccount, newUser, other, type Attack, type Service } from './scene.ts';

type Answers = Promise<{ readonly status: number }>[];

/** Whether one of them got what it asked for. A server that fails at it has not refused: that throws. */
async function anyOf(answers: Answers): Promise<'held' | 'broken'> {
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  if (statuses.some((status) => status >= 500)) throw new Error(`Answered ${statuses.join()}.`);
  return brokenIf(statuses.includes(200));
}

function withoutAuthorizer(service: Service, context?: unknown): Answers {
  const path = { account: service.kit.account };
  return (['getToken', 'listFollowers', 'getUsage'] as const).map(async (route) => {
    const { statusCode = 0 } = await service.direct(route, { path }, context);
    return { status: statusCode };
  });
}

export const accessAttacks = {
  'a key of another account': async ({ kit, call }) => {
    const key = await kit.createKey({ scopes: ['token:read', 'followers:read'], accounts: [other] });
    return anyOf([
      call('getToken', { key }),
      call('getToken', { key, path: { account: kit.account } }),
      call('listFollowers', { key }),
    ]);
  },

  'a key without the scope': async ({ kit, call }) => {
    const key = await kit.createKey({ scopes: ['usage:read'], accounts: '*' });
    return anyOf([call('getToken', { key }), call('listFollowers', { key })]);
  },

  'a key that was never made': async ({ call }) =>
    anyOf(['', 'x', `wk_${'A'.repeat(43)}`, 'undefined', '*'].map((key) => call('getToken', { key }))),

  /** A route that somebody has set up without its authorizer, or an authorizer that answers something else. */
  'a request that no authorizer has seen': async (service) =>
    anyOf([
      ...withoutAuthorizer(service),
      ...withoutAuthorizer(service, {}),
      ...withoutAuthorizer(service, { scopes: 'token:read followers:read usage:read', accounts: '*' }),
    ]),

  'a key taken from the table': async ({ kit, call }) => {
    const stored = (await kit.items('credentials')).filter(({ appId }) => appId === 'api-keys');
    if (stored.length === 0) throw new Error('There are no keys.');
    return anyOf(stored.map(({ kind }) => call('getToken', { key: String(kind) })));
  },

  'a key that was revoked': async ({ kit, call }) => {
    const key = await kit.createKey({ scopes: ['token:read'], accounts: [kit.account] });
    if ((await call('getToken', { key })).status !== 200) throw new Error('The key opens nothing.');
    const { keys } = (await kit.admin({ command: 'key.list' })) as {
      keys: { keyId: string; accounts: unknown }[];
    };
    for (const { keyId, accounts } of keys) {
      if (accounts !== '*') await kit.admin({ command: 'key.revoke', keyId });
    }
    // The same process: it may remember the key for half a minute.
    await kit.clock.advance(31);
    return anyOf([call('getToken', { key })]);
  },

  /** The minute is over for which a process may remember the account as it was. */
  'a key of an account that was removed and registered again': async (service) => {
    const { account, again } = await newAccount(service);
    const made = await command(service, {
      command: 'key.create',
      name: 'theirs',
      scopes: ['token:read'],
      accounts: [account],
    });
    const request = { key: (made as { key: string }).key, path: { account } };
    if ((await service.call('getToken', request)).status !== 200) throw new Error('The key opens nothing.');
    await again();
    return anyOf([service.later(61).call('getToken', request)]);
  },

  'the wall without key and session': async ({ call }) =>
    anyOf([call('listAvatars'), call('listAvatars', { key: 'wk_x' })]),

  /** A page of elsewhere asks for a signature with which it may use the account's JS-SDK. */
  'a signature for a foreign page': async ({ call, kit }) => {
    for (const url of redirectTricks) {
      const { status } = await call('getJssdkConfig', { query: { url } });
      const page = URL.canParse(url) ? new URL(url) : undefined;
      if (status === 200 && page?.origin !== kit.origin) return 'broken';
    }
    const fine = await call('getJssdkConfig', { query: { url: `${kit.origin}/page` } });
    if (fine.status !== 200) throw new Error('The right page gets none either.');
    return 'held';
  },

  /** Whatever a browser gets, the user can read: no token of WeChat and no ticket may be in it. */
  'a token in an answer to a browser': async (service) => {
    const { call, kit } = service;
    const browser = new Browser(service);
    const openid = await newUser(service);
    const { body } = await call('getTicket', { key: kit.apiKey, query: { type: 'jsapi' } });
    const { ticket } = body as { ticket: string };
    const answers = [
      await browser.request('authorize', { query: { return_to: `${kit.origin}/` } }),
      await browser.logIn(openid),
      await browser.request('getMe'),
      await browser.request('listAvatars'),
      await call('getJssdkConfig', { query: { url: `${kit.origin}/page` } }),
      await call('health'),
    ];
    if (answers.some(({ status }) => status >= 400)) throw new Error('One of them answers nothing.');
    const text = JSON.stringify(answers);
    return brokenIf(/84_[\w-]{80}/.test(text) || text.includes(ticket));
  },

  /** Whoever has WeChat's file served at the domain may claim it for an account of their own. */
  "a domain file of somebody else's": async ({ call }) =>
    anyOf(['MP_verify_EVIL123.txt', 'MP_verify_.txt'].map((file) => call('domainFile', { path: { file } }))),

  /** A holder of a key reports a token that works, to have all others' replaced. */
  'a good token reported as rejected': async (service) => {
    const { call, kit } = service;
    const key = await kit.createKey({ scopes: ['token:read'], accounts: '*' });
    const token = async () =>
      ((await call('getToken', { key })).body as { access_token: string }).access_token;
    const before = await token();
    await call('reportToken', { key, body: { access_token: before } });
    await call('reportToken', { key, body: { access_token: 'never-seen' } });
    // What the report comes to: the route has the refresh function see to it.
    const { credentials } = tablesOf(kit.runtime);
    const { generation } = await readCredential(credentials, 'access_token', kit.account);
    const need = { reason: 'rejected', generation };
    const about = { kind: 'refresh', credential: 'access_token', account: kit.account };
    await service.invoke('credentials/refresh-credentials', { ...about, need });
    return brokenIf((await token()) !== before);
  },
} satisfies Record<string, Attack>;
