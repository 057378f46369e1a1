import { credentialKey } from '../../shared/credentials/read-credential.ts';
import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../shared/accounts/accounts.ts';
import { CredentialStore, type CredentialLease } from '../../shared/credentials/credential-store.ts';
import type { Credential, Need } from '../../shared/credentials/credential.ts';
import type { KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import {
  accepts,
  account,
  answered,
  keeping,
  manual,
  minted,
  rejects,
  saysNothing,
  Scene,
  start,
  unreachable,
} from '../model/scene.ts';

const storeOf = (scene: Scene) => new CredentialStore(scene.table, 'access_token');

/** Somebody else takes the lease away, holds it for an hour, and leaves the record so. */
async function rob(scene: Scene, left: Partial<Credential>): Promise<void> {
  const store = storeOf(scene);
  const { now } = scene;
  await store.amend(account.appId, await scene.read(), left, { now, evenIfHeld: true });
  await store.acquire(account.appId, await scene.read(), { now, until: now + 3600 });
}

/** Somebody else takes the lease away and holds it for an hour. */
async function holds(scene: Scene): Promise<CredentialLease | undefined> {
  const { now } = scene;
  return storeOf(scene).acquire(account.appId, await scene.read(), {
    now,
    until: now + 3600,
    hasRunOut: true,
  });
}

/** Somebody else gives the lease back, and leaves the record so. */
async function giveBack(scene: Scene, left: Partial<Credential>): Promise<void> {
  const { now } = scene;
  await storeOf(scene).amend(account.appId, await scene.read(), left, { now, evenIfHeld: true });
}

describe('who has lost the lease', () => {
  test('to one that has lost it, too, has the value of the winner out of use at once: it may be two mints behind', async () => {
    const { scene, of } = await minted();
    const check = saysNothing;
    /** A mint that is sent when the next worker has taken its place; the answer is lost. The one after it is refused. */
    const overtaken = (next: () => Promise<unknown>): Mint => {
      let isFirst = true;
      return async () => {
        if (!isFirst) throw answered(40164);
        isFirst = false;
        scene.now += 21;
        await next();
        throw unreachable();
      };
    };
    const last = () => scene.keeper({ check }).refresh(of, manual);
    const second = () => scene.keeper({ check, mint: overtaken(last) }).refresh(of, manual);
    await scene.keeper({ check, mint: overtaken(second) }).refresh(of, manual);
    expect(await scene.read()).toMatchObject({ generation: 2, usableUntil: 0 });
  });

  test('and puts that on record by a write that the SDK repeats, leaves the value of the winner its grace', async () => {
    const { scene, of } = await minted();
    let isFirst = true;
    const mint: Mint = async () => {
      if (!isFirst) throw answered(40164);
      isFirst = false;
      scene.now += 30;
      await scene.keeper().refresh(of, manual);
      throw unreachable();
    };
    let isLost = false;
    const table = scene.repeating((set) => {
      // What is written without a lease.
      const isAmended = 'unsettledSince' in set && !('attempts' in set) && !('failure' in set);
      const wasLost = isLost;
      isLost ||= isAmended;
      return isAmended && !wasLost;
    });
    await scene.keeper({ mint, table, check: saysNothing }).refresh(of, manual);
    expect(isLost).toBe(true);
    expect(await scene.read()).toMatchObject({ generation: 2, usableUntil: start + 270 });
  });

  test('and has put its own mint on record a second before it, does not take that for another one', async () => {
    const { scene, of } = await minted();
    const { table } = scene;
    let mints = 0;
    const slow: LeaseTable = {
      ...table,
      update: async (key, change) => {
        const isOfValue = change.set?.['value'] !== undefined;
        if (isOfValue) throw new RangeError('DynamoDB');
        const written = await table.update(key, change);
        if (change.set?.['attempts'] === 2) scene.now += 1;
        return written;
      },
    };
    const mint: Mint = (...given) => {
      mints += 1;
      return mints === 1 ? scene.mint(...given) : Promise.reject(answered(40164));
    };
    await scene.keeper({ mint, table: slow, check: saysNothing }).refresh(of, manual);
    expect(mints).toBe(2);
    expect(await scene.read()).toMatchObject({ generation: 1, usableUntil: start + 270 });
  });

  test('to a refresh that brought a value, and replaced none itself, takes that', async () => {
    const { scene, of } = await minted('stable');
    let isFirst = true;
    const mint: Mint = async (...given) => {
      if (isFirst) {
        isFirst = false;
        scene.now += 30;
        await scene.keeper().refresh(of, manual);
      }
      return scene.mint(...given);
    };
    expect(await scene.keeper({ mint }).refresh(of, manual)).toEqual({ state: 'usable', generation: 2 });
    expect(scene.mints).toHaveLength(3);
  });

  test('and is answered without a verdict the second time, is told that', async () => {
    const { scene, of } = await minted('stable');
    let checks = 0;
    const check = async () => {
      checks += 1;
      if (checks > 1) return saysNothing();
      scene.now += 30;
      await scene.keeper({ check: saysNothing }).refresh(of, { reason: 'rejected', generation: 1 });
      return rejects();
    };
    const outcome = await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
    expect(outcome).toEqual({ state: 'usable', generation: 1, unchecked: 'wechat_reset' });
  });

  test('to a report of which nothing came still has the value replaced that WeChat rejects', async () => {
    const { scene, of } = await minted('stable');
    let isFirst = true;
    const check = async () => {
      if (isFirst) {
        isFirst = false;
        scene.now += 30;
        await scene.keeper({ check: saysNothing }).refresh(of, { reason: 'rejected', generation: 1 });
      }
      return rejects();
    };
    const outcome = await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
  });
});

describe('who has lost the lease after a classic mint', () => {
  /**
   * The lease is lost while the first mint is under way. `meanwhile`: what happens before WeChat makes it; `onSleep`: what
   * happens while it is waited, after so many seconds.
   */
  async function loseIt(
    scene: Scene,
    of: Account,
    {
      meanwhile,
      onSleep,
      ...options
    }: Partial<KeeperOptions> & {
      readonly meanwhile: () => Promise<unknown>;
      readonly onSleep?: (slept: number) => Promise<unknown>;
    },
  ) {
    let isFirst = true;
    const mint: Mint = async (...given) => {
      if (!isFirst) return (options.mint ?? scene.mint)(...given);
      isFirst = false;
      scene.now += 30;
      await meanwhile();
      return scene.mint(...given);
    };
    let slept = 0;
    const clock = {
      now: () => scene.clock.now(),
      sleep: async (seconds: number) => {
        await scene.clock.sleep(seconds);
        slept += seconds;
        await onSleep?.(slept);
      },
    };
    const outcome = await scene.keeper({ ...options, mint, clock }).refresh(of, manual);
    return { outcome, slept };
  }

  test('leaves the value of the winner in use for the grace of its own mint', async () => {
    const { scene, of } = await minted();
    const sentAt = scene.now;
    await loseIt(scene, of, {
      meanwhile: () => scene.keeper().refresh(of, manual),
      mint: () => Promise.reject(answered(40164)),
      check: saysNothing,
    });
    const { generation, usableUntil, unsettledSince } = await scene.read();
    expect({ generation, usableUntil, unsettledSince }).toEqual({
      generation: 2,
      usableUntil: sentAt + 270,
      unsettledSince: sentAt,
    });
  });

  test('but for the answer to what it wrote last, finds its own value there, and asks for no other', async () => {
    const { scene, of } = await minted();
    const { table } = scene;
    const faulty: LeaseTable = {
      ...table,
      update: async (key, change) => {
        const written = await table.update(key, change);
        if (change.set?.['value'] !== undefined) throw new RangeError('DynamoDB');
        return written;
      },
    };
    const outcome = await scene.keeper({ table: faulty }).refresh(of, manual);
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
    const { generation, usableUntil, expiresAt } = await scene.read();
    expect({ generation, usableUntil }).toEqual({ generation: 2, usableUntil: expiresAt });
    expect(scene.mints).toHaveLength(2);
  });

  test('leaves a value of the other mode as it is: no classic mint ends that', async () => {
    const { scene, of } = await minted();
    const { outcome } = await loseIt(scene, of, {
      meanwhile: () => scene.keeper().refresh({ ...of, mode: 'stable' }, { reason: 'manual', isProof: true }),
    });
    const { generation, valueMode, usableUntil, expiresAt } = await scene.read();
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
    expect({ generation, valueMode, isCut: usableUntil !== expiresAt }).toEqual({
      generation: 2,
      valueMode: 'stable',
      isCut: false,
    });
  });

  test('asks anew in the mode that the account has by then', async () => {
    const { scene, of } = await minted();
    const proof = { reason: 'manual', isProof: true } as const;
    const present = { ...of, mode: 'stable' } as const;
    let isFirst = true;
    const mint: Mint = async (...given) => {
      if (isFirst) {
        isFirst = false;
        scene.now += 30;
        await scene.keeper().refresh(present, proof);
      }
      return scene.mint(...given);
    };
    await scene.keeper({ mint, accountOf: () => Promise.resolve(present) }).refresh(of, proof);
    expect(await scene.read()).toMatchObject({ generation: 3, valueMode: 'stable' });
  });

  test('asks for nothing anew where the account is gone by then', async () => {
    const { scene, of } = await minted();
    const outcome = loseIt(scene, of, {
      meanwhile: () => scene.keeper().refresh(of, manual),
      accountOf: () => Promise.resolve(undefined),
    });
    expect(await outcome).toMatchObject({ outcome: { state: 'unavailable', failure: undefined } });
    expect(scene.mints).toHaveLength(3);
  });

  test('leaves such a value in use, too, where the holder of the lease brings nothing', async () => {
    const { scene, of } = await minted('stable');
    await loseIt(
      scene,
      { ...of, mode: 'classic' },
      {
        meanwhile: () => holds(scene),
        mint: () => Promise.reject(answered(40164)),
        check: saysNothing,
      },
    );
    const { generation, usableUntil, expiresAt, failure } = await scene.read();
    expect({ generation, usableUntil, code: failure?.code }).toEqual({
      generation: 1,
      usableUntil: expiresAt,
      code: 'wechat_ip_not_allowed',
    });
  });

  test('lets a holder publish that needs less than five seconds for it', async () => {
    const { scene, of } = await minted();
    let lease: CredentialLease | undefined;
    let isPublished = false;
    await loseIt(scene, of, {
      meanwhile: async () => {
        lease = await holds(scene);
      },
      onSleep: async (slept) => {
        if (slept < 4.5 || isPublished || !lease) return;
        isPublished = await storeOf(scene).release(lease, {
          set: { generation: 2, value: 'w', usableUntil: scene.now + 7200, refreshAt: scene.now + 7000 },
        });
      },
    });
    expect(isPublished).toBe(true);
    expect((await scene.read()).generation).toBe(3);
  });

  test('takes the lease away from a holder that has not published after five seconds', async () => {
    const { scene, of } = await minted();
    const { slept } = await loseIt(scene, of, { meanwhile: () => holds(scene) });
    expect(slept).toBeCloseTo(5, 1);
    const stored = await scene.read();
    expect(stored.generation).toBe(2);
    expect(stored.leaseOwner).toBeUndefined();
  });

  test('takes it away after ten seconds from one that gets on, and has not published', async () => {
    const { scene, of } = await minted();
    let step = 0;
    const { slept } = await loseIt(scene, of, {
      meanwhile: () => holds(scene),
      onSleep: async (seconds) => {
        if (seconds < 3 * (step + 1)) return;
        step += 1;
        const { revision } = await scene.read();
        await scene.table.update(credentialKey(of.appId, 'access_token'), {
          set: { revision: revision + 1 },
        });
      },
    });
    expect(slept).toBeCloseTo(10.2, 1);
    expect((await scene.read()).leaseOwner).toBeUndefined();
  });

  test('tries three times, and no more, where it stands still between', async () => {
    const { scene, of } = await minted();
    let isReached = true;
    let looks = 0;
    const get: LeaseTable['get'] = (...given) => {
      if (isReached) return scene.table.get(...given);
      looks += 1;
      return Promise.reject(new RangeError('DynamoDB'));
    };
    const losing = loseIt(scene, of, {
      store: new CredentialStore({ ...scene.table, get }, 'access_token'),
      meanwhile: async () => {
        await scene.keeper().refresh(of, manual);
        isReached = false;
      },
      onSleep: () => {
        scene.now += 60;
        return Promise.resolve();
      },
    });
    await expect(losing).rejects.toThrow();
    // One to see whose the lease is, three tries, and the one of the refresh that follows.
    expect(looks).toBe(5);
  });

  test('has nothing to settle where there is no value', async () => {
    const scene = new Scene();
    const { slept } = await loseIt(scene, account, {
      meanwhile: () => scene.keeper({ mint: () => Promise.reject(answered(40164)) }).refresh(account, manual),
    });
    expect(slept).toBe(0);
    expect(await scene.read()).not.toHaveProperty('usableUntil');
  });

  test('tries again after it has stood still for longer than it would have tried', async () => {
    const { scene, of } = await minted();
    let fails = 0;
    const get: LeaseTable['get'] = (...given) => {
      if (fails-- > 0) return Promise.reject(new RangeError('DynamoDB'));
      return scene.table.get(...given);
    };
    await loseIt(scene, of, {
      store: new CredentialStore({ ...scene.table, get }, 'access_token'),
      meanwhile: async () => {
        await scene.keeper().refresh(of, manual);
        // Of the release and of the first look after it.
        fails = 2;
      },
      onSleep: () => {
        scene.now += 60;
        return Promise.resolve();
      },
    });
    expect((await scene.read()).generation).toBe(3);
  });

  test('gives up after fifteen seconds where the database is out of reach, and says so', async () => {
    const { scene, of } = await minted();
    let isReached = true;
    const get: LeaseTable['get'] = (...given) =>
      isReached ? scene.table.get(...given) : Promise.reject(new RangeError('DynamoDB'));
    const lines: [string, unknown][] = [];
    const note: LogSink['info'] = (message, fields) => void lines.push([message, fields]);
    let slept = 0;
    const losing = loseIt(scene, of, {
      store: new CredentialStore({ ...scene.table, get }, 'access_token'),
      log: { info: note, warn: note, error: note },
      meanwhile: async () => {
        await scene.keeper().refresh(of, manual);
        isReached = false;
      },
      onSleep: (seconds) => Promise.resolve((slept = seconds)),
    });
    await expect(losing).rejects.toThrow();
    expect(slept).toBeCloseTo(15, 1);
    const about = { account: of.appId };
    expect(lines.filter(([message]) => message.startsWith('A value that may be dead'))).toEqual([
      ...Array.from({ length: 44 }, () => [
        'A value that may be dead could not be put on record yet.',
        { ...about, error: 'RangeError' },
      ]),
      ['A value that may be dead could not be put on record.', about],
    ]);
  });
});

describe('who has lost the lease twice', () => {
  /** A stable token, none of which is usable, is asked for; the lease is lost each time. `during`: what the second robber does. */
  async function loseTwice(
    during: (scene: Scene) => Promise<void>,
    onSleep?: (scene: Scene) => Promise<void>,
  ) {
    const { scene, of } = await minted('stable');
    let mints = 0;
    const mint: Mint = async (...given) => {
      mints += 1;
      await (mints === 1 ? giveBack(scene, { usableUntil: 0 }) : during(scene));
      return scene.mint(...given);
    };
    let slept = 0;
    const clock = {
      now: () => scene.clock.now(),
      sleep: async (seconds: number) => {
        slept += seconds;
        await scene.clock.sleep(seconds);
        await onSleep?.(scene);
      },
    };
    const outcome = await scene.keeper({ mint, clock }).refresh(of, manual);
    return { outcome, mints, slept, scene };
  }

  test('takes the value that is there, while somebody else holds the lease', async () => {
    const { outcome, slept } = await loseTwice((scene) => rob(scene, { usableUntil: scene.now + 5000 }));
    expect(outcome).toEqual({ state: 'usable', generation: 1 });
    expect(slept).toBe(0);
  });

  test('does not wait where nobody holds the lease', async () => {
    const { outcome, slept } = await loseTwice((scene) => giveBack(scene, { usableUntil: 0 }));
    expect(outcome).toEqual({ state: 'unavailable', failure: undefined });
    expect(slept).toBe(0);
  });

  test('waits for what the holder of the lease brings, and asks WeChat no more', async () => {
    let looks = 0;
    const { outcome, mints } = await loseTwice(
      (scene) => rob(scene, { usableUntil: 0 }),
      async (scene) => {
        looks += 1;
        if (looks === 3) await giveBack(scene, { generation: 2, value: 'v', usableUntil: scene.now + 5000 });
      },
    );
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
    expect(looks).toBe(3);
    expect(mints).toBe(2);
  });

  test('gives up after a bounded wait', async () => {
    const { outcome, slept } = await loseTwice((scene) => rob(scene, { usableUntil: 0 }));
    expect(outcome).toEqual({ state: 'unavailable', failure: undefined });
    expect(Math.round(slept)).toBe(26);
  });
});

describe('who waits for the lease in vain', () => {
  /** Each look finds that the lease has just been taken anew. */
  async function wait(need: Need, left: Partial<Credential> = {}) {
    const { scene, of } = await minted('stable');
    await rob(scene, left);
    let slept = 0;
    const clock = {
      now: () => scene.clock.now(),
      sleep: async (seconds: number) => {
        await scene.clock.sleep(seconds);
        slept += seconds;
        await rob(scene, {});
      },
    };
    scene.booked.length = 0;
    const outcome = await scene.keeper({ clock }).refresh(of, need);
    return { outcome, slept, scene };
  }
  const reported: Need = { reason: 'rejected', generation: 1 };

  test('gives up after a bounded time', async () => {
    expect((await wait(manual)).slept).toBeCloseTo(26.2, 1);
  });

  test('is told that a usable value is usable', async () => {
    const { outcome } = await wait({ reason: 'due' }, { refreshAt: 0 });
    expect(outcome).toEqual({ state: 'usable', generation: 1 });
  });

  test('is told of a refresh by hand that nothing was asked for', async () => {
    expect((await wait(manual)).outcome).toEqual({ state: 'usable', generation: 1, unchecked: 'busy' });
  });

  test('is told of a reported value that WeChat was not asked', async () => {
    expect((await wait(reported)).outcome).toEqual({ state: 'usable', generation: 1, unchecked: 'busy' });
  });

  test('is told of a reported value that is out of use nothing of that', async () => {
    const { outcome } = await wait(reported, { usableUntil: 0 });
    expect(outcome).toEqual({ state: 'unavailable', failure: undefined });
  });

  test.each([
    ['what is due', { reason: 'due' }, true],
    ['nothing else', manual, false],
  ] as const)('has %s tried again in a minute', async (_, need, isBooked) => {
    const { scene } = await wait(need, { refreshAt: 0 });
    expect(scene.booked).toEqual(isBooked ? [scene.clock.now() + 60] : []);
  });
});

test('a check is made under a lease of its whole length', async () => {
  const { scene, of } = await minted('stable');
  let leaseUntil: number | undefined;
  const check = async () => {
    ({ leaseUntil } = await scene.read());
    return accepts();
  };
  await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
  expect(leaseUntil).toBe(scene.now + 20);
});

describe('a booking that runs before its time', () => {
  test.each([
    [360, true],
    [361, false],
  ])('%d seconds early: whether another one is made is %s', async (early, isMade) => {
    const { scene, of } = await minted();
    const { refreshAt = 0 } = await scene.read();
    scene.now = refreshAt - early;
    scene.booked.length = 0;
    await scene.keeper().refresh(of, { reason: 'due' });
    expect(scene.booked).toEqual(isMade ? [refreshAt + 60] : []);
  });

  test('is made by nobody but a run of the schedule', async () => {
    const { scene, of } = await minted();
    const { refreshAt = 0 } = await scene.read();
    scene.now = refreshAt - 30;
    scene.booked.length = 0;
    await scene.keeper().refresh(of, { reason: 'missing' });
    expect(scene.booked).toEqual([]);
  });
});

describe('where the value that WeChat rejects comes back', () => {
  test('in classic mode, none is forced, and it is asked again in a minute', async () => {
    const { scene, of } = await minted('classic');
    const mint = keeping(scene, 'value-1');
    const outcome = await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    expect(outcome).toMatchObject({ failure: { code: 'rejected_token_kept', retryAt: scene.now + 60 } });
    expect(scene.mints.every(({ force }) => !force)).toBe(true);
  });

  test('and the forces of the day are used up, it is asked again when the next day in China begins', async () => {
    const { scene, of } = await minted('stable');
    // 30 seconds before midnight in China.
    scene.now = scene.now - (scene.now % 86_400) + 16 * 3600 - 30;
    const today = new Date((scene.now + 8 * 3600) * 1000).toISOString().slice(0, 10);
    const forced = { day: today, count: 20, lastAt: 0 };
    await giveBack(scene, { forced, usableUntil: scene.now + 5000 });
    const mint = keeping(scene, 'value-1');
    const outcome = await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    expect(outcome).toMatchObject({ failure: { code: 'rejected_token_kept', retryAt: scene.now + 30 } });
  });

  test('by force, too, it is asked again when another one is allowed', async () => {
    const { scene, of } = await minted('stable');
    const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000 });
    const outcome = await scene.keeper({ mint }).refresh(of, { reason: 'rejected', generation: 1 });
    expect(outcome).toMatchObject({ failure: { code: 'rejected_token_kept', retryAt: scene.now + 30 } });
    expect((await scene.read()).forced?.count).toBe(1);
  });

  test('half a minute after a force, another one is sent', async () => {
    const { scene, of } = await minted('stable');
    await scene
      .keeper({ mint: keeping(scene, 'value-1') })
      .refresh(of, { reason: 'rejected', generation: 1 });
    scene.now += 30;
    await scene.keeper({ mint: keeping(scene, 'forced') }).refresh(of, { reason: 'rejected', generation: 2 });
    expect(scene.mints.filter(({ force }) => force)).toHaveLength(2);
  });
});

test('a ticket that comes back the same belongs to the token that it was got with last', async () => {
  const { scene, of } = await minted('stable');
  const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000, tokenGeneration: 9 });
  await scene.keeper({ mint, renewalOf: () => 'ticket' }).refresh(of, manual);
  expect(await scene.read()).toMatchObject({ generation: 1, tokenGeneration: 9 });
});

test('a value that ends while its failed refresh is put on record is not called usable', async () => {
  const { scene, of } = await minted('stable');
  const bookings = { book: () => Promise.resolve(void (scene.now += 7200)) };
  const mint: Mint = () => Promise.reject(answered(-1));
  const outcome = await scene.keeper({ mint, bookings }).refresh(of, manual);
  expect(outcome).toMatchObject({ state: 'unavailable', failure: { code: 'wechat_busy' } });
});

test.each([
  ['without a verdict', saysNothing],
  ['accepted', accepts],
])('a value that ends while it is checked (%s) is not called usable', async (_, verdict) => {
  const { scene, of } = await minted('stable');
  const check = () => {
    scene.now += 7200;
    return verdict();
  };
  const outcome = await scene.keeper({ check }).refresh(of, { reason: 'rejected', generation: 1 });
  expect(outcome).toEqual({ state: 'unavailable', failure: undefined });
});

test('the back-off ends on the second', async () => {
  const { scene, of } = await minted();
  await scene.keeper({ mint: () => Promise.reject(answered(40164)) }).refresh(of, manual);
  scene.now += 299;
  await scene.keeper().refresh(of, { reason: 'rejected', generation: 1 });
  expect((await scene.read()).generation).toBe(1);
  scene.now += 1;
  await scene.keeper().refresh(of, { reason: 'rejected', generation: 1 });
  expect((await scene.read()).generation).toBe(2);
});
