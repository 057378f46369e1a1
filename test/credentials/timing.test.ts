import { expect, test } from '@jest/globals';
import { manifest } from '../../functions/manifest.ts';
import { defaultLimits } from '../../shared/platform/aws-json.ts';
import { attempts as awsAttempts } from '../../shared/platform/aws-post.ts';
import * as timing from '../../shared/credentials/timing.ts';

const { connectionSeconds, silenceSeconds, attempts } = timing.databaseLimits;
const now = 1_800_000_000;

/** How long DynamoDB can keep a caller who gets no answer. The pauses between attempts are below 0.1 s. */
const databaseSeconds = (connectionSeconds + silenceSeconds + 0.1) * attempts;

test.each([
  ['a stable one lives to its end', 'stable', 5000],
  ['a ticket, too', 'ticket', 5000],
  ['a classic one dies minutes after the next renewal', 'classic', 1270],
  ['one of which nobody noted how it was got dies no later', undefined, 1270],
] as const)('of a value that somebody takes along, %s', (_, valueMode, seconds) => {
  const credential = { usableUntil: now + 5000, refreshAt: now + 1000, valueMode };
  expect(timing.remainingLife(credential, now)).toBe(seconds);
});

test('a value that has ended lives for no more seconds', () => {
  expect(timing.remainingLife({ usableUntil: now - 5, valueMode: 'stable' }, now)).toBe(0);
});

test('what a lease holder asks of the outside ends in time for the result to be written within the lease', () => {
  expect(timing.leaseCallsSeconds + databaseSeconds).toBeLessThan(timing.leaseSeconds);
});

test('the AppSecret is read in time for the token to be asked for', () => {
  // With pauses below 0.2 and 0.4 s between the attempts.
  expect((defaultLimits.deadlineMs / 1000) * awsAttempts + 0.6).toBeLessThan(timing.leaseCallsSeconds);
});

test('a check leaves time for the forced refresh that it may lead to', () => {
  expect(timing.checkSeconds + timing.mintAttemptSeconds).toBeLessThan(timing.leaseCallsSeconds);
});

test('a borrowed token can be asked for and reported within the time for calls', () => {
  expect(2 * timing.lenderRequestSeconds).toBeLessThan(timing.leaseCallsSeconds);
});

test('who waits for a holder that dies after a check and the start of a mint sees its lease end', () => {
  expect(timing.checkSeconds + timing.leaseSeconds).toBeLessThan(timing.waitSeconds);
});

test('a request still has time to answer after it has waited', () => {
  // API Gateway ends a request after 30 seconds.
  expect(timing.turnSeconds + timing.waitSeconds).toBeLessThan(29);
});

test('the refresh function has the time to wait for a lease, to lose its own, and to put that on record', () => {
  const { timeoutSeconds = 0 } = manifest['credentials/refresh-credentials'];
  const { waitSeconds, checkSeconds, leaseCallsSeconds, noticeSeconds, noteSeconds } = timing;
  const settling = Math.max(3 * timing.settleSeconds, timing.settleTries * databaseSeconds);
  const worst = waitSeconds + checkSeconds + leaseCallsSeconds + databaseSeconds + settling;
  // A booking and an alarm with its note, or a booking and the starts of two tickets.
  expect(worst + databaseSeconds + 3 * noticeSeconds + noteSeconds).toBeLessThan(timeoutSeconds);
});

test.each([
  ['a stable one in its last 240 seconds', 'stable', 7000, 6760],
  ['a ticket, too', 'ticket', 7000, 6760],
  ['a classic one after 110 minutes', 'classic', 7200, 6600],
  ['a classic one ten minutes before a sooner end', 'classic', 5000, 4400],
  ['a classic one of a short life at half of it', 'classic', 1001, 500],
  ['a value near its end in a minute', 'stable', 250, 60],
  ['a value of a very long life after two hours', 'stable', 100_000, 7200],
  ['a classic one of a very long life after 110 minutes', 'classic', 100_000, 6600],
] as const)('%s is asked for again', (_, renewal, expiresIn, seconds) => {
  expect(timing.lifetime(renewal, now, expiresIn)).toEqual({
    expiresAt: now + expiresIn,
    usableUntil: now + expiresIn,
    refreshAt: now + seconds,
  });
});

test.each([
  ['whose renewal is late lives for its grace from now', 'classic', { refreshAt: now - 100 }, 270],
  ['that ends before its grace lives to its end', 'classic', { refreshAt: now + 4900 }, 5000],
  ['whose renewal is not known lives to its end', 'classic', {}, 5000],
] as const)('a value %s', (_, valueMode, about, seconds) => {
  expect(timing.remainingLife({ usableUntil: now + 5000, valueMode, ...about }, now)).toBe(seconds);
});
