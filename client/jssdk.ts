import type { components } from './api.ts';
import { KeyringError } from './errors.ts';

/** Of WeChat's JS-SDK, `wx`, what its set-up takes. */
export interface Wx {
  config(settings: Readonly<Record<string, unknown>>): void;
  ready(then: () => void): void;
  error(then: (reason: { readonly errMsg?: string }) => void): void;
}

/** What a page wants of the JS-SDK. */
export interface WxSettings {
  /** The calls that the page makes, such as `scanQRCode`. */
  readonly jsApiList: readonly string[];
  /** The tags that the page shows, such as `wx-open-launch-app`. */
  readonly openTagList?: readonly string[];
  /** Has WeChat show the result of each call. */
  readonly debug?: boolean;
  /** The address to sign for, without its fragment. Default: the page's own. */
  readonly url?: string;
  /** Milliseconds until it is given up: outside of WeChat the JS-SDK never answers. Default: 10,000. */
  readonly timeoutMs?: number;
}

/**
 * Passes the signature to `wx.config`, and waits for WeChat's word. Rejects with a KeyringError: `wx_config_failed`
 * when WeChat refuses the signature, `wx_not_ready` when it says nothing.
 *
 * @see https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 */
export function configure(
  wx: Wx,
  config: components['schemas']['JssdkConfig'],
  { jsApiList, openTagList, debug, timeoutMs = 10_000 }: WxSettings,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new KeyringError('wx_not_ready')), timeoutMs);
    // WeChat calls `ready` after a failure, too, but `error` first.
    wx.ready(() => {
      clearTimeout(timer);
      resolve();
    });
    wx.error(({ errMsg }) => {
      clearTimeout(timer);
      reject(new KeyringError('wx_config_failed', { detail: errMsg }));
    });
    wx.config({
      ...config,
      jsApiList,
      ...(openTagList !== undefined && { openTagList }),
      ...(debug !== undefined && { debug }),
    });
  });
}
