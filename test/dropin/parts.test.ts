import { describe, expect, test } from '@jest/globals';
import type { CredentialReader, Replacement } from '../../shared/credentials/reader.ts';
import { Breaker } from '../../shared/dropin/breaker.ts';
import { withPatience } from '../../shared/dropin/patience.ts';
import { sharedToken } from '../../shared/dropin/shared-token.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';

test('a breaker that knows many pairs forgets none whose minute is not over', async () => {
  const clock = standingClock();
  const breaker = new Breaker(clock);
  const refute = (path: string) => {
    for (let verdict = 0; verdict < 3; verdict += 1) breaker.refuted('key', path, {});
  };
  for (let pair = 0; pair <= 1000; pair += 1) refute(`/cgi-bin/${pair}`);
  expect([breaker.mayCheck('key', '/cgi-bin/0'), breaker.mayCheck('key', '/cgi-bin/1000')]).toEqual([
    false,
    false,
  ]);
  await clock.advance(60);
  expect(breaker.mayCheck('key', '/cgi-bin/0')).toBe(true);
});

test('who has had an answer leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  await withPatience(60_000, () => Promise.resolve('answered'));
  expect(timers()).toBe(before);
});

describe('of a shared token that may have been rejected', () => {
  const credential = { revision: 1, generation: 1, value: 'value-1', usableUntil: 2_000_000_000 };

  /** How often it is told that WeChat accepts the token. */
  async function refutations(replacement: Replacement): Promise<number> {
    let told = 0;
    const reader: Pick<CredentialReader, 'getStored' | 'replacement' | 'moment'> = {
      getStored: () => Promise.resolve(credential),
      replacement: () => Promise.resolve(replacement),
      moment: () => 1,
    };
    await sharedToken(reader, parseAppId('wx0123456789abcdef'), {
      isDoubted: true,
      onRefuted: () => void (told += 1),
    });
    return told;
  }

  test.each<[string, Replacement, number]>([
    ['that WeChat accepts it is told', { credential, unchecked: undefined }, 1],
    ['nothing is told where WeChat gave no verdict', { credential, unchecked: 'wechat_busy' }, 0],
    [
      'nothing is told where there is another one',
      { credential: { ...credential, generation: 2 }, unchecked: undefined },
      0,
    ],
  ])('%s', async (_, replacement, times) => {
    expect(await refutations(replacement)).toBe(times);
  });
});
