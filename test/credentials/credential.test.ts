import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import {
  credentialSchema,
  credentialStateSchema,
  isBackingOff,
  isNeeded,
  isToBeChecked,
  isUsable,
  isWorthwhile,
  needSchema,
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

describe('WeChat is asked about a value in doubt', () => {
  const doubtful = { unsettledSince: now - 60, expiresAt: now + 5000, refreshAt: now };

  test.each<[string, Credential, boolean]>([
    ['when the time for that has come', seen(doubtful), true],
    ['at once, where no time was set', seen({ ...doubtful, refreshAt: undefined }), true],
    ['not before', seen({ ...doubtful, refreshAt: now + 1 }), false],
    ['until half a minute before its end', seen({ ...doubtful, expiresAt: now + 31 }), true],
    ['not in the last half minute', seen({ ...doubtful, expiresAt: now + 30 }), false],
    ['not where nobody knows its end', seen({ ...doubtful, expiresAt: undefined }), false],
    ['not where there is none', seen({ ...doubtful, value: undefined }), false],
    [
      'once it has rejected it',
      seen({ ...doubtful, unsettledSince: undefined, rejectedGeneration: 2 }),
      true,
    ],
    ['not for another', seen({ ...doubtful, unsettledSince: undefined, rejectedGeneration: 1 }), false],
    ['and about no other', seen({ ...doubtful, unsettledSince: undefined }), false],
  ])('%s', (_, credential, isSo) => {
    expect(isToBeChecked(credential, now)).toBe(isSo);
  });

  test.each<[string, Need, Credential, boolean]>([
    ['is worth while when it is due', due, seen({ refreshAt: now }), true],
    ['is not where nothing is needed', due, seen({ refreshAt: now + 1 }), false],
    ['is not during a back-off', due, seen({ refreshAt: now, failure: failed() }), false],
    ['is where the value is in doubt then', due, seen({ ...doubtful, failure: failed() }), true],
  ])('a refresh %s', (_, need, credential, isSo) => {
    expect(isWorthwhile(need, credential, { now, mintBudget: 10 })).toBe(isSo);
  });
});

test.each<Need>([
  { reason: 'due' },
  { reason: 'due', tokenGeneration: 4 },
  { reason: 'due', bookedFor: now },
  { reason: 'missing' },
  { reason: 'manual' },
  { reason: 'manual', isProof: true },
  { reason: 'rejected', generation: 2 },
])('the need %j travels as it is', (need) => {
  expect(z.parse(needSchema, need)).toEqual(need);
});

test.each([[{}], [{ reason: 'bored' }], [{ reason: 'rejected' }], [{ reason: 'due', bookedFor: 'now' }]])(
  '%j is no need',
  (need) => {
    expect(z.safeParse(needSchema, need).success).toBe(false);
  },
);

test('a record comes back as it was stored', () => {
  const record: Credential = {
    ...seen({ mintedAt: now, expiresAt: now + 7200, refreshAt: now + 6960, valueMode: 'ticket' }),
    leaseOwner: 'me',
    leaseUntil: now + 20,
    releasedBy: 'you',
    checks: 3,
    verdict: { check: 3, accepted: false, code: 'wechat_busy' },
    rejectedGeneration: 1,
    unsettledSince: now,
    attempts: 8,
    endedAttempt: 7,
    mints: { day: '2027-01-15', count: 4 },
    tokenGeneration: 9,
    forced: { day: '2027-01-15', count: 1, lastAt: now },
    failure: failed(),
    pauses: { kind: 'open', count: 2 },
    told: ['wechat_busy'],
  };
  expect(z.parse(credentialSchema, record)).toEqual(record);
  expect(z.parse(credentialSchema, {})).toEqual({ revision: 0, generation: 0 });
  expect(z.parse(credentialStateSchema, record)).toEqual({
    generation: 2,
    usableUntil: now + 5000,
    failure: failed(),
  });
});

test.each([
  { valueMode: 'other' },
  { pauses: { kind: 'other kind', count: 1 } },
  { verdict: { check: 1 } },
  { mints: { day: 5, count: 1 } },
  { forced: { day: '2027-01-15', count: 1 } },
  { failure: { code: 'x' } },
  { told: 'x' },
])('a record with %j is none', (part) => {
  expect(z.safeParse(credentialSchema, part).success).toBe(false);
});
