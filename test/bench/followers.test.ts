import { expect, test } from '@jest/globals';
import { followersTables } from '../../bench/followers-table.ts';
import { runFollowers, runLoops } from '../../bench/followers.ts';

test('the benchmark syncs accounts in processes of their own, and counts what that asks for', async () => {
  const options = { sizes: [120, 250], thoroughUpTo: 120, rounds: 1, onDisk: false };
  const result = await runFollowers(options, () => undefined);
  expect(result.syncs.map(({ size, what, followers, calls }) => ({ size, what, followers, calls }))).toEqual([
    { size: 120, what: 'list, nobody known', followers: 120, calls: { '/cgi-bin/user/get': 2 } },
    { size: 120, what: 'list, all known', followers: 120, calls: { '/cgi-bin/user/get': 2 } },
    {
      size: 120,
      what: 'details of all',
      followers: 120,
      calls: { '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 2 },
    },
    { size: 250, what: 'list, nobody known', followers: 250, calls: { '/cgi-bin/user/get': 2 } },
  ]);
  for (const { sync } of result.syncs) expect(sync.peakMiB).toBeGreaterThan(20);
  expect(result.pages.map(({ size }) => size)).toEqual([120, 250, 120, 250, 120, 250]);
  expect(followersTables(result, [])).toContain('| 250 | list, nobody known | 250 | 2 | 0 |');
});

test('the loops beside it ask for each follower, or for a hundred at once', async () => {
  expect(await runLoops(150)).toMatchObject([
    { calls: { '/cgi-bin/token': 1, '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 2 } },
    { calls: { '/cgi-bin/user/info': 150 } },
  ]);
});
