import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkUserToken, getUserProfile } from '../../shared/wechat/authorization.ts';
import { getFollower, getFollowers, listFollowers } from '../../shared/wechat/followers.ts';
import { getTicket } from '../../shared/wechat/ticket.ts';
import {
  parseAppId,
  parseGlobalAccessToken,
  parseOpenid,
  parseUserAccessToken,
} from '../../shared/wechat/tokens.ts';

const globalToken = parseGlobalAccessToken('84_global-token_AAAA');
const userToken = parseUserAccessToken('84_user-token_BBBB');
const openid = 'oOPENID-1';

describe('the two kinds of access token', () => {
  test('never compile where the other is meant', () => {
    // The type checker is the judge: an unused expectation below is an error of `npm run typecheck`.
    const misuses = [
      // @ts-expect-error a user's token opens no follower list
      () => listFollowers(userToken),
      // @ts-expect-error a user's token opens no follower
      () => getFollower(userToken, { openid }),
      // @ts-expect-error a user's token opens no followers
      () => getFollowers(userToken, { openids: [openid] }),
      // @ts-expect-error a user's token opens no ticket
      () => getTicket(userToken, { type: 'jsapi' }),
      // @ts-expect-error the account's token opens no user's profile
      () => getUserProfile(globalToken, { openid }),
      // @ts-expect-error the account's token is no user's token
      () => checkUserToken(globalToken, { openid }),
      // @ts-expect-error a text is no token before it is parsed
      () => listFollowers('84_global-token_AAAA'),
      // @ts-expect-error a text is no token before it is parsed
      () => getUserProfile('84_user-token_BBBB', { openid }),
    ];
    expect(misuses).toHaveLength(8);
  });

  test('are accepted at any length', () => {
    const token = `99_${'a'.repeat(2000)}`;
    expect(parseGlobalAccessToken(token)).toBe(token);
    expect(parseUserAccessToken(token)).toBe(token);
  });

  test.each([[''], ['has blank'], ['line\nbreak'], [undefined], [7], [null]])('are not %j', (value) => {
    expect(() => parseGlobalAccessToken(value)).toThrow(TypeError);
    expect(() => parseUserAccessToken(value)).toThrow(TypeError);
  });

  test('are not repeated by the error that refuses them', () => {
    expect(() => parseGlobalAccessToken('84_secret with blank')).toThrow(
      expect.objectContaining({ message: 'The value is not a global access token.' }),
    );
  });
});

describe('an appid', () => {
  test('is wx and 16 hexadecimal digits', () => {
    expect(parseAppId('wxba5fad812f8e6fb9')).toBe('wxba5fad812f8e6fb9');
  });

  test.each([
    ['gh_97417a04a28d'],
    ['wxba5fad812f8e6fb'],
    ['wxba5fad812f8e6fb9/'],
    ['wxba5fad812f8e6fbg'],
    [1],
  ])('is not %j', (value) => {
    expect(() => parseAppId(value)).toThrow(TypeError);
  });
});

describe('an openid', () => {
  test('is 1 to 64 letters, digits, hyphens and underscores', () => {
    const alphabet = 'ABCXYZabcxyz0189_-'.split('');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 64 }), (value) => {
        expect(parseOpenid(value)).toBe(value);
      }),
    );
  });

  test.each([[''], ['o'.repeat(65)], ['o#1'], ['../o1'], ['o1\n'], [undefined]])('is not %j', (value) => {
    expect(() => parseOpenid(value)).toThrow(TypeError);
  });
});
