import { accountHandler, json, type HttpHandler } from '../http.ts';
import { accountsOf, followersOf, tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const followers = followersOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.listFollowers,
    accountsOf(runtime, tables),
    async ({ account, query }) => json(200, await followers.list(account, query)),
  );
}

export const handler = onLambda(create);
