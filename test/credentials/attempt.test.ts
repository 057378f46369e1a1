import { describe, expect, test } from '@jest/globals';
import type { Account } from '../../shared/accounts/accounts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential, Need } from '../../shared/credentials/credential.ts';
import type { KeeperOptions } from '../../shared/credentials/keeper.ts';
import type { Mint, MintOptions } from '../../shared/credentials/mint.ts';
import { forcedPerDay } from '../../shared/credentials/timing.ts';
import type { Verdict } from '../../shared/credentials/token-check.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import {
  accepts,
  account,
  answered,
  manual,
  minted,
  rejects,
  saysNothing,
  Scene,
  unreachable,
} from '../model/scene.ts';

const reported: Need = { reason: 'rejected', generation: 1 };

/** Refreshes, and tells what was logged, asked for and left. */
async function refresh(
  { scene, of }: { scene: Scene; of: Account },
  need: Need,
  options: Partial<KeeperOptions> & { table?: LeaseTable } = {},
) {
  const lines: [string, string, unknown][] = [];
  const note =
    (level: string): LogSink['info'] =>
    (message, fields) =>
      void lines.push([level, message, fields]);
  const log = { info: note('info'), warn: note('warn'), error: note('error') };
  const asked: MintOptions[] = [];
  const checkedUntil: number[] = [];
  const { mint = scene.mint, check = rejects } = options;
  const outcome = await scene
    .keeper({
      ...options,
      log,
      mint: (of, about) => {
        asked.push(about);
        return mint(of, about);
      },
      check: (of, value, about) => {
        checkedUntil.push(about.until);
        return check(of, value, about);
      },
    })
    .refresh(of, need);
  return { outcome, lines, asked, checkedUntil, left: await scene.read() };
}

async function put({ scene, of }: { scene: Scene; of: Account }, set: Partial<Credential>): Promise<void> {
  const store = new CredentialStore(scene.table, 'access_token');
  await store.amend(of.appId, await scene.read(), set, { now: scene.now });
}

describe('what is logged', () => {
  test('of a new value, when it ends', async () => {
    const about = await minted('stable');
    expect((await refresh(about, manual)).lines).toEqual([
      [
        'info',
        'The credential has a new value.',
        { account: account.appId, generation: 2, expiresAt: about.scene.now + 7200 },
      ],
    ]);
  });

  test('of a new value that could not be stored, nothing', async () => {
    const about = await minted('stable');
    const { scene, of } = about;
    let isFirst = true;
    const mint: Mint = async (...given) => {
      if (!isFirst) return scene.mint(...given);
      isFirst = false;
      scene.now += 30;
      await scene.keeper().refresh(of, manual);
      return scene.mint(...given);
    };
    expect((await refresh(about, manual, { mint })).lines).toEqual([
      ['warn', 'A lease was lost during a refresh.', { account: account.appId }],
    ]);
  });

  test('of a failure, why and when it is tried again', async () => {
    const about = await minted('stable');
    const { lines } = await refresh(about, manual, { mint: () => Promise.reject(answered(40164)) });
    expect(lines[0]).toEqual([
      'warn',
      'A refresh failed.',
      {
        account: account.appId,
        code: 'wechat_ip_not_allowed',
        reason: '/cgi-bin/token answered errcode 40164: model',
        count: 1,
        retryAt: about.scene.now + 300,
      },
    ]);
  });

  test.each([
    [accepts, 'info', 'WeChat accepts a value that was in doubt.', {}],
    [saysNothing, 'warn', 'WeChat could not be asked about a value in doubt.', { code: 'wechat_reset' }],
  ])('%# of a report that ends nothing, what WeChat said', async (check, level, message, more) => {
    const { lines } = await refresh(await minted('stable'), reported, { check });
    expect(lines).toEqual([[level, message, { account: account.appId, generation: 1, ...more }]]);
  });

  test('of a verdict that cannot be put on record, why', async () => {
    const about = await minted('stable');
    const update: LeaseTable['update'] = (key, change) =>
      change.set?.['verdict'] === undefined
        ? about.scene.table.update(key, change)
        : Promise.reject(new RangeError('DynamoDB'));
    const table = { ...about.scene.table, update };
    const { lines, outcome } = await refresh(about, reported, { check: accepts, table });
    expect(lines[0]).toEqual([
      'warn',
      'A verdict could not be put on record.',
      { account: account.appId, error: 'RangeError' },
    ]);
    expect(outcome).toMatchObject({ state: 'usable' });
  });
});

describe('a report', () => {
  test.each([
    [accepts, { check: 1, accepted: true }],
    [saysNothing, { check: 1, accepted: false, code: 'wechat_reset' }],
  ])('%# leaves on record what WeChat said', async (check, verdict) => {
    const { left } = await refresh(await minted('stable'), reported, { check });
    expect(left).toMatchObject({ checks: 1, verdict, generation: 1 });
    const second = await refresh(await minted('stable'), reported, { check });
    expect(Object.keys(second.left.verdict ?? {})).toEqual(Object.keys(verdict));
  });

  test('is checked for three seconds at the most', async () => {
    const about = await minted('stable');
    const { checkedUntil } = await refresh(about, reported);
    expect(checkedUntil).toEqual([about.scene.now + 3]);
  });

  test('of a value that no call carries has it replaced', async () => {
    const { scene, of } = await minted('stable');
    await scene.keeper({ check: undefined }).refresh(of, reported);
    expect((await scene.read()).generation).toBe(2);
  });

  test('of a value that no call carries takes it out of use, should there be no other', async () => {
    const { scene, of } = await minted('stable');
    const keeper = scene.keeper({ check: undefined, mint: () => Promise.reject(answered(40164)) });
    expect(await keeper.refresh(of, reported)).toMatchObject({ state: 'unavailable' });
  });

  test('that WeChat confirms after a back-off has the value replaced', async () => {
    const about = await minted('stable');
    await refresh(about, manual, { mint: () => Promise.reject(answered(40164)) });
    about.scene.now += 300;
    expect((await refresh(about, reported)).outcome).toEqual({ state: 'usable', generation: 2 });
  });

  test('that WeChat confirms during a back-off is answered with the failure', async () => {
    const about = await minted('stable');
    await refresh(about, manual, { mint: () => Promise.reject(answered(40164)) });
    const { outcome, left } = await refresh(about, reported);
    expect(outcome).toMatchObject({ state: 'unavailable', failure: { code: 'wechat_ip_not_allowed' } });
    // When the back-off is over, which is sooner than WeChat would be asked about the value again.
    expect(left.refreshAt).toBe(about.scene.now + 300);
  });

  test('that WeChat confirms during a back-off, by somebody who has lost the lease, brings what the winner has', async () => {
    const about = await minted('stable');
    const { scene, of } = about;
    await refresh(about, manual, { mint: () => Promise.reject(answered(40164)) });
    const check = async () => {
      await put(about, {});
      const store = new CredentialStore(scene.table, 'access_token');
      const other = { generation: 2, value: 'w', usableUntil: scene.now + 7000 };
      await store.amend(of.appId, await scene.read(), other, { now: scene.now, evenIfHeld: true });
      return rejects();
    };
    expect((await refresh(about, reported, { check })).outcome).toEqual({ state: 'usable', generation: 2 });
  });

  test('of a borrowed token that its lender stands by is answered, for all who made one', async () => {
    const { scene, of } = await minted('stable');
    const about = { scene, of: { ...of, lender: 'https://l.example.com' } };
    const mint: Mint = () => Promise.resolve({ value: 'value-1', expiresIn: 7000 });
    const { left } = await refresh(about, reported, { check: saysNothing, mint });
    expect(left).toMatchObject({ generation: 1, verdict: { check: 1, accepted: true } });
  });

  test.each([
    ['a borrowed account is asked for at its lender', { lender: 'https://l.example.com' }, {}, 2],
    ['not for want of a lender', {}, {}, 1],
    ['no ticket of it', { lender: 'https://l.example.com' }, { renewalOf: () => 'ticket' as const }, 1],
    ['not once half of the mints are used', { lender: 'https://l.example.com', mintBudget: 2 }, {}, 1],
  ])('without a verdict: %s', async (_, more, options, generation) => {
    const { scene, of } = await minted('stable');
    const about = { scene, of: { ...of, ...more } };
    const { left } = await refresh(about, reported, { check: saysNothing, ...options });
    expect(left.generation).toBe(generation);
  });

  test('without a verdict of a borrowed token is handed on to its lender, which can ask WeChat', async () => {
    const { scene, of } = await minted('stable');
    const about = { scene, of: { ...of, lender: 'https://l.example.com' } };
    const mint: Mint = (_, { force }) =>
      Promise.resolve({ value: force ? 'another' : 'value-1', expiresIn: 7000 });
    const { left } = await refresh(about, reported, { check: saysNothing, mint });
    expect(left).toMatchObject({ generation: 2, value: 'another' });
  });

  test('without a verdict of a borrowed account leaves it in use should the lender fail', async () => {
    const { scene, of } = await minted('stable');
    const about = { scene, of: { ...of, lender: 'https://l.example.com' } };
    const mint = () => Promise.reject(unreachable());
    const { outcome, left } = await refresh(about, reported, { check: saysNothing, mint });
    expect(outcome).toEqual({ state: 'usable', generation: 1 });
    expect(left.rejectedGeneration).toBeUndefined();
  });
});

describe('the budget of mints', () => {
  test.each([
    [3, 'asked', 'usable'],
    [2, 'not asked', 'unavailable'],
  ])('of %d, of which two are used: WeChat is %s', async (mintBudget, _, state) => {
    const { scene, of } = await minted('stable');
    await refresh({ scene, of }, manual);
    const about = { scene, of: { ...of, mintBudget } };
    await put(about, { usableUntil: 0 });
    expect((await refresh(about, { reason: 'missing' })).outcome.state).toBe(state);
  });

  test('that is spent says nothing of forces', async () => {
    const { scene, of } = await minted('stable');
    await put({ scene, of }, { refreshAt: 0 });
    const { left } = await refresh({ scene, of: { ...of, mintBudget: 1 } }, { reason: 'due' });
    expect(left.failure?.code).toBe('mint_budget_spent');
    expect(left.forced).toBeUndefined();
  });

  test('holds up no person', async () => {
    const { scene, of } = await minted('stable');
    const { outcome } = await refresh({ scene, of: { ...of, mintBudget: 1 } }, manual);
    expect(outcome).toEqual({ state: 'usable', generation: 2 });
  });
});

describe('what is asked of WeChat', () => {
  test.each([
    [manual, true],
    [{ reason: 'due' } as const, false],
  ])('%# tells whether a person asks', async (need, byHand) => {
    const about = await minted('stable');
    await put(about, { refreshAt: 0 });
    const { asked } = await refresh(about, need);
    expect(asked).toEqual([{ force: false, byHand, until: about.scene.now + 10 }]);
  });

  test('is asked again without force where WeChat has brought another value', async () => {
    const { asked } = await refresh(await minted('stable'), reported);
    expect(asked.map(({ force }) => force)).toEqual([false]);
  });

  test('is forced where the value comes back that it has just rejected, without another check', async () => {
    const about = await minted('stable');
    const mint: Mint = (_, { force }) =>
      Promise.resolve({ value: force ? 'forced' : 'value-1', expiresIn: 7000 });
    const { asked, checkedUntil, left } = await refresh(about, reported, { mint });
    expect(asked.map(({ force }) => force)).toEqual([false, true]);
    expect(checkedUntil).toHaveLength(1);
    expect(left).toMatchObject({ value: 'forced', forced: { count: 1, lastAt: about.scene.now } });
  });
});

describe('a force that is too early', () => {
  const mint: Mint = (_, { force }) =>
    Promise.resolve({ value: force ? 'forced' : 'value-1', expiresIn: 7000 });

  test('does not put the next one off', async () => {
    const about = await minted('stable');
    const { scene } = about;
    const sentAt = scene.now;
    const forced = { day: '2027-01-15', count: 1, lastAt: sentAt };
    await put(about, { forced });
    scene.now += 20;
    expect((await refresh(about, reported, { mint })).left.forced).toEqual(forced);
    scene.now += 10;
    const { left } = await refresh(about, manual, { mint });
    expect(left).toMatchObject({ value: 'forced', forced: { count: 2, lastAt: sentAt + 30 } });
  });

  test('by a clock that is ahead, of somebody who has lost the lease, is told as a lost lease', async () => {
    const about = await minted('stable');
    const { scene, of } = about;
    await put(about, { forced: { day: '2027-01-15', count: 1, lastAt: scene.now + 100 } });
    let isFirst = true;
    const robbed: Mint = async (...given) => {
      if (isFirst) {
        isFirst = false;
        const store = new CredentialStore(scene.table, 'access_token');
        await store.amend(of.appId, await scene.read(), {}, { now: scene.now, evenIfHeld: true });
      }
      return mint(...given);
    };
    const { outcome, lines } = await refresh(about, reported, { mint: robbed });
    expect(outcome).toMatchObject({ state: 'unavailable', failure: { code: 'rejected_token_kept' } });
    expect(lines).toContainEqual(['warn', 'A lease was lost during a refresh.', { account: account.appId }]);
  });
});

test('a rejected token is reported to its lender as often as that happens: the forces of a day are of WeChat', async () => {
  const { scene, of } = await minted('stable');
  const borrowed = { ...of, lender: 'https://lender.example.com' };
  for (let round = 1; round <= forcedPerDay + 2; round += 1) {
    const { value = '', generation } = await scene.read();
    const mint: Mint = (_, { force }) =>
      Promise.resolve({ value: force ? `lent ${round}` : value, expiresIn: 7000 });
    const outcome = await scene.keeper({ mint }).refresh(borrowed, { reason: 'rejected', generation });
    expect(outcome).toEqual({ state: 'usable', generation: generation + 1 });
  }
  expect(await scene.read()).not.toHaveProperty('forced');
});

test('a refresh is three transitions', async () => {
  const about = await minted('stable');
  const { revision } = await about.scene.read();
  expect((await refresh(about, manual)).left.revision).toBe(revision + 3);
});

test('who measures is told of a failure, and of what is left', async () => {
  const about = await minted('stable');
  const told: unknown[] = [];
  const { left } = await refresh(about, manual, {
    mint: () => Promise.reject(answered(40164)),
    onFailure: (...given) => void told.push(given),
  });
  expect(told).toEqual([[about.of, left.failure, expect.objectContaining({ failure: left.failure })]]);
});

test('a value that WeChat rejected is asked about after a failure, and is back in use once it is accepted', async () => {
  const about = await minted('stable');
  await put(about, { rejectedGeneration: 1, usableUntil: 0 });
  const mint: Mint = () => Promise.reject(answered(-1));
  const { outcome, left } = await refresh(about, manual, { mint, check: accepts });
  expect(outcome).toEqual({ state: 'usable', generation: 1 });
  expect(left.rejectedGeneration).toBeUndefined();
});

test('of a record that cannot be read after a failure is logged why', async () => {
  const about = await minted('stable');
  const { scene } = about;
  let isRecorded = false;
  const table: LeaseTable = {
    ...scene.table,
    update: async (...given) => {
      const held = await scene.table.update(...given);
      if (given[1].set?.['failure'] !== undefined) isRecorded = true;
      return held;
    },
    get: (...given) => (isRecorded ? Promise.reject(new RangeError('x')) : scene.table.get(...given)),
  };
  const { lines } = await refresh(about, manual, { table, mint: () => Promise.reject(answered(40164)) });
  expect(lines).toContainEqual([
    'warn',
    'The record could not be read after a failure.',
    { account: about.of.appId, error: 'RangeError' },
  ]);
});

describe('a value in doubt', () => {
  /** After a mint without an answer. */
  async function doubted(expiresIn = 7200) {
    const about = await minted('classic');
    const usableUntil = about.scene.now + 200;
    await put(about, {
      unsettledSince: about.scene.now,
      usableUntil,
      expiresAt: about.scene.now + expiresIn,
    });
    return about;
  }
  const busy: Mint = () => Promise.reject(answered(-1));

  test('stays in use for a minute where WeChat is busy and accepts it', async () => {
    const about = await doubted();
    const { left } = await refresh(about, manual, { mint: busy, check: accepts });
    const { now } = about.scene;
    expect(left).toMatchObject({ usableUntil: now + 60 + 30, refreshAt: now + 60, unsettledSince: now });
  });

  test('that is none yet is not asked about', async () => {
    const scene = new Scene();
    const about = { scene, of: account };
    await refresh(about, manual, { mint: () => Promise.reject(unreachable()) });
    const { left, checkedUntil } = await refresh(about, manual, { mint: busy, check: accepts });
    expect(left).not.toHaveProperty('usableUntil');
    expect(checkedUntil).toEqual([]);
  });

  test('stays in use no longer than it lives', async () => {
    const about = await doubted(20);
    const { left } = await refresh(about, manual, { mint: busy, check: accepts });
    expect(left.usableUntil).toBe(about.scene.now + 20);
  });

  test.each<[string, () => Promise<Verdict>, Mint]>([
    ['WeChat rejects it', rejects, busy],
    ['WeChat does not say', saysNothing, busy],
    ['WeChat gives no answer to the mint', accepts, () => Promise.reject(unreachable())],
  ])('is out of use where %s', async (_, check, mint) => {
    const { left } = await refresh(await doubted(), manual, { mint, check });
    expect(left.usableUntil).toBe(0);
  });
});

test('a failure that cannot be put on record is settled where a token may have been made', async () => {
  const about = await minted('classic');
  const { scene } = about;
  let fails = 1;
  const update: LeaseTable['update'] = (key, change) => {
    if (change.set?.['failure'] === undefined || fails-- <= 0) return scene.table.update(key, change);
    return Promise.reject(new RangeError('DynamoDB'));
  };
  let isFirst = true;
  const mint: Mint = (...given) => {
    if (!isFirst) return scene.mint(...given);
    isFirst = false;
    return Promise.reject(unreachable());
  };
  const { outcome } = await refresh(about, manual, { mint, table: { ...scene.table, update } });
  expect(outcome).toEqual({ state: 'usable', generation: 2 });
});
