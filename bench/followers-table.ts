import { units } from './dynamo-units.ts';
import type { FollowersResult, LoopResult, SyncResult } from './followers.ts';
import { markdownTable, whole } from './markdown-table.ts';

/** The results as Markdown. */
export function followersTables({ syncs, pages }: FollowersResult, loops: readonly LoopResult[]): string {
  const smallest = Math.min(...pages.map(({ size }) => size));
  return [
    markdownTable(
      [
        'followers',
        'what',
        'mirrored',
        'user/get',
        'batchget',
        'seconds',
        'sync, MiB',
        'details, MiB',
        'writes',
        'read units',
      ],
      syncs.map((sync) => [
        whole(sync.size),
        sync.what,
        whole(sync.followers),
        whole(sync.calls['/cgi-bin/user/get'] ?? 0),
        whole(sync.calls['/cgi-bin/user/info/batchget'] ?? 0),
        sync.seconds.toFixed(0),
        sync.sync.peakMiB.toFixed(0),
        sync.details?.peakMiB.toFixed(0) ?? '–',
        whole(spent(sync, 'writes')),
        whole(spent(sync, 'reads')),
      ]),
    ),
    markdownTable(
      ['page', 'followers', 'p50 ms', 'p99 ms', `p50 over ${whole(smallest)}`, 'read units'],
      pages.map(({ what, size, p50Ms, p99Ms, reads }) => {
        const least = pages.find((other) => other.what === what && other.size === smallest)?.p50Ms ?? p50Ms;
        return [
          what,
          whole(size),
          p50Ms.toFixed(2),
          p99Ms.toFixed(2),
          (p50Ms / least).toFixed(2),
          reads.toFixed(1),
        ];
      }),
    ),
    markdownTable(
      ['loop', 'followers', 'calls to WeChat', 'seconds', 'reckoned for 1,000,000'],
      loops.map(({ what, size, calls, seconds }) => {
        const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
        return [what, whole(size), whole(all), seconds.toFixed(1), whole(callsForAMillion(calls, size))];
      }),
    ),
  ].join('\n\n');
}

/** By reckoning: pages have 10,000 and one more is empty, a token is one call, and the rest is for each so many people. */
function callsForAMillion(calls: LoopResult['calls'], size: number): number {
  const { '/cgi-bin/token': tokens = 0, '/cgi-bin/user/get': pages = 0, ...forPeople } = calls;
  const people = Object.values(forPeople).reduce((sum, count) => sum + count, 0);
  return tokens + (pages > 0 ? 101 : 0) + (people / size) * 1_000_000;
}

function spent({ sync, details }: SyncResult, kind: 'reads' | 'writes'): number {
  return units(sync, kind) + (details ? units(details, kind) : 0);
}
