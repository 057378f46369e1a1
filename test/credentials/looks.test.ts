import { expect, test } from '@jest/globals';
import { Looks } from '../../shared/credentials/looks.ts';

/** When the first looks come, in milliseconds after the wait began. */
async function looksAt(random: () => number, count: number): Promise<number[]> {
  let now = 0;
  const clock = { now: () => now, sleep: (seconds: number) => Promise.resolve(void (now += seconds)) };
  const looks = new Looks(clock, random);
  const times: number[] = [];
  for (let look = 0; look < count; look += 1) {
    await looks.pause();
    times.push(Math.round(now * 1000));
  }
  return times;
}

test('who waits looks soon, and then less often', async () => {
  expect(await looksAt(() => 0.5, 9)).toEqual([40, 60, 90, 135, 203, 304, 456, 683, 1025]);
  expect((await looksAt(() => 0.5, 12)).slice(9)).toEqual([1425, 1825, 2225]);
});

test('each pause is up to a quarter shorter or longer', async () => {
  expect(await looksAt(() => 0, 3)).toEqual([30, 45, 68]);
  expect(await looksAt(() => 1, 3)).toEqual([50, 75, 113]);
});
