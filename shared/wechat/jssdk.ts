import { createHash } from 'node:crypto';

/**
 * The signature that `wx.config` takes: lower-case hexadecimal SHA-1. `url` is the page as the browser shows it;
 * its fragment is left out here, and nothing in it is encoded. `timestamp` is in Unix seconds. Note that the page
 * passes the nonce to `wx.config` as `nonceStr`, while it is signed as `noncestr`.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 */
export function signJsSdk(page: {
  readonly ticket: string;
  readonly url: string;
  readonly nonce: string;
  readonly timestamp: number;
}): string {
  const url = page.url.replace(/#.*$/su, '');
  return sha1(`jsapi_ticket=${page.ticket}&noncestr=${page.nonce}&timestamp=${page.timestamp}&url=${url}`);
}

/**
 * The signature of a card coupon: lower-case hexadecimal SHA-1 of the values, among them the `wx_card` ticket,
 * sorted and joined.
 * https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 */
export function signCard(values: readonly string[]): string {
  return sha1([...values].sort().join(''));
}

function sha1(text: string): string {
  return createHash('sha1').update(text, 'utf8').digest('hex');
}
