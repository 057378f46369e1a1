import { accountHandler, type HttpHandler } from '../http.ts';
import { sessionsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Logs out this browser, or the user everywhere. */
export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const sessions = sessionsOf(runtime, tables);
  return accountHandler(runtime, routes.logout, async (request) => {
    const { account, cookies, query } = request;
    const forget =
      query.everywhere === 'true'
        ? await sessions.closeAll(account, cookies)
        : await sessions.close(account, cookies);
    return { statusCode: 204, cookies: [forget] };
  });
}

export const handler = onLambda(create);
