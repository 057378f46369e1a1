import { describe, expect, test } from '@jest/globals';
import type { Credential, Need } from '../../shared/credentials/credential.ts';
import { countedToday, oneMore } from '../../shared/credentials/day-count.ts';
import { asksForCheck, Watch } from '../../shared/credentials/watch.ts';

const now = 1_800_000_000;
const budget = { mintBudget: 200 };
const manual: Need = { reason: 'manual' };

function seen(about: Partial<Credential> = {}): Credential {
  return { revision: 5, generation: 2, value: 'v', usableUntil: now + 7000, ...about };
}

describe('WeChat has to be asked', () => {
  test('about a report of the value that is in use', () => {
    expect(asksForCheck(seen(), { reason: 'rejected', generation: 2 }, { now, ...budget })).toBe(true);
  });

  test.each<[string, Credential, Need]>([
    ['a report of another value', seen(), { reason: 'rejected', generation: 1 }],
    ['a value that is out of use', seen({ usableUntil: 0 }), { reason: 'rejected', generation: 2 }],
    ['another need', seen(), manual],
  ])('about nothing else, such as %s', (_, credential, need) => {
    expect(asksForCheck(credential, need, { now, ...budget })).toBe(false);
  });
});

describe('a worker that waits', () => {
  test('has its report answered by a check that was sent after it came in', () => {
    const watch = new Watch({ reason: 'rejected', generation: 2 }, budget);
    expect(watch.answer(seen({ checks: 3 }), now)).toBeUndefined();
    const verdict = { check: 4, accepted: false, code: 'wechat_busy' };
    expect(watch.answer(seen({ checks: 4, verdict }), now)).toEqual({
      state: 'usable',
      generation: 2,
      unchecked: 'wechat_busy',
    });
  });

  test('is told of a check that left it without a value by the failure alone', () => {
    const watch = new Watch({ reason: 'missing' }, budget);
    const about = { code: 'x', message: '', advice: '', needsPerson: true, count: 1, at: now };
    const failure = { ...about, retryAt: now + 300 };
    const doubted = { failure, unsettledSince: now, usableUntil: 0, expiresAt: now + 5000, refreshAt: now };
    expect(watch.answer(seen({ ...doubted, checks: 3 }), now)).toBeUndefined();
    const verdict = { check: 4, accepted: false, code: 'wechat_busy' };
    const answer = watch.answer(seen({ ...doubted, checks: 4, verdict }), now);
    expect(answer).toStrictEqual({ state: 'unavailable', failure });
  });

  test('has its report not answered by a mint that has ended', () => {
    const watch = new Watch({ reason: 'rejected', generation: 2 }, budget);
    watch.answer(seen({ attempts: 1 }), now);
    expect(watch.answer(seen({ attempts: 2, endedAttempt: 2 }), now)).toBeUndefined();
  });

  test('takes a lease away only after more than its length without a change', () => {
    const watch = new Watch(manual, budget);
    watch.answer(seen(), now);
    expect(watch.leaseHasRunOut(now + 20)).toBe(false);
    expect(watch.leaseHasRunOut(now + 21)).toBe(true);
  });

  test('counts from the last change', () => {
    const watch = new Watch(manual, budget);
    watch.answer(seen(), now);
    watch.answer(seen({ revision: 6 }), now + 15);
    expect(watch.leaseHasRunOut(now + 35)).toBe(false);
  });

  test('takes no mint for its own that has not ended', () => {
    const watch = new Watch(manual, budget);
    watch.answer(seen({ attempts: 1 }), now);
    expect(watch.answer(seen({ attempts: 2, endedAttempt: 1 }), now)).toBeUndefined();
    expect(watch.answer(seen({ attempts: 2, endedAttempt: 2 }), now)).toEqual({
      state: 'usable',
      generation: 2,
    });
  });

  test('by schedule goes on although a mint has ended', () => {
    const watch = new Watch({ reason: 'due' }, budget);
    watch.answer(seen({ attempts: 1 }), now);
    expect(watch.answer(seen({ attempts: 2 }), now)).toBeUndefined();
  });
});

describe('a count of the day', () => {
  test('begins anew with the next day in China', () => {
    expect(countedToday({ day: '2027-01-14', count: 7 }, now)).toBe(0);
    expect(oneMore({ day: '2027-01-14', count: 7 }, now)).toEqual({ day: '2027-01-15', count: 1 });
  });

  test('goes on where another clock has begun the next day', () => {
    expect(oneMore({ day: '2027-01-16', count: 7 }, now)).toEqual({ day: '2027-01-16', count: 8 });
  });
});
