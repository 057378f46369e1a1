import { accountHandler, type HttpHandler } from '../http.ts';
import { accountsOf, sessionsOf, tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const sessions = sessionsOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.logout,
    accountsOf(runtime, tables),
    async ({ account, cookies }) => ({
      statusCode: 204,
      cookies: [await sessions.close(account.account, cookies)],
    }),
  );
}

export const handler = onLambda(create);
