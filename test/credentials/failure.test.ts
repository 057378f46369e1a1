import { expect, test } from '@jest/globals';
import { SecretUnreadable } from '../../shared/accounts/secrets.ts';
import type { Failure } from '../../shared/credentials/credential.ts';
import {
  describeFailure,
  isNews,
  isOfQuota,
  MintBudgetSpent,
  RejectedTokenKept,
} from '../../shared/credentials/failure.ts';
import { LenderError } from '../../shared/credentials/lender-mint.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';

const now = 1_800_000_000;

test.each([
  ['of a day', 72_000, 600],
  ['of a moment', 0.2, 1],
  ['that lies in the past', -5, 1],
  ['that is no number', Number.POSITIVE_INFINITY, 60],
])('a lender’s word %s about when to come back is believed within bounds', (_, retryAfter, pause) => {
  const error = new LenderError('lender_unreachable', 'It answered 503.', 'Look at it.', retryAfter);
  expect(describeFailure(error, {}, { now, usesUpMints: false }).failure.retryAt).toBe(now + pause);
});

test('a ticket does not wait for longer than ten minutes because its token does', () => {
  const error = new KeyringError('credential_unavailable', 'mint_budget_spent', { retryAfter: 50_000 });
  expect(describeFailure(error, {}, { now, usesUpMints: false }).failure.retryAt).toBe(now + 600);
});

test('of an error that nobody knows only its name is kept, for its message may name a resource', () => {
  const error = new RangeError('arn:aws:secretsmanager:us-east-1:123456789012:secret:a');
  const { failure } = describeFailure(error, {}, { now, usesUpMints: false });
  expect(failure).toMatchObject({
    code: 'internal',
    message: expect.stringContaining('(RangeError)'),
  });
  expect(JSON.stringify(failure)).not.toContain('arn:');
});

const answered = (errcode: number) =>
  new WeChatApiError({ api: '/cgi-bin/token', errcode, errmsg: 'said', secrets: [] });
const unanswered = new WeChatUnreachableError({ api: '/cgi-bin/token', reason: 'reset' });
/** Of a failure that is the first one. */
const described = (error: unknown, usesUpMints = false) => describeFailure(error, {}, { now, usesUpMints });
const dayEnd = now - (now % 86_400) + 16 * 3600;

test.each<[string, unknown, Partial<Failure> & { retryAt: number }]>([
  [
    'a used-up quota of the day',
    answered(45009),
    { code: 'wechat_quota_day', needsPerson: true, retryAt: now + 600 },
  ],
  [
    'a used-up quota of the minute',
    answered(45011),
    { code: 'wechat_quota_minute', needsPerson: false, retryAt: now + 60 },
  ],
  ['a busy WeChat', answered(-1), { code: 'wechat_busy', needsPerson: false, retryAt: now + 5 }],
  ['a wrong secret', answered(40125), { needsPerson: true, retryAt: now + 300 }],
  ['an address that is not allowed', answered(40164), { needsPerson: true, retryAt: now + 300 }],
  ['one that awaits confirmation', answered(89503), { needsPerson: true, retryAt: now + 300 }],
  ['one that is blocked', answered(89507), { needsPerson: true, retryAt: now + 300 }],
  ['a missing permission', answered(48001), { needsPerson: true, retryAt: now + 300 }],
  ['no answer', unanswered, { code: 'wechat_reset', needsPerson: false, retryAt: now + 5 }],
  [
    'a lender that refuses',
    new LenderError('lender_refused', 'It answered 403.', 'Make a key.'),
    {
      code: 'lender_refused',
      message: 'It answered 403.',
      advice: 'Make a key.',
      needsPerson: true,
      retryAt: now + 300,
    },
  ],
  [
    'a lender that is out of reach',
    new LenderError('lender_unreachable', 'It answered 500.', 'Look.'),
    { code: 'lender_unreachable', needsPerson: false, retryAt: now + 5 },
  ],
  [
    'a token that comes back although it is rejected',
    new RejectedTokenKept(now + 5000),
    {
      code: 'rejected_token_kept',
      message: 'WeChat hands back the very value that it rejects, and no forced refresh is allowed now.',
      advice:
        'Wait: WeChat is asked again every few minutes whether it accepts the token, and it is refreshed by force as soon as that is allowed.',
      needsPerson: false,
      retryAt: now + 60,
    },
  ],
  ['the same, where a force is allowed sooner', new RejectedTokenKept(now + 30), { retryAt: now + 30 }],
  [
    'a rejected token for which no force is left today',
    RejectedTokenKept.untilTomorrow(now),
    {
      code: 'rejected_token_kept',
      advice:
        'The forced refreshes of the day are used up. WeChat is asked again every few minutes whether it accepts the token. Or change to classic mode, if nothing else mints for this account: account set-mode <account> classic.',
      needsPerson: true,
      retryAt: now + 60,
    },
  ],
  [
    'a spent budget',
    new MintBudgetSpent(200),
    {
      code: 'mint_budget_spent',
      message: 'The budget of 200 mints a day is spent.',
      advice:
        'Find out what keeps replacing the token: another system that mints it, most likely. A refresh by hand works all the same.',
      needsPerson: true,
      retryAt: dayEnd,
    },
  ],
  [
    'a fault of the service',
    new KeyringError('credential_unavailable', 'why'),
    {
      code: 'credential_unavailable',
      message: 'credential_unavailable: why',
      advice: 'It is tried again by itself.',
      needsPerson: false,
      retryAt: now + 5,
    },
  ],
  [
    'a secret that cannot be read',
    new SecretUnreadable('it is missing'),
    {
      code: 'secret_unreadable',
      message: "The account's secret could not be read: it is missing.",
      advice: 'Check that the secret exists and that the refresh function may read it.',
      needsPerson: false,
      retryAt: now + 5,
    },
  ],
  [
    'anything else',
    new RangeError('secret'),
    {
      code: 'internal',
      message: 'The service itself failed (RangeError).',
      advice: 'It is tried again by itself. If it lasts, look into the log of the refresh function.',
      needsPerson: false,
      retryAt: now + 5,
    },
  ],
])('%s: what is told, and when it is tried again', (_, error, expected) => {
  expect(described(error).failure).toMatchObject({ ...expected, count: 1, at: now });
});

test('errors have names of their own, by which logs tell them', () => {
  expect(new RejectedTokenKept(now).name).toBe('RejectedTokenKept');
  expect(new MintBudgetSpent(1).name).toBe('MintBudgetSpent');
});

test.each([
  ['no answer', unanswered, true],
  ['a busy WeChat', answered(-1), true],
  ['a refusal', answered(40164), false],
  ['a fault that is not of WeChat', new MintBudgetSpent(1), false],
])('after %s a token may have been made: %s', (_, error, isSo) => {
  expect(described(error).mayHaveMinted).toBe(isSo);
});

/** The pauses after so many of the same failure in a row, in seconds. */
function pausesOf(
  error: unknown,
  { rounds, usesUpMints = false }: { rounds: number; usesUpMints?: boolean },
) {
  const pauses: number[] = [];
  let before: Parameters<typeof describeFailure>[1] = {};
  for (let round = 0; round < rounds; round++) {
    const { failure, pauses: counted } = describeFailure(error, before, { now, usesUpMints });
    expect(failure.count).toBe(round + 1);
    pauses.push(failure.retryAt - now);
    before = { failure, pauses: counted };
  }
  return pauses;
}

test('pauses double, up to a minute, and to an hour where a person has to act', () => {
  expect(pausesOf(unanswered, { rounds: 6 })).toEqual([5, 10, 20, 40, 60, 60]);
  expect(pausesOf(answered(40164), { rounds: 6 })).toEqual([300, 600, 1200, 2400, 3600, 3600]);
  expect(pausesOf(new RejectedTokenKept(now + 9000), { rounds: 6 })).toEqual([60, 120, 240, 480, 600, 600]);
});

test('only mints that use up those of the day, and may have been made, become rare', () => {
  expect(pausesOf(unanswered, { rounds: 12, usesUpMints: true }).slice(8)).toEqual([60, 60, 600, 600]);
  expect(pausesOf(unanswered, { rounds: 12 }).slice(8)).toEqual([60, 60, 60, 60]);
  expect(pausesOf(new MintBudgetSpent(1), { rounds: 12, usesUpMints: true })[11]).toBe(dayEnd - now);
  const other = new SecretUnreadable('it is missing');
  expect(pausesOf(other, { rounds: 12, usesUpMints: true }).slice(8)).toEqual([60, 60, 60, 60]);
});

test('a failure of another kind begins with the first pause, and counts on', () => {
  const first = described(answered(40164));
  const { failure, pauses } = describeFailure(unanswered, first, { now, usesUpMints: true });
  expect(failure).toMatchObject({ count: 2, retryAt: now + 5 });
  expect([first.pauses.kind, pauses.kind, described(unanswered).pauses.kind]).toEqual([
    'person',
    'open',
    'other',
  ]);
});

test.each([
  ['one that needs somebody', { needsPerson: true, count: 1 }, undefined, true],
  ['one that should have passed', { needsPerson: false, count: 10 }, undefined, true],
  ['not one that may pass', { needsPerson: false, count: 9 }, undefined, false],
  ['not one that was told', { needsPerson: true, count: 2 }, ['wechat_busy'], false],
  ['one of another kind', { needsPerson: true, count: 2 }, ['wechat_reset'], true],
])('a person is told of a failure: %s', (_, about, told, isSo) => {
  const failure = { ...described(answered(-1)).failure, ...about };
  expect(isNews(failure, told)).toBe(isSo);
});

test.each([
  [answered(45009), true],
  [answered(45011), true],
  [answered(-1), false],
  [unanswered, false],
  [new KeyringError('wechat_quota'), true],
  [new KeyringError('credential_unavailable'), false],
  [new Error('wechat_quota'), false],
])('%s: whether a quota is what refused it is %s', (error, isSo) => {
  expect(isOfQuota(error)).toBe(isSo);
});
