import { expect, test } from '@jest/globals';
import { create } from '../../functions/credentials/refresh-credentials.ts';
import { secretsOf, tablesOf } from '../../functions/parts.ts';
import { Accounts } from '../../shared/accounts/accounts.ts';
import type { CredentialKind } from '../../shared/credentials/credential.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { credentialKey } from '../../shared/credentials/read-credential.ts';
import { sweep } from '../../shared/credentials/sweep.ts';
import type { Table } from '../../shared/platform/table.ts';
import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { startKit } from '../kit/kit.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { until } from '../kit/until.ts';

/** A thousand take half a minute, most of it to set them up: KEYRING_ACCOUNTS=1000. */
const count = Number(process.env['KEYRING_ACCOUNTS'] ?? 40);

test('one sweep renews every account there is, and those whose WeChat call hangs keep none of the others waiting', async () => {
  const kit = await startKit({ tables: 'memory', followers: 1 });
  try {
    const { clock } = kit.runtime;
    const { credentials } = tablesOf(kit.runtime);
    const accounts = new Accounts(credentials);
    const store = new CredentialStore(credentials, 'access_token');
    const secrets = secretsOf(kit.runtime);
    const names = Array.from({ length: count }, (_, n) =>
      parseAppId(`wx${n.toString(16).padStart(16, '0')}`),
    );
    const register = async (account: AppId) => {
      await kit.control('accounts', { appid: account, secret: kit.secret });
      await secrets.put(account, { appSecret: kit.secret });
      await accounts.add({
        appId: account,
        name: account,
        mode: 'stable',
        allowedOrigins: [],
        mintBudget: 200,
        dailyLimits: {},
        createdAt: clock.now(),
      });
    };
    await Promise.all(names.map(register));
    const hanging = names.slice(0, 20);
    for (const appid of hanging) {
      await kit.control('faults', {
        path: '/cgi-bin/stable_token',
        appid,
        kind: 'hang',
        ms: 60_000,
        times: 10,
      });
    }
    const generations = async (of: readonly AppId[]) =>
      Promise.all(of.map(async (account) => (await store.read(account)).generation));

    const context = { invokedFunctionArn: 'credentials-refresh-credentials' };
    const report = await create(kit.runtime)({ kind: 'sweep' }, context as never);
    expect(report).toEqual({ accounts: count + 1, due: count });
    const others = names.slice(hanging.length);
    await until('all others have a token', async () => !(await generations(others)).includes(0));
    // All the others have their token while these still wait for WeChat.
    expect(await generations(hanging)).toEqual(hanging.map(() => 0));
  } finally {
    await kit.close();
  }
});

test('mints that a clock ahead counted for the next day in China are gone from what the metric has left', async () => {
  const { credentials } = memoryTables();
  const accounts = new Accounts(credentials);
  const appId = parseAppId('wx00000000000000aa');
  const account = { appId, name: appId, mode: 'stable' as const, createdAt: 0, dailyLimits: {} };
  await accounts.add({ ...account, allowedOrigins: [], mintBudget: 200 });
  const clock = standingClock();
  const day = chinaDay(clock.now() + 86_400);
  await credentials.put({ ...credentialKey(appId, 'access_token'), mints: { day, count: 50 } });
  const measured: unknown[] = [];
  const put = (values: unknown) => void measured.push(values);
  const storeOf = (kind: CredentialKind) => new CredentialStore(credentials, kind);

  await sweep(
    {
      accounts,
      stores: {
        access_token: storeOf('access_token'),
        jsapi_ticket: storeOf('jsapi_ticket'),
        wx_card_ticket: storeOf('wx_card_ticket'),
      },
      clock,
      log: { info: put, warn: put, error: put },
      metrics: { put },
    },
    () => Promise.resolve(),
  );

  expect(measured).toContainEqual(expect.objectContaining({ MintBudgetLeft: 75 }));
});

test('a sweep that cannot read one account sees to the others, counts it, and says which it was', async () => {
  const { credentials } = memoryTables();
  const accounts = new Accounts(credentials);
  const readable = parseAppId('wx00000000000000aa');
  const unreadable = parseAppId('wx00000000000000ff');
  for (const appId of [unreadable, readable]) {
    const about = { appId, name: appId, mode: 'stable' as const, createdAt: 0 };
    await accounts.add({ ...about, allowedOrigins: [], mintBudget: 200, dailyLimits: {} });
  }
  const get: Table['get'] = (key, attributes) =>
    key['appId'] === unreadable
      ? Promise.reject(new RangeError('far too far'))
      : credentials.get(key, attributes);
  const storeOf = (kind: CredentialKind) => new CredentialStore({ ...credentials, get }, kind);
  const measured: unknown[] = [];
  const logged: unknown[] = [];
  const note = (...line: unknown[]) => void logged.push(line);
  const swept: string[] = [];

  await sweep(
    {
      accounts,
      stores: {
        access_token: storeOf('access_token'),
        jsapi_ticket: storeOf('jsapi_ticket'),
        wx_card_ticket: storeOf('wx_card_ticket'),
      },
      clock: standingClock(),
      log: { info: note, warn: note, error: note },
      metrics: { put: (values) => void measured.push(values) },
    },
    (_kind, account) => Promise.resolve(void swept.push(account)),
  );

  expect(swept).toEqual([readable]);
  expect(measured).toContainEqual({ Sweeps: 1, AccountsFailing: 1, AccountsMissed: 1 });
  const about = { account: unreadable, error: 'RangeError' };
  expect(logged).toContainEqual(['The sweep could not see to an account.', about]);
});
