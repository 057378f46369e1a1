import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { serviceOf, type Service } from '../../bench/service.ts';
import { meterOf, readerOf, tablesOf, wechatOf } from '../../functions/parts.ts';
import type { Account } from '../../shared/accounts/accounts.ts';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { leaseSeconds } from '../../shared/credentials/timing.ts';
import { ticketMint } from '../../shared/credentials/wechat-mint.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
import { passOn } from '../../shared/wechat/pass-on.ts';
import type { PassedAnswer } from '../../shared/wechat/passed-call.ts';
import type { GlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
let service: Service;
let account: Account;

/** Waiting takes no time here: it moves the clock. */
function withoutWaiting({ runtime, clock }: Kit) {
  let waited = 0;
  return {
    ...runtime,
    clock: {
      now: () => clock.now() + Math.floor(waited),
      sleep: (seconds: number) => {
        waited += seconds;
        return Promise.resolve();
      },
    },
  };
}

beforeEach(async () => {
  kit = await startKit({ mode: 'classic', tables: 'memory' });
  service = serviceOf(withoutWaiting(kit));
  account = await service.account(kit.account);
});
afterEach(() => kit.close());

const revoke = () => kit.control('revoke', { appid: kit.account, what: 'access_token' });

test('a call gets through when both the token it remembers and the present one have been revoked', async () => {
  const calls = service.newCalls();
  const { generation: remembered } = await calls.sendWith(account, getApiDomainIp);
  await service.refresh(kit.account, { reason: 'manual' });
  await revoke();
  await kit.control('calls', undefined, 'DELETE');

  const { generation } = await calls.sendWith(account, getApiDomainIp);

  expect(generation).toBe(remembered + 2);
  expect(await kit.callsTo('/cgi-bin/token')).toBe(1);
});

test('a call that WeChat goes on rejecting, with another token too, fails after one refresh', async () => {
  const calls = service.newCalls();
  await calls.send(account, getApiDomainIp);
  await kit.control('calls', undefined, 'DELETE');
  await kit.control('faults', {
    path: '/cgi-bin/get_api_domain_ip',
    kind: 'errcode',
    errcode: 40001,
    times: 9,
  });

  await expect(calls.send(account, getApiDomainIp)).rejects.toMatchObject({ code: 'wechat_token_rejected' });
  expect(await kit.callsTo('/cgi-bin/token')).toBe(1);
  // The call, the check, and the call with the new token.
  expect(await kit.callsTo('/cgi-bin/get_api_domain_ip')).toBe(3);
});

test('a call that waits for a process that has crashed during its mint gets the token of the next one', async () => {
  const store = new CredentialStore(tablesOf(kit.runtime).credentials, 'access_token');
  const seen = await store.read(kit.account);
  const now = kit.clock.now();
  const lease = await store.acquire(kit.account, seen, { now, until: now + leaseSeconds });
  if (lease) await store.begin(lease, { usableUntil: now, unsettledSince: now, refreshAt: now });

  const { generation } = await service.newCalls().sendWith(account, getApiDomainIp);

  expect(generation).toBe(seen.generation + 1);
});

test('a call that fails for another reason than its token is told as it is, and no token is replaced', async () => {
  const calls = service.newCalls();
  await calls.sendWith(account, getApiDomainIp);
  await kit.control('faults', {
    path: '/cgi-bin/get_api_domain_ip',
    kind: 'errcode',
    errcode: 45009,
    times: 1,
  });
  await expect(calls.sendWith(account, getApiDomainIp)).rejects.toMatchObject({ errcode: 45009 });
  expect(await kit.callsTo('/cgi-bin/token')).toBe(1);
});

test('a ticket tells the generation of the token that it was got with', async () => {
  const calls = service.newCalls();
  const { generation } = await calls.sendWith(account, getApiDomainIp);
  const mint = ticketMint(calls, 'jsapi_ticket');
  const options = { force: false, byHand: false, until: kit.clock.now() + 60 };
  const { value, expiresIn, tokenGeneration } = await mint(account, options);
  expect(value).not.toBe('');
  expect({ expiresIn, tokenGeneration }).toEqual({ expiresIn: 7200, tokenGeneration: generation });
});

test('a stray 40001 costs a request for followers a check', async () => {
  await kit.control('calls', undefined, 'DELETE');
  await kit.control('faults', { path: '/cgi-bin/user/get', kind: 'errcode', errcode: 40001, times: 1 });
  expect((await kit.call('listFollowers', { key: kit.apiKey })).status).toBe(200);
  expect(await kit.callsTo('/cgi-bin/get_api_domain_ip')).toBe(1);
  expect(await kit.callsTo('/cgi-bin/token')).toBe(0);
});

function passingCalls(): AccountCalls {
  const { runtime } = kit;
  const tables = tablesOf(runtime);
  const wechat = wechatOf(runtime, { attempts: 1, passOn });
  return new AccountCalls(readerOf(runtime, tables, 'access_token'), meterOf(runtime, tables, wechat));
}

/** A call of a back end's, as it is passed on. */
const passed = (token: GlobalAccessToken) => ({
  api: '/cgi-bin/get_api_domain_ip',
  method: 'GET' as const,
  idempotent: false as const,
  secrets: [token],
  target: `/cgi-bin/get_api_domain_ip?access_token=${token}`,
  headers: {},
  body: new Uint8Array(),
  read: ({ status }: PassedAnswer) => status,
});
const rejectOnce = () =>
  kit.control('faults', { path: '/cgi-bin/get_api_domain_ip', kind: 'errcode', errcode: 40001, times: 1 });

test('whoever passes a call on is told that its token was rejected, and that WeChat accepts it after all', async () => {
  const calls = passingCalls();
  const told: string[] = [];
  await rejectOnce();
  const status = await calls.pass(account, passed, {
    onRejected: () => void told.push('rejected'),
    onRefuted: () => void told.push('refuted'),
  });
  expect({ status, told }).toEqual({ status: 200, told: ['rejected', 'refuted'] });
});

test('a call that must not have its token checked is told the rejection as it came', async () => {
  const calls = passingCalls();
  await calls.send(account, getApiDomainIp);
  const before = await kit.callsTo('/cgi-bin/get_api_domain_ip');
  await rejectOnce();
  const passing = calls.pass(account, passed, { mayCheck: () => false });
  await expect(passing).rejects.toMatchObject({ code: 'wechat_token_rejected', answer: { status: 200 } });
  expect(await kit.callsTo('/cgi-bin/get_api_domain_ip')).toBe(before + 1);
});

test('a call whose token has been replaced meanwhile is sent with that, be it checked or not', async () => {
  const calls = passingCalls();
  await calls.send(account, getApiDomainIp);
  await revoke();
  await service.refresh(kit.account, { reason: 'manual' });
  expect(await calls.pass(account, passed, { mayCheck: () => false })).toBe(200);
});
