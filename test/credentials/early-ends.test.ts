import { expect, test } from '@jest/globals';
import { rememberedEarlyEnds } from '../../shared/credentials/early-ends.ts';
import type { Need } from '../../shared/credentials/credential.ts';
import type { KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import {
  account,
  accepts,
  answered,
  failing,
  manual,
  minted,
  rejects,
  saysNothing,
  unreachable,
} from '../model/scene.ts';

const reported = (generation: number): Need => ({ reason: 'rejected', generation });
const refused = failing(() => answered(40164));

/** A token that was minted an hour ago, and who is told when it has ended early. */
async function anHourOld(mode: 'stable' | 'classic' = 'stable') {
  const { scene, of } = await minted(mode);
  scene.now += 3600;
  const told: string[] = [];
  const keeper = (options: Partial<KeeperOptions> = {}) =>
    scene.keeper({ onEarlyEnd: ({ appId }) => told.push(appId), ...options });
  const ends = async () => (await scene.read()).earlyEnds;
  return { scene, of, told, keeper, ends };
}

test('that a token has ended before its time is on record, and told once', async () => {
  const { scene, of, told, keeper, ends } = await anHourOld();
  await keeper({ check: rejects }).refresh(of, reported(1));
  expect(await ends()).toEqual([scene.now]);
  expect(told).toEqual([account.appId]);
});

test('one that is found by a process that dies over the next mint is on record, too', async () => {
  const { scene, of, keeper, ends } = await anHourOld();
  await new Promise<void>((resolve) => {
    const dies: Mint = () => {
      resolve();
      return new Promise<never>(() => undefined);
    };
    void keeper({ check: rejects, mint: dies }).refresh(of, reported(1));
  });
  expect(await ends()).toEqual([scene.now]);
});

test('each token that ends so has a time of its own', async () => {
  const { scene, of, keeper, ends } = await anHourOld();
  await keeper({ check: rejects }).refresh(of, reported(1));
  const first = scene.now;
  scene.now += 3600;
  await keeper({ check: rejects }).refresh(of, reported(2));
  expect(await ends()).toEqual([first, scene.now]);
});

test('one that is reported again and again, as it cannot be replaced, counts once', async () => {
  const { scene, of, told, keeper, ends } = await anHourOld();
  const found = scene.now;
  for (let report = 0; report < 5; report += 1) {
    await keeper({ check: rejects, mint: refused }).refresh(of, reported(1));
    scene.now += 700;
  }
  expect(await ends()).toEqual([found]);
  expect(told).toHaveLength(1);
});

test('one that is found while nothing new may be asked for counts, too', async () => {
  const { scene, of, keeper, ends } = await anHourOld();
  for (let round = 0; round < 5; round += 1) await keeper({ mint: refused }).refresh(of, manual);
  await keeper({ check: rejects, mint: refused }).refresh(of, reported(1));
  expect(await ends()).toEqual([scene.now]);
});

test('one that is found when the mints of the day are used up counts, too', async () => {
  const { scene, of, keeper, ends } = await anHourOld();
  await keeper({ check: rejects }).refresh({ ...of, mintBudget: 0 }, reported(1));
  expect(await ends()).toEqual([scene.now]);
});

test.each([
  ['accepts', accepts],
  ['cannot be asked about', saysNothing],
])('a reported token that WeChat %s has not ended', async (_, check) => {
  const { of, told, keeper, ends } = await anHourOld();
  await keeper({ check }).refresh(of, reported(1));
  expect(await ends()).toBeUndefined();
  expect(told).toEqual([]);
});

test('a token that a mint of the service without an answer may have ended tells nothing of others', async () => {
  const { of, told, keeper, ends } = await anHourOld('classic');
  await keeper({ mint: failing(unreachable) }).refresh(of, manual);
  await keeper({ check: rejects }).refresh(of, reported(1));
  expect(await ends()).toBeUndefined();
  expect(told).toEqual([]);
});

test('a borrowed token tells nothing of others: its lender knows', async () => {
  const { of, told, keeper, ends } = await anHourOld();
  const borrowed = { ...of, lender: 'https://keyring.example.com' };
  await keeper({ check: rejects }).refresh(borrowed, reported(1));
  expect(await ends()).toBeUndefined();
  expect(told).toEqual([]);
});

test('the last ten are remembered', async () => {
  const { scene, of, keeper, ends } = await anHourOld();
  const found: number[] = [];
  for (let generation = 1; generation <= rememberedEarlyEnds + 2; generation += 1) {
    await keeper({ check: rejects }).refresh(of, reported(generation));
    found.push(scene.now);
    scene.now += 3600;
  }
  expect(await ends()).toEqual(found.slice(2));
});
