import { describe, expect, test } from '@jest/globals';
import { chunksOf, cut } from '../../shared/followers/mirror/list-chunks.ts';
import { openidOf } from './rows.ts';

describe('chunks of a list', () => {
  test('are of segments that end though no openid says so', () => {
    const openids = Array.from({ length: 200_000 }, (_, nth) => openidOf(nth));
    const { segments, rest } = cut(openids, { isWhole: false });
    expect(Math.max(...segments.map(({ length }) => length))).toBe(768);
    expect([...segments.flat(), ...rest]).toEqual(openids);
  });

  test('are the same in whatever order their members are listed, and however often', () => {
    const openids = Array.from({ length: 30 }, (_, nth) => openidOf(nth));
    const inOrder = chunksOf(openids);
    const byShard = (chunks: typeof inOrder) => chunks.toSorted((one, other) => one.shard - other.shard);
    expect(byShard(chunksOf([...openids.toReversed(), ...openids]))).toEqual(byShard(inOrder));
  });
});
