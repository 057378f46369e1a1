import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accountsOf, grantsOf, grantStoreOf, tablesOf, wechatOf } from '../../functions/parts.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { checkUserToken, exchangeCode } from '../../shared/wechat/authorization.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
});
afterAll(() => kit.close());

test('1,000 calls in the name of one user, in ten processes at once, make one refresh of the expired token', async () => {
  const tables = tablesOf(kit.runtime);
  const account = await accountsOf(kit.runtime, tables).find('default');
  const { openid } = (await kit.control('users', { appid: kit.account })) as { openid: string };
  const location = await kit.consent(
    `https://x/?appid=${kit.account}&redirect_uri=https://x/&scope=snsapi_base&state=s`,
    openid,
  );
  const code = new URL(location).searchParams.get('code') ?? '';
  const wechat = wechatOf(kit.runtime);
  const exchanged = await wechat.send(exchangeCode({ appId: kit.account, secret: kit.secret, code }));
  const exchangedAt = kit.clock.now();
  const about = { exchangedAt, profile: undefined, unionid: undefined, session: 'session' };
  await grantsOf(kit.runtime, tables, wechat).put(kit.account, exchanged, about);
  await kit.clock.advance(7200);
  await kit.control('calls', undefined, 'DELETE');

  const processes = Array.from({ length: 10 }, () => {
    const runtime: Runtime = { ...kit.runtime };
    return grantsOf(runtime, tablesOf(runtime), wechatOf(runtime));
  });
  const calls = processes.flatMap((grants) =>
    Array.from({ length: 100 }, () =>
      grants.callAs(account, openid, (token) => checkUserToken(token, { openid })),
    ),
  );
  expect(new Set(await Promise.all(calls))).toEqual(new Set([true]));
  expect(await kit.callsTo('/sns/oauth2/refresh_token')).toBe(1);
  expect(await kit.callsTo('/sns/auth')).toBe(1000);
  expect(await grantStoreOf(kit.runtime, tables).read(kit.account, openid)).toMatchObject({
    generation: 2,
    accessTokenExpiresAt: expect.any(Number),
  });
});
