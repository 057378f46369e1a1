import { describe, expect, test } from '@jest/globals';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { isUsable, type Need } from '../../shared/credentials/credential.ts';
import { LenderError } from '../../shared/credentials/lender-mint.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { answered, manual, minted, saysNothing } from '../model/scene.ts';

const reported: Need = { reason: 'rejected', generation: 1 };
const failing =
  (error: () => Error): Mint =>
  () =>
    Promise.reject(error());

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
