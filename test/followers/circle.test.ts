import { expect, test } from '@jest/globals';
import { goOn, type Circle } from '../../shared/followers/sync/circle.ts';

/** How many places of an endless walk are looked at until it is seen that it goes round: `before` lead into `round`. */
function looks(before: number, round: number): number {
  let seen: Circle | undefined;
  for (let place = 0; ; place += 1) {
    const cursor = place < before ? `before ${place}` : `round ${(place - before) % round}`;
    const next = goOn(seen, cursor);
    if (next === 'round') return place + 1;
    seen = next;
  }
}

test.each([
  [0, 1, 2],
  [0, 2, 3],
  [0, 100, 101],
  [1, 2, 4],
  [10, 3, 19],
])('a walk of %d places into a round of %d is seen after %d', (before, round, expected) => {
  expect(looks(before, round)).toBe(expected);
});

test('any walk that goes round is seen within three times its length', () => {
  for (let before = 0; before < 40; before += 1) {
    for (let round = 1; round < 40; round += 1) {
      expect(looks(before, round)).toBeLessThanOrEqual(3 * (before + round) + 1);
    }
  }
});

test('a walk that goes nowhere twice is never taken for a round', () => {
  let seen: Circle | undefined;
  for (let place = 0; place < 1000; place += 1) {
    const next = goOn(seen, `${place}`);
    expect(next).not.toBe('round');
    if (next !== 'round') seen = next;
  }
});
