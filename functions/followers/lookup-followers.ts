import { accountHandler, json, type HttpHandler } from '../http.ts';
import { accountsOf, followersOf, tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const followers = followersOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.lookupFollowers,
    accountsOf(runtime, tables),
    async ({ account, body }) => json(200, await followers.lookup(account, body.openids, body.lang)),
  );
}

export const handler = onLambda(create);
