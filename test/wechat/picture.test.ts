import { describe, expect, test } from '@jest/globals';
import { pictureUrl } from '../../shared/wechat/picture.ts';

describe('the address of a picture', () => {
  test.each([
    'https://thirdwx.qlogo.cn/mmopen/vi_32/x/132',
    'https://example.com/a.png?size=0',
    'http://pictures.example.com/a/0',
    'http://notqlogo.cn/a/0',
  ])('%s is one', (address) => {
    expect(pictureUrl(address)).toBe(address);
  });

  test.each([
    ['http://wx.qlogo.cn/mmopen/x/0', 'https://wx.qlogo.cn/mmopen/x/0'],
    ['HTTP://WX.QLOGO.CN/mmopen/x/0', 'https://wx.qlogo.cn/mmopen/x/0'],
    ['http://qlogo.cn/x/0', 'https://qlogo.cn/x/0'],
  ])('%s is at WeChat, which serves %s too', (address, url) => {
    expect(pictureUrl(address)).toBe(url);
  });

  test.each([
    ' https://example.com/a"onerror="alert(1)/0',
    'https://example.com/<script>/0',
    'https://example.com/a\n/0',
  ])('%j is one that a page can hold', (address) => {
    expect(pictureUrl(address)).toMatch(/^https:\/\/example\.com\/[^\s"<>]*$/);
  });

  test.each([
    '/0',
    '/132',
    '',
    'x',
    '//wx.qlogo.cn/mmopen/x/0',
    'javascript:alert(1)//0',
    'data:image/png;base64,AA==',
    'ftp://example.com/a',
    'https://',
  ])('%j is none', (address) => {
    expect(pictureUrl(address)).toBeUndefined();
  });
});
