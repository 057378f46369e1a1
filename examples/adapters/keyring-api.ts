import API from 'co-wechat-api';

/** What the token broker answers. */
interface BrokerToken {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

/**
 * co-wechat-api with the token of WeChat Keyring, without an AppSecret. It asks for another token when it has none, when
 * its time is over, and after WeChat rejected it: so the last one is reported each time.
 */
export class KeyringAPI extends API {
  readonly #account: string;
  readonly #headers: Record<string, string>;
  #last: string | undefined;
  #asking: Promise<API.AccessToken> | undefined;

  /** `account` is such as https://keyring.example.com/v1/accounts/default, `key` has token:read. */
  constructor(appid: string, account: string, key: string) {
    super(appid, '');
    this.#account = account;
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  }

  /** Calls that meet the same dead token share the answer. */
  override getAccessToken(): Promise<API.AccessToken> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(): Promise<API.AccessToken> {
    const path = this.#last === undefined ? 'token' : 'token/report';
    const report = this.#last !== undefined && {
      method: 'POST',
      body: JSON.stringify({ access_token: this.#last }),
    };
    const answer = await fetch(`${this.#account}/${path}`, { headers: this.#headers, ...report });
    if (!answer.ok) throw new Error(`The token broker answered ${answer.status}.`);
    const { access_token: accessToken, expires_in: seconds } = (await answer.json()) as BrokerToken;
    this.#last = accessToken;
    const token = { accessToken, expireTime: Date.now() + (seconds - 10) * 1000 };
    await this.saveToken(token);
    return token;
  }
}
