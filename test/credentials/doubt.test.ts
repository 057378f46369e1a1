import { describe, expect, test } from '@jest/globals';
import { SecretUnreadable } from '../../shared/accounts/secrets.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { isUsable, type Need } from '../../shared/credentials/credential.ts';
import type { KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import type { Verdict } from '../../shared/credentials/token-check.ts';
import { Platform } from '../model/platform.ts';
import {
  accepts,
  account,
  answered,
  failing,
  keeping,
  manual,
  minted,
  rejects,
  saysNothing,
  Scene,
  unreachable,
} from '../model/scene.ts';

const due: Need = { reason: 'due' };
const missing: Need = { reason: 'missing' };
const reported: Need = { reason: 'rejected', generation: 1 };
const lost = failing(unreachable);
const refused = failing(() => answered(40164));

/** A classic token that two mints without an answer may have replaced, 15 minutes and a half after the second. */
async function doubted() {
  const { scene, of } = await minted();
  await scene.keeper({ mint: lost }).refresh(of, manual);
  await scene.keeper({ mint: lost }).refresh(of, manual);
  scene.now += 930;
  return { scene, of };
}

/** Says what `says` says, and how often. */
function counting(says: () => Promise<Verdict>) {
  let checks = 0;
  const check = () => {
    checks += 1;
    return says();
  };
  return { check, sent: () => checks };
}

const usable = async (scene: Scene) => isUsable(await scene.read(), scene.now);

describe('a token that a mint without an answer may have replaced', () => {
  test('is trusted for a minute while its grace may run, and asked about again', async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: lost }).refresh(of, manual);
    scene.now += 250;
    await scene.keeper({ mint: refused, check: accepts }).refresh(of, missing);
    const { usableUntil, refreshAt } = await scene.read();
    expect({ usableUntil, refreshAt }).toEqual({ usableUntil: scene.now + 90, refreshAt: scene.now + 60 });
    expect(scene.booked.at(-1)).toBe(scene.now + 60);
  });

  test('is in doubt no more once WeChat accepts it after every grace', async () => {
    const { scene, of } = await doubted();
    await scene.keeper({ mint: refused, check: accepts }).refresh(of, missing);
    const stored = await scene.read();
    expect(stored).not.toHaveProperty('unsettledSince');
    expect(stored.usableUntil).toBe(stored.expiresAt);
    expect(stored.refreshAt).toBe(stored.failure?.retryAt);
  });

  test('is cut again by the next mint where it was accepted within its grace', async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: lost }).refresh(of, manual);
    await scene.keeper({ mint: refused, check: accepts }).refresh(of, manual);
    await scene.keeper({ mint: lost }).refresh(of, manual);
    expect(await usable(scene)).toBe(false);
  });

  test('is asked about within ten minutes, without a mint, while a person must act', async () => {
    const { scene, of } = await doubted();
    for (let round = 0; round < 5; round++) {
      await scene.keeper({ mint: refused, check: saysNothing }).refresh(of, manual);
    }
    scene.now += 600;
    let mints = 0;
    const mint: Mint = () => {
      mints += 1;
      return Promise.reject(answered(40164));
    };
    expect(await scene.keeper({ mint, check: accepts }).refresh(of, missing)).toMatchObject({
      state: 'usable',
    });
    expect(mints).toBe(0);
  });

  test('is asked about once for all who need it', async () => {
    const { scene, of } = await doubted();
    for (let round = 0; round < 5; round++) {
      await scene.keeper({ mint: refused, check: saysNothing }).refresh(of, manual);
    }
    scene.now += 600;
    const { check, sent } = counting(saysNothing);
    for (let round = 0; round < 5; round++) {
      await Promise.all([
        scene.keeper({ check }).refresh(of, missing),
        scene.keeper({ check }).refresh(of, due),
      ]);
    }
    expect(sent()).toBe(1);
    expect((await scene.read()).refreshAt).toBe(Math.floor(scene.now) + 600);
  });

  test('is asked about where the AppSecret cannot be read', async () => {
    const { scene, of } = await doubted();
    const mint = failing(() => new SecretUnreadable('gone'));
    const outcome = await scene.keeper({ mint, check: accepts }).refresh(of, missing);
    expect(outcome).toMatchObject({ state: 'usable' });
  });

  test('is not asked about after its end', async () => {
    const { scene, of } = await doubted();
    await scene.keeper({ mint: refused, check: saysNothing }).refresh(of, missing);
    scene.now += 7200;
    await scene.keeper({ mint: refused, check: accepts }).refresh(of, missing);
    const { check, sent } = counting(accepts);
    scene.now += 60;
    await scene.keeper({ mint: refused, check }).refresh(of, missing);
    expect(sent()).toBe(0);
  });

  test('whose report WeChat refutes within the grace stays in doubt, and in use', async () => {
    const { scene, of } = await minted();
    await scene.keeper({ mint: lost }).refresh(of, manual);
    await scene.keeper({ check: accepts }).refresh(of, reported);
    const stored = await scene.read();
    expect(stored.unsettledSince).toBe(scene.now);
    expect(isUsable(stored, scene.now)).toBe(true);
  });

  test('is never handed out for long after WeChat has let it die', async () => {
    const scene = new Scene();
    const platform = new Platform();
    const mint: Mint = () =>
      Promise.resolve(platform.ask(scene.now, { mode: 'classic', force: false, by: 'neighbour' }));
    const check = (_: unknown, value: string): Promise<Verdict> =>
      platform.accepts(value, scene.now) ? accepts() : rejects();
    const keeper = (options: Partial<KeeperOptions>) => scene.keeper({ check, ...options });
    await keeper({ mint }).refresh(account, manual);
    // WeChat makes a token and its answer is lost. After that it answers that it is busy.
    await keeper({
      mint: async (...given) => {
        await mint(...given);
        throw unreachable();
      },
    }).refresh(account, manual);
    const busy = keeper({ mint: failing(() => answered(-1)) });
    let deadFor = 0;
    for (let second = 0; second < 900; second++, scene.now += 1) {
      if (second % 10 === 0) await busy.refresh(account, second % 20 === 0 ? due : missing);
      const { value = '' } = await scene.read();
      if ((await usable(scene)) && !platform.accepts(value, scene.now)) deadFor += 1;
    }
    expect(deadFor).toBeLessThanOrEqual(60);
  });
});

describe('a token that WeChat rejected, with nothing else to be had,', () => {
  test('is asked about again within ten minutes, and handed out once it is accepted', async () => {
    const { scene, of } = await minted('stable');
    for (let round = 0; round < 5; round++) await scene.keeper({ mint: refused }).refresh(of, manual);
    await scene.keeper({ mint: refused, check: rejects }).refresh(of, reported);
    expect(await usable(scene)).toBe(false);
    scene.now += 600;
    expect(await scene.keeper({ mint: refused, check: accepts }).refresh(of, due)).toMatchObject({
      state: 'usable',
    });
    expect(await scene.read()).not.toHaveProperty('rejectedGeneration');
  });

  test('is asked about every ten minutes while WeChat rejects it', async () => {
    const { scene, of } = await minted('stable');
    for (let round = 0; round < 5; round++) await scene.keeper({ mint: refused }).refresh(of, manual);
    await scene.keeper({ mint: refused }).refresh(of, reported);
    scene.now += 600;
    await scene.keeper({ mint: refused }).refresh(of, due);
    const { refreshAt, failure } = await scene.read();
    expect(refreshAt).toBe(scene.now + 600);
    expect(failure?.retryAt).toBeGreaterThan(scene.now + 600);
    expect(scene.booked.at(-1)).toBe(scene.now + 600);
  });

  test('brings a person word at once where no force is left today', async () => {
    const { scene, of } = await minted('stable');
    const mint: Mint = (given, about, ...rest) =>
      about.force ? Promise.reject(answered(45009)) : keeping(scene, 'value-1')(given, about, ...rest);
    await scene.keeper({ mint }).refresh(of, reported);
    expect(scene.raised).toMatchObject([{ code: 'rejected_token_kept', needsPerson: true, count: 1 }]);
  });
});

test('a booking that runs early by a clock that is behind is made for a minute other than its own', async () => {
  const { scene, of } = await minted();
  const { refreshAt = 0 } = await scene.read();
  const bookedFor = refreshAt + 60;
  scene.now = bookedFor;
  await scene.keeper({ clock: scene.skewed(-200) }).refresh(of, { reason: 'due', bookedFor });
  expect(scene.booked.at(-1)).toBe(bookedFor + 60);
});

test('a proof that loses its lease is mint by its own hand once more', async () => {
  const { scene, of } = await minted('stable');
  let mine = 0;
  const mint: Mint = async (...given) => {
    mine += 1;
    if (mine === 1) {
      scene.now += 30;
      await scene.keeper().refresh(of, manual);
    }
    return scene.mint(...given);
  };
  await scene.keeper({ mint }).refresh(of, { reason: 'manual', isProof: true });
  expect(mine).toBe(2);
});

test('a refresh by hand is not done by a mint that never ended', async () => {
  const { scene, of } = await minted();
  const store = new CredentialStore(scene.table, 'access_token');
  let isFirst = true;
  // Another one begins a mint while this one waits for its lease, and loses it to somebody who settles another.
  const clock = {
    now: () => scene.clock.now(),
    sleep: async (seconds: number) => {
      if (isFirst) {
        isFirst = false;
        const lease = await store.acquire(of.appId, await scene.read(), {
          now: scene.now + 60,
          until: scene.now + 80,
        });
        if (lease) await store.begin(lease, { attempts: 2 });
        await store.amend(of.appId, await scene.read(), {}, { now: scene.now, evenIfHeld: true });
      }
      await scene.clock.sleep(seconds);
    },
  };
  const held = await store.acquire(of.appId, await scene.read(), { now: scene.now, until: scene.now + 20 });
  expect(held).toBeDefined();
  await scene.keeper({ clock }).refresh(of, manual);
  expect(scene.mints).toHaveLength(2);
});

test('a failure is answered, measured and told though the record cannot be read after it', async () => {
  const { scene, of } = await minted('stable');
  let isRecorded = false;
  const table = {
    ...scene.table,
    update: async (...given: Parameters<typeof scene.table.update>) => {
      const held = await scene.table.update(...given);
      if (given[1].set?.['failure'] !== undefined) isRecorded = true;
      return held;
    },
    get: (...given: Parameters<typeof scene.table.get>) =>
      isRecorded ? Promise.reject(new Error('throttled')) : scene.table.get(...given),
  };
  const measured: string[] = [];
  const outcome = await scene
    .keeper({ table, mint: refused, onFailure: (_, { code }) => void measured.push(code) })
    .refresh(of, manual);
  expect(outcome).toEqual({ state: 'usable', generation: 1 });
  expect(measured).toEqual(['wechat_ip_not_allowed']);
  expect(scene.raised).toHaveLength(1);
});
