import { expect, test } from '@jest/globals';
import { create } from '../../functions/credentials/refresh-credentials.ts';
import { secretsOf, tablesOf } from '../../functions/parts.ts';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { type AppId, parseAppId } from '../../shared/wechat/tokens.ts';
import { startKit } from '../kit/kit.ts';
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
