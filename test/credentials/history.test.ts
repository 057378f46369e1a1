import { expect, test } from '@jest/globals';
import type { Credential } from '../../shared/credentials/credential.ts';
import {
  credentialHistorySchema,
  historyOf,
  rememberedNotices,
  rememberedValues,
} from '../../shared/credentials/history.ts';
import { account, answered, failing, manual, minted, rejects, start } from '../model/scene.ts';

const history = (credential: Credential, now: number) => historyOf('access_token', credential, now);

test('a value that was renewed on time is told with why it was got, and what came after it', async () => {
  const { scene, of } = await minted('stable');
  expect(history(await scene.read(), scene.now)).toMatchObject({
    generation: 1,
    mintedFor: 'manual',
    former: [],
  });
  scene.now += 7000;
  await scene.keeper().refresh(of, { reason: 'due' });
  expect(history(await scene.read(), scene.now)).toMatchObject({
    generation: 2,
    mintedAt: scene.now,
    mintedFor: 'due',
    former: [{ generation: 1, mintedAt: start, mintedFor: 'manual', endedAt: scene.now, end: 'renewed' }],
  });
});

test('one that WeChat rejected ended when that was found, however long it took to get another', async () => {
  const { scene, of } = await minted('classic');
  const found = (scene.now += 3000);
  const reported = { reason: 'rejected', generation: 1 } as const;
  const refused = failing(() => answered(40164));
  await scene.keeper({ check: rejects, mint: refused }).refresh(of, reported);
  scene.now += 4000;
  await scene.keeper({ check: rejects }).refresh(of, manual);
  expect(history(await scene.read(), scene.now)).toMatchObject({
    mintedFor: 'manual',
    former: [{ generation: 1, endedAt: found, end: 'rejected' }],
  });
});

test('one that was not renewed in time ended with its life', async () => {
  const { scene, of } = await minted('stable');
  scene.now += 9000;
  await scene.keeper().refresh(of, { reason: 'missing' });
  expect(history(await scene.read(), scene.now).former).toMatchObject([
    { endedAt: start + 7200, end: 'expired' },
  ]);
});

test('what was got by force says so', async () => {
  const { scene, of } = await minted('stable');
  scene.now += 600;
  const kept = (await scene.read()).value ?? '';
  const keeper = scene.keeper({
    check: rejects,
    mint: (given, options) =>
      options.force ? scene.mint(given, options) : Promise.resolve({ value: kept, expiresIn: 6600 }),
  });
  await keeper.refresh(of, { reason: 'rejected', generation: 1 });
  expect(history(await scene.read(), scene.now)).toMatchObject({
    generation: 2,
    mintedFor: 'forced',
    forcedToday: 1,
    former: [{ end: 'rejected' }],
  });
});

test('no more is remembered than there is room for, and the whole is as small as a read of it costs', async () => {
  const { scene, of } = await minted('classic');
  const refused = failing(() => answered(40164));
  for (let round = 0; round < rememberedValues + 20; round += 1) {
    scene.now += 7000;
    await scene.keeper({ mint: refused }).refresh(of, manual);
    await scene.keeper().refresh(of, manual);
  }
  const stored = await scene.read();
  const { former, notices, generation } = history(stored, scene.now);
  expect([former.length, notices.length]).toEqual([rememberedValues, rememberedNotices]);
  expect(former.map((one) => one.generation)).toEqual(
    Array.from({ length: rememberedValues }, (_, nth) => generation - 1 - nth),
  );
  // A number takes at most a byte for each two digits and two more, and what is in a list one more.
  const bytes = (value: unknown): number =>
    Array.isArray(value)
      ? 3 + value.reduce<number>((sum, one) => sum + 1 + bytes(one), 0)
      : typeof value === 'number'
        ? Math.ceil(String(value).length / 2) + 2
        : String(value).length;
  expect(bytes(stored.former) + bytes(stored.notices)).toBeLessThan(2048);
});

test('what a person was told is remembered when it is over, with its code and time', async () => {
  const { scene, of } = await minted('stable');
  scene.now += 60;
  const at = scene.now;
  await scene.keeper({ mint: failing(() => answered(40164)) }).refresh(of, manual);
  scene.now += 60;
  await scene.keeper().refresh(of, manual);
  const { failure, notices } = history(await scene.read(), scene.now);
  expect([failure, notices]).toEqual([undefined, [{ at, code: 'wechat_ip_not_allowed' }]]);
});

test('no value is told, of this time or before', async () => {
  const { scene, of } = await minted('stable');
  for (let round = 0; round < 3; round += 1) {
    scene.now += 7000;
    await scene.keeper().refresh(of, { reason: 'due' });
  }
  const told = history(await scene.read(), scene.now);
  expect(credentialHistorySchema.parse(told)).toEqual(told);
  expect(JSON.stringify(told)).not.toContain('value-');
});

test('what another version has noted in a way that is not known is passed over', async () => {
  const { scene } = await minted('stable');
  const stored = await scene.read();
  const told = history(
    {
      ...stored,
      mintedFor: 'on a whim',
      former: [
        [1, start, 'due', start + 10, 'renewed'],
        { generation: 2 },
        [3, start, 'on a whim', start, 'renewed'],
      ],
      notices: ['?', [start, 'ip_not_allowed']],
    },
    start,
  );
  expect(told.mintedFor).toBeUndefined();
  expect(told.former.map(({ generation }) => generation)).toEqual([1]);
  expect(told.notices).toEqual([{ at: start, code: 'ip_not_allowed' }]);
});

test('a stable token has a window, in which WeChat hands out another', async () => {
  const { scene } = await minted('stable');
  expect(history(await scene.read(), scene.now)).toMatchObject({
    windowAt: start + 6900,
    expiresAt: start + 7200,
  });
  const classic = await minted('classic');
  expect(history(await classic.scene.read(), start).windowAt).toBeUndefined();
  expect(account.appId).toBe(classic.of.appId);
});
