import { expect, test } from '@jest/globals';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { answered, manual, minted } from '../model/scene.ts';

const failing =
  (error: () => Error): Mint =>
  () =>
    Promise.reject(error());

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
