import { withAppSecret } from '../../shared/accounts/app-secret.ts';
import { requireDropInScope } from '../../shared/dropin/callers.ts';
import { DropInError } from '../../shared/dropin/errors.ts';
import { parametersOf } from '../../shared/dropin/parameters.ts';
import { passedCall } from '../../shared/dropin/proxy.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { passOn } from '../../shared/wechat/pass-on.ts';
import { answerOf } from '../../shared/wechat/passed-call.ts';
import type { HttpHandler } from '../http.ts';
import { secretsOf, tablesOf, wechatOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { asItCame, dropInHandler } from './handler.ts';
import { callersOf } from './parts.ts';

/**
 * Exchanges a code for an SDK, with the AppSecret in the place of its key: the one function of the drop-in that can read
 * one. WeChat takes both methods and answers them alike, so it is always asked with GET. Nothing is sent twice, unless
 * WeChat refuses the AppSecret and there is another one by then.
 */
export function create(runtime: Runtime): HttpHandler {
  const { log } = runtime;
  const tables = tablesOf(runtime);
  const callers = callersOf(runtime, tables);
  const secrets = secretsOf(runtime);
  const wechat = wechatOf(runtime, { attempts: 1, measuredAs: 'drop-in', passOn });

  return dropInHandler(runtime, async (request) => {
    const parameters = parametersOf(request);
    const caller = await callers.byKey(parameters);
    requireDropInScope(caller, 'dropin:oauth');
    if (parameters('grant_type') !== 'authorization_code') throw new DropInError(40002);
    const code = parameters('code');
    if (code === undefined) throw new DropInError(41008);
    const { apiKey, account } = caller;
    if (account.lender !== undefined) throw new DropInError(48001, 'the account is borrowed');

    const get = { ...request, method: 'GET', headers: {}, body: new Uint8Array() };
    const exchange = (secret: string) => {
      const query = new URLSearchParams({
        appid: account.appId,
        secret,
        code,
        grant_type: 'authorization_code',
      });
      return wechat.send(passedCall(get, `${request.path}?${query.toString()}`, secret));
    };
    const answer = await withAppSecret(secrets, account.appId, exchange).catch((error: unknown) => {
      // Its AppSecret is none of the caller's business, and its key is good.
      const isOurs = error instanceof WeChatApiError && error.kind === 'credentials_refused';
      if (isOurs) throw new DropInError(-1, 'WeChat refuses the AppSecret that is stored here');
      return answerOf(error);
    });
    const about = {
      audit: true,
      keyId: apiKey.keyId,
      account: account.appId,
      status: answer.status,
    } as const;
    log.info('A code was exchanged for a back end.', about);
    return asItCame(answer);
  });
}

export const handler = onLambda(create);
