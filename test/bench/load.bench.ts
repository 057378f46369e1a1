import { expect, test } from '@jest/globals';
import { loadTables, runLoad } from '../../bench/load.ts';

const quiet = { processes: 2, seconds: 2, atOnce: 2, busy: 0, throttled: 0, revokeEvery: 0 };

test('without faults no request fails', async () => {
  const results = await runLoad(quiet);
  const [all] = results.rows;
  expect(all?.requests).toBeGreaterThan(0);
  expect(all?.failures).toEqual({});
  expect(results).toMatchObject({ injected: { busy: 0, throttled: 0, revocations: 0 }, unexplained: {} });
});

test('with faults no request fails that they do not explain', async () => {
  const results = await runLoad({ ...quiet, seconds: 6, busy: 0.2, throttled: 0.2, revokeEvery: 2 });
  expect(results.injected).toMatchObject({ busy: expect.any(Number), revocations: 2 });
  expect(results.injected.throttled).toBeGreaterThan(0);
  expect(results.unexplained).toEqual({});
  expect(loadTables(results)).toContain('| all |');
});
