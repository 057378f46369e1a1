import { randomBytes } from 'node:crypto';
import { isAllowedPage } from '../../shared/http/allowed-address.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { signJsSdk } from '../../shared/wechat/jssdk.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { readerOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Signs for pages of the account's allowed origins only; the ticket itself never leaves. */
export function create(runtime: Runtime): HttpHandler {
  const { clock } = runtime;
  const tables = tablesOf(runtime);
  const tickets = readerOf(runtime, tables, 'jsapi_ticket');
  return accountHandler(runtime, routes.getJssdkConfig, async (request) => {
    const { account, query } = request;
    if (!isAllowedPage(query.url, account.allowedOrigins)) {
      throw new KeyringError('url_not_allowed', undefined, { parameter: 'url' });
    }
    const { value: ticket } = await tickets.get(account.appId);
    const timestamp = clock.now();
    const nonce = randomBytes(12).toString('hex');
    // Signed as given: the page's own spelling of its address is what WeChat compares.
    const signature = signJsSdk({ ticket, url: query.url, nonce, timestamp });
    return json(200, { appId: account.appId, timestamp, nonceStr: nonce, signature });
  });
}

export const handler = onLambda(create);
