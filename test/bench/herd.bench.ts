import { describe, expect, test } from '@jest/globals';
import { clientNames } from '../../bench/herd-clients.ts';
import { herdTables } from '../../bench/herd-table.ts';
import { runHerd, scenarioNames } from '../../bench/herd.ts';

/** What the benchmark shows of this project, with fewer processes and without its clock times. */
const ours = clientNames.filter((name) => name.startsWith('keyring'));
const calls = 24;

describe.each(ours)('a herd of calls at %s', (client) => {
  test('costs one mint, and every call succeeds; a bad secret costs one call and then none', async () => {
    const results = await runHerd({ client, processes: 3, calls, latencyMs: 10, giveUpMs: 20_000 });
    const counts = results.map(({ scenario, mints, succeeded, upstream }) => ({
      scenario,
      mints,
      succeeded,
      upstream,
    }));

    expect(scenarioNames).toEqual(counts.map(({ scenario }) => scenario));
    expect(counts).toEqual([
      { scenario: 'cold', mints: 1, succeeded: calls, upstream: calls + 1 },
      { scenario: 'expired', mints: 1, succeeded: calls, upstream: calls + 1 },
      // Each call meets the dead token once, and one asks WeChat again before it is replaced.
      { scenario: 'revoked', mints: 1, succeeded: calls, upstream: 2 * calls + 2 },
      { scenario: 'bad secret, 40125', mints: 1, succeeded: 0, upstream: 1 },
      { scenario: 'bad secret, 40001', mints: 1, succeeded: 0, upstream: 1 },
    ]);
  });
});

test('a raw call of a function on its own reads once, mints once and calls once', async () => {
  const herd = {
    client: 'raw, a function each',
    processes: 2,
    calls: 4,
    latencyMs: 5,
    giveUpMs: 20_000,
  } as const;
  const [row] = await runHerd(herd, ['cold']);
  expect(row).toMatchObject({ succeeded: 4, mints: 4, upstream: 8, readsEach: 1, writesEach: 0 });
});

test('a client that cannot run here has a row that says why', () => {
  const conditions = { cores: 2, node: 'v24.0.0', processes: 8, latencyMs: 30 };
  const table = herdTables(conditions, [], { WxJava: 'no mvn, redis-server here' });
  const [head = '', , row = ''] = table.split('\n').filter((line) => line.startsWith('|'));
  expect(row).toMatch(/^\| WxJava \| skipped: no mvn, redis-server here \|/);
  expect(row.split('|').length).toBe(head.split('|').length);
});
