import type { Clock } from '../../platform/clock.ts';
import type { AppId } from '../../wechat/tokens.ts';

const cacheTtlSeconds = 600;
const maxRemembered = 10_000;

/** Openids that are not of an account, as WeChat has said, remembered for ten minutes. */
export class UnknownOpenids {
  readonly #clock: Clock;
  /** Until when each is remembered, those first who came first. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(appId: AppId, openid: string): void {
    const key = `${appId} ${openid}`;
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + cacheTtlSeconds);
    const [oldest = key] = this.#until.keys();
    if (this.#until.size > maxRemembered) this.#until.delete(oldest);
  }

  has(appId: AppId, openid: string): boolean {
    return this.#clock.now() < (this.#until.get(`${appId} ${openid}`) ?? 0);
  }
}
