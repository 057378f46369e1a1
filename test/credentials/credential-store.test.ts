import { describe, expect, test } from '@jest/globals';
import { CredentialStore, credentialStores } from '../../shared/credentials/credential-store.ts';
import { credentialKinds } from '../../shared/credentials/credential.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';

const appId = parseAppId('wx0123456789abcdef');

test('how a credential is can be read without its value', async () => {
  const { credentials } = memoryTables();
  const store = new CredentialStore(credentials, 'access_token');
  expect(await store.readState(appId)).toEqual({ generation: 0 });
  const failure = { code: 'c', message: 'm', advice: 'a', at: 5, retryAt: 9, count: 1, needsPerson: true };
  await credentials.put({
    appId,
    kind: 'access_token',
    revision: 1,
    generation: 1,
    value: 'v',
    failure,
  });
  expect(await store.readState(appId)).toEqual({ generation: 1, failure });
});

describe('of a credential that somebody has seen', () => {
  const now = 1_800_000_000;
  const until = now + 20;

  async function start() {
    const store = new CredentialStore(memoryTables().credentials, 'access_token');
    const lease = await store.acquire(appId, await store.read(appId), { now, until });
    if (!lease) throw new Error('The lease was not free.');
    return { store, lease };
  }

  test('the lease is not taken while another has it, unless that has been watched to its end', async () => {
    const { store } = await start();
    const seen = await store.read(appId);
    expect(await store.acquire(appId, seen, { now, until })).toBeUndefined();
    expect(await store.acquire(appId, seen, { now, until, hasRunOut: true })).toBeDefined();
  });

  test('the lease is not taken after a change', async () => {
    const { store, lease } = await start();
    const seen = await store.read(appId);
    await store.release(lease, {});
    expect(await store.acquire(appId, seen, { now, until })).toBeUndefined();
    expect(await store.acquire(appId, { ...seen, revision: 0 }, { now, until })).toBeUndefined();
  });

  test('nothing is written while another has the lease, unless it is taken away', async () => {
    const { store } = await start();
    const seen = await store.read(appId);
    expect(await store.amend(appId, seen, { unsettledSince: now }, { now })).toBe(false);
    expect(await store.amend(appId, seen, { unsettledSince: now }, { now, evenIfHeld: true })).toBe(true);
    expect(await store.read(appId)).toEqual({ revision: 2, generation: 0, unsettledSince: now });
  });

  test('every transition counts one more', async () => {
    const { store, lease } = await start();
    expect((await store.read(appId)).revision).toBe(1);
    const begun = await store.begin(lease, { attempts: 1 });
    expect(await store.read(appId)).toMatchObject({ revision: 2, attempts: 1, leaseUntil: until });
    expect(await store.release(begun ?? lease, { set: { generation: 1 }, remove: ['attempts'] })).toBe(true);
    const left = await store.read(appId);
    expect(left).toEqual({ revision: 3, generation: 1, releasedBy: lease.owner });
    await store.amend(appId, left, { checks: 1 }, { now });
    expect((await store.read(appId)).revision).toBe(4);
  });

  test('who has lost the lease writes nothing', async () => {
    const { store, lease } = await start();
    await store.amend(appId, await store.read(appId), {}, { now, evenIfHeld: true });
    expect(await store.begin(lease, { attempts: 1 })).toBeUndefined();
    expect(await store.release(lease, { set: { generation: 1 } })).toBe(false);
    expect(await store.read(appId)).toEqual({ revision: 2, generation: 0 });
  });
});

test('each kind has a record of its own', async () => {
  const { credentials } = memoryTables();
  const stores = credentialStores(credentials);
  for (const kind of credentialKinds) {
    await stores[kind].acquire(appId, await stores[kind].read(appId), { now: 1, until: 2 });
    expect(await credentials.get({ appId, kind })).toMatchObject({ revision: 1 });
  }
  await stores.jsapi_ticket.forget(appId);
  expect((await stores.jsapi_ticket.read(appId)).revision).toBe(0);
  expect((await stores.access_token.read(appId)).revision).toBe(1);
});
