import { expect, test } from '@jest/globals';
import { describeFailure } from '../../shared/credentials/failure.ts';
import { LenderError } from '../../shared/credentials/lender-mint.ts';
import { KeyringError } from '../../shared/platform/errors.ts';

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
