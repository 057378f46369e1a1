import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { serviceOf, type Service } from '../../bench/service.ts';
import { tablesOf } from '../../functions/parts.ts';
import type { Account } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { leaseSeconds } from '../../shared/credentials/timing.ts';
import { ticketMint } from '../../shared/credentials/wechat-mint.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
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
