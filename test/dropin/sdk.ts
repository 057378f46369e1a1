import type { ApiKey } from '../../shared/accounts/api-keys.ts';
import type { Kit, Response } from '../kit/kit.ts';
import type { RequestInit } from '../kit/event.ts';

export type KeySettings = Partial<Pick<ApiKey, 'scopes' | 'accounts' | 'paths' | 'dailyLimit'>>;

/** What a test calls the drop-in with, as an SDK of WeChat's does. */
export interface Sdk {
  readonly key: string;
  readonly keyId: string;
  /** `GET /cgi-bin/token`. */
  token(): Promise<string>;
  /** A call below `/cgi-bin`, with a token of `token()`, or another. */
  call(path: string, init?: RequestInit & { token?: string }): Promise<Response>;
}

/** An SDK with a key of its own. */
export async function sdkOf(
  kit: Pick<Kit, 'admin' | 'call' | 'account'>,
  settings: KeySettings = {},
): Promise<Sdk> {
  const made = await kit.admin({
    command: 'key.create',
    name: 'a back end',
    scopes: ['dropin:proxy'],
    accounts: '*',
    ...settings,
  });
  if (!('key' in made)) throw new Error('No key was made.');
  const { key, apiKey } = made;
  const token = async () => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: key };
    const { body } = await kit.call('getDropInToken', { query });
    const { access_token } = body as { access_token?: string };
    if (access_token === undefined) throw new Error(`No token: ${JSON.stringify(body)}.`);
    return access_token;
  };
  return {
    key,
    keyId: apiKey.keyId,
    token,
    call: async (path, { token: given, query = '', ...init } = {}) => {
      const more = typeof query === 'string' ? query : new URLSearchParams(query).toString();
      const all = `access_token=${given ?? (await token())}${more && `&${more}`}`;
      return kit.call('passCgiBin', { ...init, path: { proxy: path }, query: all });
    },
  };
}
