import { describe, expect, test } from '@jest/globals';
import {
  afterAcceptance,
  afterFailure,
  beforeMint,
  earlierRefresh,
  hasMintsToSpare,
  ofNewValue,
  ofSameValue,
  undoubtedUntil,
  type Failed,
} from '../../shared/credentials/attempt-record.ts';
import type { Credential, Failure } from '../../shared/credentials/credential.ts';

const now = 1_800_000_000;
const today = '2027-01-15';

function seen(about: Partial<Credential> = {}): Credential {
  return { revision: 5, generation: 2, value: 'v', usableUntil: now + 5000, ...about };
}

describe('before a mint', () => {
  const classic = { renewal: 'classic', isRejected: false, now } as const;
  const stable = { ...classic, renewal: 'stable' } as const;

  test('the first one of an account, there is no value to stop using', () => {
    expect(beforeMint(seen({ usableUntil: undefined }), classic).usableUntil).toBeUndefined();
  });

  test.each([
    ['a classic mint leaves the value its grace', seen(), classic, now + 270],
    ['that ends with its life', seen({ usableUntil: now + 100 }), classic, now + 100],
    ['a second one leaves it nothing', seen({ unsettledSince: now }), classic, 0],
    ['a value that WeChat rejects is out of use', seen(), { ...stable, isRejected: true }, 0],
    ['to ask for a stable token changes nothing', seen({ unsettledSince: now }), stable, now + 5000],
    ['a classic mint kills no stable token', seen({ valueMode: 'stable' }), classic, now + 5000],
    ['nor the other way round', seen({ valueMode: 'classic' }), stable, now + 5000],
    ['a classic mint kills a classic token', seen({ valueMode: 'classic' }), classic, now + 270],
  ] as const)('%s', (_, credential, how, usableUntil) => {
    expect(beforeMint(credential, how).usableUntil).toBe(usableUntil);
  });

  test('it is counted, and a refresh is due should the process die', () => {
    const mints = { day: today, count: 4 };
    expect(beforeMint(seen({ mints, attempts: 9 }), stable)).toMatchObject({
      mints: { day: today, count: 5 },
      attempts: 10,
      refreshAt: now + 20,
    });
    expect(beforeMint(seen(), stable)).toMatchObject({ mints: { day: today, count: 1 }, attempts: 1 });
  });

  test('only a classic one leaves in doubt what became of the value', () => {
    expect(beforeMint(seen(), classic).unsettledSince).toBe(now);
    expect(beforeMint(seen(), stable).unsettledSince).toBeUndefined();
  });

  test('the generation that WeChat rejects is noted', () => {
    expect(beforeMint(seen(), { ...stable, isRejected: true }).rejectedGeneration).toBe(2);
    expect(beforeMint(seen(), stable).rejectedGeneration).toBeUndefined();
  });
});

describe('after a failure, without an answer of WeChat, a value is in use', () => {
  const about = { renewal: 'classic', isRejected: false, openSince: undefined } as const;

  test.each([
    ['as before, where nothing was made', seen({ unsettledSince: now }), about, now + 5000],
    ['for its grace, where a mint is open', seen(), { ...about, openSince: now }, now + 270],
    ['no more, where a second one is', seen({ unsettledSince: now }), { ...about, openSince: now }, 0],
    [
      'as before, where that was of the other mode',
      seen({ valueMode: 'stable' }),
      { ...about, openSince: now },
      now + 5000,
    ],
    ['no more, where WeChat rejects it', seen(), { ...about, isRejected: true }, 0],
    ['not at all, where there is none', seen({ usableUntil: undefined }), about, 0],
  ] as const)('%s', (_, credential, how, usableUntil) => {
    expect(undoubtedUntil(credential, how)).toBe(usableUntil);
  });
});

test('a new value lives from before it was asked for', () => {
  const minted = { value: 'w', expiresIn: 7200, tokenGeneration: 8 };
  expect(ofNewValue(seen(), minted, { renewal: 'stable', askedAt: now })).toEqual({
    generation: 3,
    value: 'w',
    valueMode: 'stable',
    mintedAt: now,
    expiresAt: now + 7200,
    usableUntil: now + 7200,
    refreshAt: now + 6960,
    tokenGeneration: 8,
  });
});

test.each([
  ['when its life asks for it', 5000, now + 4760],
  ['a minute later at the earliest', 250, now + 65],
])('the same value is asked for again %s', (_, expiresIn, refreshAt) => {
  const minted = { value: 'v', expiresIn, tokenGeneration: 8 };
  expect(ofSameValue(minted, { renewal: 'stable', askedAt: now, now: now + 5 })).toEqual({
    expiresAt: now + expiresIn,
    usableUntil: now + expiresIn,
    refreshAt,
    tokenGeneration: 8,
  });
});

describe('after a failure', () => {
  const failure: Failure = {
    code: 'wechat_timeout',
    message: '',
    advice: '',
    needsPerson: false,
    count: 1,
    at: now,
    retryAt: now + 5,
  };
  const failed: Failed = {
    failure,
    pauses: { kind: 'other', count: 1 },
    openSince: undefined,
    wasForce: false,
    isRejected: false,
    trust: undefined,
    now,
  };

  test('of which WeChat surely did nothing, all is as before', () => {
    const before = seen({ mints: { day: today, count: 4 }, unsettledSince: now });
    expect(afterFailure(before, failed)).toEqual({
      set: {
        failure,
        pauses: failed.pauses,
        refreshAt: now + 60,
        mints: before.mints,
        unsettledSince: now,
        usableUntil: now + 5000,
      },
      remove: [],
    });
  });

  test('what there was not before is removed', () => {
    expect(afterFailure(seen(), failed).remove).toEqual(['mints', 'unsettledSince']);
  });

  test('it is tried again when the pause is over, if that is later than in a minute', () => {
    const later = { ...failure, retryAt: now + 300 };
    expect(afterFailure(seen(), { ...failed, failure: later }).set.refreshAt).toBe(now + 300);
  });

  test('that may have minted, the count and the doubt stay', () => {
    const { set, remove } = afterFailure(seen(), { ...failed, openSince: now - 5 });
    expect(set).toMatchObject({ unsettledSince: now - 5 });
    expect(set).not.toHaveProperty('mints');
    expect(set).not.toHaveProperty('usableUntil');
    expect(remove).toEqual([]);
  });

  test.each([
    ['its grace ends', seen(), now - 5 + 240],
    ['its life ends', seen({ usableUntil: now + 200 }), now + 170],
    ['a minute has passed, if it is out of use', seen({ unsettledSince: now }), now + 60],
    ['a minute has passed, if that is later', seen({ usableUntil: now + 50 }), now + 60],
    ['a minute has passed, if it is a stable one', seen({ valueMode: 'stable' }), now + 60],
    ['a minute has passed, if there is none', seen({ usableUntil: undefined }), now + 60],
  ])('that may have minted, a classic token is asked for again when %s', (_, before, refreshAt) => {
    expect(afterFailure(before, { ...failed, openSince: now - 5 }).set.refreshAt).toBe(refreshAt);
  });

  test('that may have minted, for a value that WeChat rejects, it is asked again in a minute', () => {
    const { set } = afterFailure(seen(), { ...failed, openSince: now - 5, isRejected: true });
    expect(set).toMatchObject({ refreshAt: now + 60, usableUntil: 0, rejectedGeneration: 2 });
  });

  test('what WeChat has accepted stays in use, and is under suspicion no more', () => {
    const trust = { usableUntil: now + 90, isSettled: false };
    const { set, remove } = afterFailure(seen(), { ...failed, openSince: now - 5, trust });
    expect(set.usableUntil).toBe(now + 90);
    expect(remove).toEqual(['rejectedGeneration']);
  });

  const inAnHour = { ...failure, retryAt: now + 3600 };

  test('a value that nobody doubts is not asked about', () => {
    const before = seen({ expiresAt: now + 5000 });
    expect(afterFailure(before, { ...failed, failure: inAnHour }).set.refreshAt).toBe(now + 3600);
  });

  test.each([
    ['in ten minutes', { unsettledSince: now - 10 }, {}, now + 600],
    ['in ten minutes, if WeChat rejects it', {}, { isRejected: true }, now + 600],
    ['in a minute, if WeChat has accepted it', {}, { trust: { usableUntil: 0, isSettled: false } }, now + 60],
    ['not, if that has settled it', {}, { trust: { usableUntil: 0, isSettled: true } }, now + 3600],
    ['not, if it ends before', { unsettledSince: now, expiresAt: now + 630 }, {}, now + 3600],
    ['if it ends a second later', { unsettledSince: now, expiresAt: now + 631 }, {}, now + 600],
  ])('a value in doubt is asked about again %s', (_, doubt, more, refreshAt) => {
    const before = seen({ expiresAt: now + 5000, ...doubt });
    expect(afterFailure(before, { ...failed, failure: inAnHour, ...more }).set.refreshAt).toBe(refreshAt);
  });

  test('a force that WeChat refused does not count, but when it was sent stays', () => {
    const before = seen({ forced: { day: today, count: 3, lastAt: now - 900 } });
    expect(afterFailure(before, { ...failed, wasForce: true }).set.forced).toEqual({
      day: today,
      count: 3,
      lastAt: now,
    });
    expect(afterFailure(before, failed).set).not.toHaveProperty('forced');
  });
});

describe('a value that WeChat accepts', () => {
  const failure = { code: '', message: '', advice: '', needsPerson: false, count: 1, at: now, retryAt: 0 };
  const failedUntil = (retryAt: number) => ({ ...failure, retryAt });

  test('and that nobody doubted stays as it is', () => {
    expect(afterAcceptance(seen({ failure }), now)).toEqual({});
  });

  test('after WeChat had rejected it is in doubt no more, and the next refresh is the one of the failure', () => {
    const before = { rejectedGeneration: 2, usableUntil: 0, expiresAt: now + 5000 };
    expect(afterAcceptance(seen({ ...before, failure: failedUntil(now + 300) }), now)).toEqual({
      set: { usableUntil: now + 5000, refreshAt: now + 300 },
      remove: ['rejectedGeneration', 'unsettledSince'],
    });
    expect(afterAcceptance(seen({ ...before, failure: failedUntil(now + 5) }), now).set?.refreshAt).toBe(
      now + 60,
    );
    expect(afterAcceptance(seen(before), now).set?.refreshAt).toBeUndefined();
  });

  test('while a mint may yet have replaced it is asked about again in a minute, whatever failed', () => {
    const before = { unsettledSince: now - 10, usableUntil: 0, expiresAt: now + 5000 };
    expect(afterAcceptance(seen({ ...before, failure: failedUntil(now + 3600) }), now)).toEqual({
      set: { usableUntil: now + 90, refreshAt: now + 60 },
      remove: ['rejectedGeneration'],
    });
  });
});

describe('a stable token that cannot be asked about', () => {
  const how = { renewal: 'stable', mintBudget: 10, now } as const;
  const later = { refreshAt: now + 5000 };

  test.each([
    ['is asked for in ten minutes', seen(later), how, now + 600],
    ['is asked for in ten minutes where nothing is due', seen(), how, now + 600],
    ['is not asked for where it is due then', seen({ refreshAt: now + 600 }), how, undefined],
    ['is not asked for later than it is due', seen({ refreshAt: now + 500 }), how, undefined],
    ['is not asked for where it is classic', seen(later), { ...how, renewal: 'classic' }, undefined],
    [
      'is not asked for once half of the mints are used',
      seen({ ...later, mints: { day: today, count: 5 } }),
      how,
      undefined,
    ],
  ] as const)('%s', (_, credential, about, at) => {
    expect(earlierRefresh(credential, about)).toBe(at);
  });

  test.each([
    [4, true],
    [5, false],
  ])('with %d of ten mints used: whether there are some to spare is %s', (count, isSo) => {
    expect(hasMintsToSpare(seen({ mints: { day: today, count } }), how)).toBe(isSo);
  });
});
