import { eraseUser } from '../../shared/users/erase-user.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { tablesOf, userPartsOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Forgets the user who is logged in. */
export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const parts = userPartsOf(runtime, tables);
  return accountHandler(runtime, routes.deleteMe, async (request) => {
    const { account, cookies } = request;
    const { openid } = await parts.sessions.require(account, cookies);
    const removed = await eraseUser(parts, account.appId, openid);
    runtime.log.info('A user had their data deleted.', { account: account.appId, removed });
    return { ...json(200, { removed }), cookies: [parts.sessions.forget(account)] };
  });
}

export const handler = onLambda(create);
