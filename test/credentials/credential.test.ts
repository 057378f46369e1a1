import { describe, expect, test } from '@jest/globals';
import {
  isBackingOff,
  isNeeded,
  isUsable,
  outcomeOf,
  secondsLeft,
  usableEnd,
  type Credential,
  type Failure,
  type Need,
} from '../../shared/credentials/credential.ts';

const now = 1_800_000_000;
const manual: Need = { reason: 'manual' };
const due: Need = { reason: 'due' };
const missing: Need = { reason: 'missing' };
const tokenIsThere: Need = { reason: 'due', tokenGeneration: 4 };

function seen(about: Partial<Credential> = {}): Credential {
  return { revision: 5, generation: 2, value: 'v', usableUntil: now + 5000, ...about };
}

function failed(about: Partial<Failure> = {}): Failure {
  return {
    code: 'wechat_busy',
    message: '',
    advice: '',
    needsPerson: false,
    count: 1,
    at: now - 5,
    retryAt: now + 5,
    ...about,
  };
}

describe('a value', () => {
  test.each([
    ['until half a minute before its end', seen({ usableUntil: now + 31 }), true],
    ['not in the last half minute', seen({ usableUntil: now + 30 }), false],
    ['not where there is none', seen({ value: undefined }), false],
    ['not where nobody knows its end', seen({ usableUntil: undefined }), false],
  ])('is handed out %s', (_, credential, isSo) => {
    expect(isUsable(credential, now)).toBe(isSo);
    expect(outcomeOf(credential, now)).toEqual(
      isSo ? { state: 'usable', generation: 2 } : { state: 'unavailable', failure: undefined },
    );
  });

  test('is no longer handed out at a time that everybody can tell', () => {
    expect(usableEnd(seen())).toBe(now + 4970);
    expect(usableEnd(seen({ usableUntil: undefined }))).toBeUndefined();
  });

  test.each([
    [seen(), 5000],
    [seen({ usableUntil: now - 5 }), 0],
    [seen({ usableUntil: undefined }), 0],
    [seen({ value: undefined }), 0],
  ])('%# lives for the seconds that are left', (credential, seconds) => {
    expect(secondsLeft(credential, now)).toBe(seconds);
  });
});

describe('a back-off', () => {
  const limits = { now, mintBudget: 10 };
  const spent = seen({
    failure: failed({ code: 'mint_budget_spent' }),
    mints: { day: '2027-01-15', count: 10 },
  });

  test.each<[string, Need, Credential, boolean]>([
    ['holds until its end', due, seen({ failure: failed({ retryAt: now + 1 }) }), true],
    ['is over at its end', due, seen({ failure: failed({ retryAt: now }) }), false],
    ['is none without a failure', due, seen(), false],
    ['holds for a reader', missing, seen({ failure: failed() }), true],
    ['does not hold for a person', manual, seen({ failure: failed() }), false],
    ['holds while the budget is spent', due, spent, true],
    ['holds for a ticket that failed of itself', tokenIsThere, seen({ failure: failed() }), true],
    [
      'does not hold for a ticket once the token is there that it lacked',
      tokenIsThere,
      seen({ failure: failed({ code: 'credential_unavailable' }) }),
      false,
    ],
    [
      'holds for a ticket that lacked a token, before there is one',
      due,
      seen({ failure: failed({ code: 'credential_unavailable' }) }),
      true,
    ],
    [
      'holds for a reader of that ticket',
      missing,
      seen({ failure: failed({ code: 'credential_unavailable' }) }),
      true,
    ],
  ])('%s', (_, need, credential, isSo) => {
    expect(isBackingOff(need, credential, limits)).toBe(isSo);
  });

  test('is over once the budget has been raised', () => {
    expect(isBackingOff(due, spent, { now, mintBudget: 11 })).toBe(false);
  });

  test('of another failure is not', () => {
    expect(isBackingOff(due, { ...spent, failure: failed() }, { now, mintBudget: 11 })).toBe(true);
  });
});

describe('a refresh is needed', () => {
  test.each<[string, Need, Credential, boolean]>([
    ['by schedule when it is due', due, seen({ refreshAt: now }), true],
    ['by schedule not before', due, seen({ refreshAt: now + 1 }), false],
    ['by schedule where nobody knows when it is due', due, seen(), true],
    ['for a ticket of an older token', tokenIsThere, seen({ refreshAt: now + 9, tokenGeneration: 3 }), true],
    ['not for a ticket of that token', tokenIsThere, seen({ refreshAt: now + 9, tokenGeneration: 4 }), false],
    [
      'for a ticket of the first token',
      { reason: 'due', tokenGeneration: 0 },
      seen({ refreshAt: now + 9 }),
      true,
    ],
    [
      'for a ticket that lacked a token',
      tokenIsThere,
      seen({
        refreshAt: now + 9,
        tokenGeneration: 4,
        failure: failed({ code: 'credential_unavailable' }),
      }),
      true,
    ],
    [
      'not for a ticket that lacked a token, before there is one',
      due,
      seen({ refreshAt: now + 9, failure: failed({ code: 'credential_unavailable' }) }),
      false,
    ],
    ['by a reader that finds nothing usable', missing, seen({ usableUntil: 0 }), true],
    ['by a reader not where it finds something', missing, seen(), false],
    ['by a report of the value', { reason: 'rejected', generation: 2 }, seen(), true],
    ['by a report of another value not', { reason: 'rejected', generation: 1 }, seen(), false],
    [
      'by a report of another value where none is usable',
      { reason: 'rejected', generation: 1 },
      seen({ usableUntil: 0 }),
      true,
    ],
    ['by a person always', manual, seen({ refreshAt: now + 9 }), true],
  ])('%s', (_, need, credential, isSo) => {
    expect(isNeeded(need, credential, now)).toBe(isSo);
  });
});
