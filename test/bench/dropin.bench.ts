import { expect, test } from '@jest/globals';
import { runDropIn } from '../../bench/dropin.ts';

test('a call through the drop-in costs no DynamoDB operation, and outlives a revocation at one mint and one check', async () => {
  const results = await runDropIn({ times: 20, latencyMs: 2, clients: 4, calls: 40, revocations: 1 });
  expect(results.passed).toMatchObject({ reads: 0, writes: 0 });
  expect(results.revoked).toMatchObject({ calls: 40, failures: 0, revocations: 1, mints: 1, checks: 1 });
});
