import type { components } from './api.ts';
import { abortedBy, heed, KeyringError } from './errors.ts';

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
  /** Ends the set-up, for a page that is left. What WeChat has begun goes on. */
  readonly signal?: AbortSignal | null | undefined;
}

const notReady = 'The JS-SDK did not answer in time. It answers only in WeChat.';

/** By JS-SDK what the set-ups do on a failure that wait for its word: it tells it to the last alone that has asked. */
const waiting = new WeakMap<Wx, Set<(errMsg: string | undefined) => void>>();

/**
 * Passes the signature to `wx.config`, and waits for WeChat's word. Rejects with a KeyringError: `wx_config_failed`
 * when WeChat refuses the signature, `wx_not_ready` when it says nothing, `aborted`. Several at once end alike.
 *
 * @see https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
 */
export function configure(
  wx: Wx,
  config: components['schemas']['JssdkConfig'],
  { jsApiList, openTagList, debug, timeoutMs = 10_000, signal }: WxSettings,
): Promise<void> {
  const all = waiting.get(wx) ?? new Set();
  waiting.set(wx, all);
  return new Promise((resolve, reject) => {
    heed(signal);
    const end = (how: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
      all.delete(fail);
      how();
    };
    const fail = (detail: string | undefined) =>
      end(() => reject(new KeyringError('wx_config_failed', { detail })));
    const timer = setTimeout(
      () => end(() => reject(new KeyringError('wx_not_ready', { detail: notReady }))),
      timeoutMs,
    );
    const leave = () => end(() => signal && reject(abortedBy(signal)));
    signal?.addEventListener('abort', leave);
    all.add(fail);
    // WeChat calls `ready` after a failure, too, but `error` first.
    wx.ready(() => end(resolve));
    wx.error(({ errMsg }) => all.forEach((each) => each(errMsg)));
    wx.config({
      ...config,
      jsApiList,
      ...(openTagList !== undefined && { openTagList }),
      ...(debug !== undefined && { debug }),
    });
  });
}
