import { reportRejected } from '../../shared/credentials/report.ts';
import { remainingLife } from '../../shared/credentials/timing.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { readerOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Where backends that use the broker's token tell that WeChat rejected it. */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const reader = readerOf(runtime, tables, 'access_token');
  return accountHandler(runtime, routes.reportToken, async (request) => {
    const { account, body, keyHolder } = request;
    const { credential, replaced } = await reportRejected(reader, account.appId, body.access_token);
    log.info('A token was reported as rejected.', {
      audit: true,
      keyId: keyHolder?.keyId,
      account: account.appId,
      generation: credential.generation,
      replaced,
    });
    return json(200, {
      access_token: credential.value,
      expires_in: remainingLife(credential, clock.now()),
      replaced,
    });
  });
}

export const handler = onLambda(create);
