import { remainingLife } from '../../shared/credentials/timing.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { readerOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** The token broker. Each read is logged: who read which account's token, never the token. */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const reader = readerOf(runtime, tables, 'access_token');
  return accountHandler(
    runtime,
    routes.getToken,

    async ({ account, keyHolder }) => {
      const token = await reader.getStored(account.appId);
      log.info('A token was read.', {
        audit: true,
        keyId: keyHolder?.keyId,
        account: account.appId,
        generation: token.generation,
      });
      return json(200, {
        access_token: token.value,
        expires_in: remainingLife(token, clock.now()),
      });
    },
  );
}

export const handler = onLambda(create);
