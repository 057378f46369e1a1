import { describe, expect, test } from '@jest/globals';
import { signCard, signJsSdk } from '../../shared/wechat/jssdk.ts';

// The values of the documentation's own examples.
const page = {
  ticket: 'sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg',
  nonce: 'Wm3WZYTPz0wzccnW',
  timestamp: 1414587457,
};

describe('the JS-SDK signature', () => {
  test.each([
    ['http://mp.weixin.qq.com?params=value', '0f9de62fce790f9a083d5c99e95740ceb90c27ed'],
    ['http://mp.weixin.qq.com', 'f4d90daf4b3bca3078ab155816175ba34c443a7b'],
  ])('of %s is the documented one', (url, signature) => {
    expect(signJsSdk({ ...page, url })).toBe(signature);
  });

  test('leaves the fragment out', () => {
    expect(signJsSdk({ ...page, url: 'http://mp.weixin.qq.com?params=value#/route#2\nx' })).toBe(
      '0f9de62fce790f9a083d5c99e95740ceb90c27ed',
    );
  });

  test('takes the URL as it is, encoded or not', () => {
    const encoded = signJsSdk({ ...page, url: 'https://a.example/?q=%E4%BD%A0' });
    expect(encoded).not.toBe(signJsSdk({ ...page, url: 'https://a.example/?q=你' }));
  });
});

describe('the card signature', () => {
  const values = [
    'ojZ8YtyVyr30HheH3CM73y7h4jJE',
    '1404896688',
    'pjZ8Yt1XGILfi-FUsewpnnolGgZk',
    '1434008071',
    '123',
  ];

  test('is the documented one', () => {
    expect(signCard(values)).toBe('f137ab68b7f8112d20ee528ab6074564e2796250');
  });

  test('does not depend on the order of the values', () => {
    expect(signCard([...values].reverse())).toBe('f137ab68b7f8112d20ee528ab6074564e2796250');
  });

  test('leaves the given list as it is', () => {
    const given = ['b', 'a'];
    signCard(given);
    expect(given).toEqual(['b', 'a']);
  });
});
