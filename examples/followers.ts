/** A back end that reads followers with an API key of the scope `followers:read`. */

/** Where the service is. `account` is an appid, or `default` for the account that was registered first. */
export interface Service {
  readonly api: string;
  readonly key: string;
  readonly account?: string;
}

/** The service refused. `code` never changes its meaning; `retryAfter` says after how many seconds to come again. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfter: number | undefined;

  constructor(status: number, { code, retryAfter }: { code: string; retryAfter?: number }) {
    super(`WeChat Keyring answered ${status} ${code}.`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The openids of all followers, as many at a time as one call brings. Throws {@link Refusal}. */
export async function* followers(service: Service, limit = 10_000): AsyncGenerator<string> {
  const { api, key, account = 'default' } = service;
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor !== undefined && { cursor }) });
    const answer = await fetch(`${api}/v1/accounts/${account}/followers?${query.toString()}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!answer.ok) throw new Refusal(answer.status, (await answer.json()) as { code: string });
    const page = (await answer.json()) as { openids: string[]; next?: string };
    yield* page.openids;
    cursor = page.next;
  } while (cursor !== undefined);
}

if (import.meta.main) {
  const { KEYRING_API: api = 'http://localhost:8787', KEYRING_KEY: key = '' } = process.env;
  for await (const openid of followers({ api, key })) console.log(openid);
}
