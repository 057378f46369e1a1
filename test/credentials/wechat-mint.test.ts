import { expect, test } from '@jest/globals';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { mintFrom, type Mint, type MintOptions } from '../../shared/credentials/mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { accessTokenMint, ticketMint } from '../../shared/credentials/wechat-mint.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import type { SendOptions } from '../../shared/wechat/client.ts';
import { account, minted, Scene, silent, start } from '../model/scene.ts';

const options: MintOptions = { force: false, byHand: false, until: start + 10 };

/** A meter with a WeChat that notes what it is sent, and the same parts on the scene's table. */
function noting(scene: Scene, answer: unknown) {
  const sent: { api: string; query: unknown; body: unknown; until: number | undefined }[] = [];
  const wechat = {
    send: <T>({ api, query, body, parse }: WeChatCall<T>, { until }: SendOptions = {}) => {
      sent.push({ api, query, body, until });
      return Promise.resolve(parse(answer));
    },
  };
  const meter = new UsageMeter(wechat, new UsageStore(scene.table), scene.clock, silent);
  const secrets = new SecretStore(
    () => Promise.resolve({ SecretString: '{"appSecret":"s3cret"}' }),
    'test/',
    scene.clock,
  );
  return { sent, meter, secrets };
}

const token = { access_token: 'a-token', expires_in: 7200 };

test('a classic account asks for a token', async () => {
  const { sent, meter, secrets } = noting(new Scene(), token);
  expect(await accessTokenMint(meter, secrets)(account, options)).toEqual({
    value: 'a-token',
    expiresIn: 7200,
  });
  expect(sent).toEqual([
    {
      api: '/cgi-bin/token',
      query: { grant_type: 'client_credential', appid: account.appId, secret: 's3cret' },
      body: undefined,
      until: start + 10,
    },
  ]);
});

test.each([true, false])('a stable account asks for the stable token, by force: %s', async (force) => {
  const { sent, meter, secrets } = noting(new Scene(), token);
  await accessTokenMint(meter, secrets)({ ...account, mode: 'stable' }, { ...options, force });
  expect(sent).toMatchObject([
    { api: '/cgi-bin/stable_token', body: { force_refresh: force, secret: 's3cret' }, until: start + 10 },
  ]);
});

test('what is taken for used up holds up nobody but a person', async () => {
  const { sent, meter, secrets } = noting(new Scene(), token);
  const limited = { ...account, dailyLimits: { '/cgi-bin/token': 0 } };
  const mint = accessTokenMint(meter, secrets);
  await expect(mint(limited, options)).rejects.toMatchObject({ code: 'wechat_quota' });
  await mint(limited, { ...options, byHand: true });
  expect(sent).toHaveLength(1);
});

test.each([
  ['jsapi_ticket', 'jsapi'],
  ['wx_card_ticket', 'wx_card'],
] as const)('a %s is got with the token, and names its generation', async (kind, type) => {
  const { scene, of } = await minted();
  const { sent, meter } = noting(scene, { errcode: 0, errmsg: 'ok', ticket: 't', expires_in: 7000 });
  const reader = new CredentialReader({
    store: new CredentialStore(scene.table, 'access_token'),
    clock: scene.clock,
    requestRefresh: () => Promise.reject(new Error('There is a token.')),
  });
  const mint = ticketMint(new AccountCalls(reader, meter), kind);
  expect(await mint(of, options)).toEqual({ value: 't', expiresIn: 7000, tokenGeneration: 1 });
  expect(sent).toEqual([
    {
      api: '/cgi-bin/ticket/getticket',
      query: { access_token: 'value-1', type },
      body: undefined,
      until: start + 10,
    },
  ]);
  const limited = { ...of, dailyLimits: { '/cgi-bin/ticket/getticket': 0 } };
  await expect(mint(limited, options)).rejects.toMatchObject({ code: 'wechat_quota' });
  await mint(limited, { ...options, byHand: true });
  expect(sent).toHaveLength(2);
});

test('a borrowed account asks its lender, and no other does', async () => {
  const from =
    (value: string): Mint =>
    () =>
      Promise.resolve({ value, expiresIn: 1 });
  const mint = mintFrom({ wechat: from('of WeChat'), lender: from('lent') });
  expect(await mint(account, options)).toMatchObject({ value: 'of WeChat' });
  expect(await mint({ ...account, lender: 'https://lender.example.com' }, options)).toMatchObject({
    value: 'lent',
  });
});
