import { describe, expect, test } from '@jest/globals';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { isUsable, type Need } from '../../shared/credentials/credential.ts';
import { LenderError } from '../../shared/credentials/lender-mint.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import {
  accepts,
  answered,
  failing,
  manual,
  minted,
  rejects,
  saysNothing,
  unreachable,
} from '../model/scene.ts';

const reported: Need = { reason: 'rejected', generation: 1 };
const missing: Need = { reason: 'missing' };
const lost = failing(unreachable);

describe('a borrowed token that WeChat cannot be asked about', () => {
  async function borrowed() {
    const { scene, of } = await minted('stable');
    return { scene, of: { ...of, lender: 'https://lender.example' } };
  }

  test('stays in use while its lender is left alone after a failure', async () => {
    const { scene, of } = await borrowed();
    const mint = failing(() => new LenderError('lender_unreachable', 'gone', 'look'));
    const keeper = scene.keeper({ check: saysNothing, mint });
    await keeper.refresh(of, reported);
    await keeper.refresh(of, reported);
    expect(isUsable(await scene.read(), scene.now)).toBe(true);
  });

  test('is asked for once for all who report it at the same time', async () => {
    const { scene, of } = await borrowed();
    let asked = 0;
    const mint: Mint = () => {
      asked += 1;
      return Promise.resolve({ value: 'value-1', expiresIn: 7000 });
    };
    await Promise.all(
      Array.from({ length: 30 }, () => scene.keeper({ check: saysNothing, mint }).refresh(of, reported)),
    );
    expect(asked).toBeLessThanOrEqual(2);
  });
});

describe('a value in doubt that WeChat accepts', () => {
  test('stays in use while it is believed that the quota is used up', async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: lost }).refresh(of, manual);
    await scene.keeper({ mint: lost }).refresh(of, manual);
    scene.now += 300;
    const mint = failing(() => new KeyringError('wechat_quota', undefined, { retryAfter: 600 }));
    const outcome = await scene.keeper({ check: accepts, mint }).refresh(of, missing);
    expect(outcome).toMatchObject({ state: 'usable' });
  });

  test('is handed out when the budget of the day is spent', async () => {
    const { scene, of } = await minted();
    const few = { ...of, mintBudget: 2 };
    await scene.keeper({ mint: lost }).refresh(few, manual);
    scene.now += 250;
    for (let round = 0; round < 3; round++) {
      scene.now += 600;
      expect(await scene.keeper({ check: accepts }).refresh(few, missing)).toMatchObject({ state: 'usable' });
    }
  });

  test('and that no mint can have replaced is trusted as long as before', async () => {
    const { scene, of } = await minted('stable');
    const classic = { ...of, mode: 'classic' as const };
    await scene.keeper({ mint: lost }).refresh(classic, manual);
    await scene.keeper({ check: accepts, mint: failing(() => answered(-1)) }).refresh(classic, manual);
    scene.now += 60;
    await scene.keeper({ mint: lost }).refresh(classic, missing);
    expect(isUsable(await scene.read(), scene.now)).toBe(true);
  });
});

describe('a rejected value, with the budget of the day spent,', () => {
  test.each([
    ['is handed out again within ten minutes once WeChat accepts it', accepts, 'usable'],
    ['is not while WeChat goes on rejecting it', rejects, 'unavailable'],
  ])('%s', async (_, check, state) => {
    const { scene, of } = await minted();
    const few = { ...of, mintBudget: 1 };
    await scene.keeper({ check: rejects }).refresh(few, reported);
    scene.now += 600;
    expect(await scene.keeper({ check }).refresh(few, missing)).toMatchObject({ state });
    scene.now += 1200;
    expect(await scene.keeper({ check }).refresh(few, missing)).toMatchObject({ state });
    expect(scene.mints).toHaveLength(1);
  });
});

test('an alarm that rang while a report was being checked rings once', async () => {
  const { scene, of } = await minted('stable');
  const mint = failing(() => answered(40164));
  const store = new CredentialStore(scene.table, 'access_token');
  const alarms = {
    raise: async (_: unknown, failure: (typeof scene.raised)[number]) => {
      scene.raised.push(failure);
      const { now } = scene;
      const lease = await store.acquire(of.appId, await scene.read(), { now, until: now + 20 });
      const { sleep } = scene.clock;
      scene.clock.sleep = async (seconds) => {
        await sleep(seconds);
        if (lease && scene.now - now > 2) await store.release(lease, {});
      };
    },
  };
  for (let round = 0; round < 3; round++) {
    await scene.keeper({ alarms, mint }).refresh(of, manual);
    scene.now += 30;
  }
  expect(scene.raised).toHaveLength(1);
});
