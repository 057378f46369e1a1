import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { Breaker } from '../../shared/dropin/breaker.ts';
import { passedCall, Proxy } from '../../shared/dropin/proxy.ts';
import { requireShortBody, type SdkRequest } from '../../shared/dropin/parameters.ts';
import { KeyUsage } from '../../shared/usage/key-usage.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { passOn } from '../../shared/wechat/pass-on.ts';
import { answerOf, type PassedAnswer } from '../../shared/wechat/passed-call.ts';
import type { HttpHandler } from '../http.ts';
import { meterOf, readerOf, tablesOf, wechatOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { asItCame, dropInHandler, maxBodyBytes, patienceMs } from './handler.ts';
import { callersOf, ownTokensOf } from './parts.ts';
import { ticketAnswers } from './tickets.ts';
import { tokenAnswers } from './tokens.ts';

/** Uploads take their time. Below what the function has, so that it can still say so. */
const deadlineMs = 27_000;

/**
 * What SDKs call in the place of api.weixin.qq.com, but for what takes the AppSecret: docs/drop-in.md. One function, so
 * that a token and the call after it find the same memory; and an SDK that puts a base URL and a path together with two
 * slashes reaches each of them by the same route.
 */
export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const ownTokens = ownTokensOf(runtime, tables);
  const callers = callersOf(runtime, tables, ownTokens);
  const reader = readerOf(runtime, tables, 'access_token');
  const wechat = wechatOf(runtime, { deadlineMs, maxBodyBytes, attempts: 1, measuredAs: 'drop-in', passOn });
  const breaker = new Breaker(runtime.clock);
  const proxy = new Proxy({
    ...{ callers, breaker, patienceMs },
    calls: new AccountCalls(reader, meterOf(runtime, tables, wechat)),
    usage: new KeyUsage(new UsageStore(tables.credentials), runtime.clock, runtime.log),
    log: runtime.log,
    metrics: runtime.metrics,
  });
  const token = tokenAnswers(runtime, { callers, ownTokens, reader, breaker });
  const ticket = ticketAnswers(runtime, tables, callers);

  /** With a user's own token, and no secret of the account's. */
  const ofUser = (request: SdkRequest): Promise<PassedAnswer> => {
    requireShortBody(request);
    const { path, query } = request;
    return wechat.send(passedCall(request, query === '' ? path : `${path}?${query}`)).catch(answerOf);
  };

  return dropInHandler(runtime, async (request) => {
    switch (request.path) {
      case '/cgi-bin/token':
      case '/cgi-bin/stable_token':
        return token(request);
      case '/cgi-bin/ticket/getticket':
        return ticket(request);
      case '/sns/oauth2/refresh_token':
      case '/sns/userinfo':
      case '/sns/auth':
        return asItCame(await ofUser(request));
      default:
        return asItCame(await proxy.pass(request));
    }
  });
}

export const handler = onLambda(create);
