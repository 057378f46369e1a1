import { beforeEach, describe, expect, test } from '@jest/globals';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { HandClock } from '../users/rig.ts';
import { memoryTables } from '../kit/memory-table.ts';

const one = parseAppId('wx0000000000000001');
const other = parseAppId('wx0000000000000002');

let clock: HandClock;
let deliveries: Deliveries;
let users: ReturnType<typeof memoryTables>['users'];
beforeEach(() => {
  clock = new HandClock();
  users = memoryTables().users;
  deliveries = new Deliveries(users, clock);
});

describe('a push', () => {
  const first = { id: 'push', delivery: 'first' };
  const second = { id: 'push', delivery: 'second' };

  test('is had by the first of its deliveries, as often as that one is tried', async () => {
    expect(await deliveries.claim(first)).toBe(true);
    expect(await deliveries.claim(second)).toBe(false);
    expect(await deliveries.claim(first)).toBe(true);
  });

  test('has nothing to do with another push', async () => {
    await deliveries.claim(first);
    expect(await deliveries.claim({ id: 'another', delivery: 'second' })).toBe(true);
  });

  test('is remembered for an hour to the second', async () => {
    await deliveries.claim(first);
    clock.time += 3599;
    expect(await deliveries.claim(second)).toBe(false);
    clock.time += 1;
    expect(await deliveries.claim(second)).toBe(true);
  });

  test('is remembered from the last try on', async () => {
    await deliveries.claim(first);
    clock.time += 1800;
    await deliveries.claim(first);
    clock.time += 3599;
    expect(await deliveries.claim(second)).toBe(false);
  });

  test('is remembered until its signature is over, where that is later', async () => {
    const signatureEnd = clock.time + 7200;
    await deliveries.claim({ ...first, signatureEnd });
    clock.time += 7199;
    expect(await deliveries.claim({ ...second, signatureEnd })).toBe(false);
    clock.time += 1;
    expect(await deliveries.claim({ ...second, signatureEnd })).toBe(true);
  });

  test('stands where the table’s schema says', async () => {
    await deliveries.claim(first);
    expect(await users.get({ pk: 'push#push', sk: 'push' })).toEqual({
      pk: 'push#push',
      sk: 'push',
      claim: 'first',
      removeAt: clock.time + 3600,
    });
  });
});

describe('a signature', () => {
  const signature = { signature: 's', end: 0 };

  test('is good for one body, as often as that comes', async () => {
    expect(await deliveries.claimSignature(signature, one, 'body')).toBe(true);
    expect(await deliveries.claimSignature(signature, one, 'other')).toBe(false);
    expect(await deliveries.claimSignature(signature, one, 'body')).toBe(true);
  });

  test('is good for one account, even if another has the same token', async () => {
    await deliveries.claimSignature(signature, one, 'body');
    expect(await deliveries.claimSignature(signature, other, 'body')).toBe(false);
  });

  test('of another push is another', async () => {
    await deliveries.claimSignature(signature, one, 'body');
    expect(await deliveries.claimSignature({ ...signature, signature: 't' }, one, 'other')).toBe(true);
  });

  test('is remembered for an hour, or until it is over where that is later', async () => {
    const lasting = { signature: 't', end: clock.time + 7200 };
    await deliveries.claimSignature(signature, one, 'body');
    await deliveries.claimSignature(lasting, one, 'body');
    clock.time += 3600;
    expect(await deliveries.claimSignature(signature, one, 'other')).toBe(true);
    expect(await deliveries.claimSignature(lasting, one, 'other')).toBe(false);
    clock.time += 3600;
    expect(await deliveries.claimSignature(lasting, one, 'other')).toBe(true);
  });

  test('is not taken for the id of a push', async () => {
    await deliveries.claimSignature(signature, one, 'body');
    const { createHash } = await import('node:crypto');
    const id = createHash('sha256').update('s').digest('hex');
    expect(await deliveries.claim({ id, delivery: 'first' })).toBe(true);
    expect(await deliveries.claimSignature(signature, one, 'other')).toBe(false);
  });
});
