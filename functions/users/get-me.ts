import { accountHandler, json, type HttpHandler } from '../http.ts';
import { sessionReaderOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';
import { userAnswer } from './user-answer.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const sessions = sessionReaderOf(runtime, tables);
  return accountHandler(runtime, routes.getMe, async ({ account, cookies }) =>
    json(200, userAnswer(account.appId, await sessions.require(account, cookies))),
  );
}

export const handler = onLambda(create);
