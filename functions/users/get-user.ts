import { UserProfiles } from '../../shared/users/user-profiles.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { openidOf } from '../input.ts';
import { grantsOf, grantStoreOf, profilesOf, tablesOf, wechatOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';
import { userAnswer } from './user-answer.ts';

/** A user for a back end: what the user granted, and the profile. */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const users = new UserProfiles({
    // Two attempts of 4 seconds end well before the lease on the grant does.
    grants: grantsOf(runtime, tables, wechatOf(runtime, { deadlineMs: 4000, attempts: 2 })),
    store: grantStoreOf(runtime, tables),
    profiles: profilesOf(tables),
    clock,
    log,
  });
  return accountHandler(runtime, routes.getUser, async (request) => {
    const { account, path, query } = request;
    const grant = await users.get(account, openidOf(path), { refresh: query.refresh === 'true' });
    return json(200, {
      ...userAnswer(account.appId, grant),
      profileFetchedAt: grant.profile?.fetchedAt,
    });
  });
}

export const handler = onLambda(create);
