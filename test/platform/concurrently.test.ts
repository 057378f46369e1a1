import { expect, test } from '@jest/globals';
import { concurrently } from '../../shared/platform/concurrently.ts';

test('no other is begun after a failure', async () => {
  const begun: number[] = [];
  const act = async (one: number) => {
    begun.push(one);
    await Promise.resolve();
    if (one === 2) throw new Error('two');
  };
  await expect(concurrently([1, 2, 3, 4, 5, 6], 2, act)).rejects.toThrow('two');
  await new Promise(setImmediate);
  // The third may have been begun before the failure was known.
  expect(begun.filter((one) => one > 3)).toEqual([]);
});
