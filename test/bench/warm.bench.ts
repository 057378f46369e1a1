import { expect, test } from '@jest/globals';
import { runWarm, warmTable } from '../../bench/warm.ts';

test('a request to a warm function reads what can be another with each request, and no more', async () => {
  const results = await runWarm({ rounds: 1, requestsARound: 10 });
  expect(Object.fromEntries(results.map(({ what, reads }) => [what, reads]))).toEqual({
    'bare handler': 0,
    '`token`, built the usual way': 3,
    '`token`': 1,
    '`followers`, 100': 4,
    '`me`': 2,
    '`jssdk-config`': 0,
    'drop-in, `user/info`': 0,
  });
  for (const { cpuMs } of results) expect(cpuMs).toBeGreaterThanOrEqual(0);
  expect(warmTable(results).split('\n')).toHaveLength(2 + results.length);
});
