import { expect, test } from '@jest/globals';
import { followersTables } from '../../bench/followers-table.ts';
import { runFollowers, runLoops } from '../../bench/followers.ts';

test('the benchmark syncs accounts in processes of their own, and counts what that asks for', async () => {
  const options = { sizes: [101, 130], thoroughUpTo: 101, rounds: 1, onDisk: false };
  const result = await runFollowers(options, () => undefined);
  expect(result.syncs.map(({ size, what, followers, calls }) => ({ size, what, followers, calls }))).toEqual([
    { size: 101, what: 'list, nobody known', followers: 101, calls: { '/cgi-bin/user/get': 2 } },
    {
      size: 101,
      what: 'details of all',
      followers: 101,
      calls: { '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 2 },
    },
    { size: 101, what: 'nothing changed', followers: 101, calls: { '/cgi-bin/user/get': 2 } },
    { size: 101, what: '1 % changed', followers: 101, calls: { '/cgi-bin/user/get': 2 } },
    { size: 130, what: 'list, nobody known', followers: 130, calls: { '/cgi-bin/user/get': 2 } },
    { size: 130, what: 'nothing changed', followers: 130, calls: { '/cgi-bin/user/get': 2 } },
    { size: 130, what: '1 % changed', followers: 130, calls: { '/cgi-bin/user/get': 2 } },
  ]);
  for (const { sync } of result.syncs) expect(sync.peakMiB).toBeGreaterThan(20);
  expect(result.pages.map(({ size }) => size)).toEqual([101, 130, 101, 130, 101, 130]);
  expect(followersTables(result, [])).toContain('| 130 | list, nobody known | 130 | 2 | 0 |');
});

test('the loops beside it ask for each follower, or for a hundred at once', async () => {
  expect(await runLoops(101)).toMatchObject([
    { calls: { '/cgi-bin/token': 1, '/cgi-bin/user/get': 2, '/cgi-bin/user/info/batchget': 2 } },
    { calls: { '/cgi-bin/user/info': 101 } },
  ]);
});
