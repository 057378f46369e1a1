import { describe, expect, test } from '@jest/globals';
import { startStack } from '../../local/stack.ts';
import { memoryTables } from '../kit/memory-table.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ports = { api: 0, simulator: 0, aws: 0 };

describe.each(['stable', 'classic'] as const)('the local stack in %s mode', (mode) => {
  test('mints once at the start, and never fails a call through 48 hours at 14 mints a day or fewer', async () => {
    const stack = await startStack({ ports, log: quiet, mode, followers: 3, tables: memoryTables() });
    try {
      const path = mode === 'stable' ? '/cgi-bin/stable_token' : '/cgi-bin/token';
      // Before it was stored the secret was tried, with the stable token.
      const trials = mode === 'stable' ? 1 : 0;
      const mints = async () => {
        const answer = await fetch(`${stack.simulator}/_sim/calls`);
        return (((await answer.json()) as Record<string, number>)[path] ?? 0) - trials;
      };
      expect(await mints()).toBe(1);
      const perDay: number[] = [];
      const failures: number[] = [];
      for (let day = 0; day < 2; day++) {
        const before = day === 0 ? 0 : await mints();
        for (let step = 0; step < 288; step++) {
          await stack.clock.advance(300);
          const answer = await fetch(`${stack.api}/v1/accounts/default/followers?limit=1`, {
            headers: { authorization: `Bearer ${stack.apiKey}` },
          });
          await answer.arrayBuffer();
          if (answer.status !== 200) failures.push(answer.status);
        }
        perDay.push((await mints()) - before);
      }
      expect(failures).toEqual([]);
      for (const count of perDay) expect(count).toBeLessThanOrEqual(14);
    } finally {
      await stack.close();
    }
  });
});
