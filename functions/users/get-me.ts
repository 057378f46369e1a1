import { KeyringError } from '../../shared/platform/errors.ts';
import { readGrant } from '../../shared/users/grants.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { accountsOf, profilesOf, sessionsOf, tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

export function create(runtime: Runtime): HttpHandler {
  const { clock } = runtime;
  const tables = tablesOf(runtime);
  const sessions = sessionsOf(runtime, tables);
  const profiles = profilesOf(tables);
  return accountHandler(runtime, routes.getMe, accountsOf(runtime, tables), async (request) => {
    const { account } = request.account;
    const { openid } = await sessions.require(account, request.cookies);
    const [grant, profile] = await Promise.all([
      readGrant(tables.users, clock, account, openid),
      profiles.get(account, openid),
    ]);
    if (!grant) throw new KeyringError('session_expired');
    return json(200, {
      account,
      openid,
      unionid: profile?.unionid ?? grant.unionid,
      nickname: profile?.nickname,
      avatar: profile?.avatar,
      scope: grant.scopes,
      grantedAt: grant.grantedAt,
      expiresAt: grant.removeAt,
    });
  });
}

export const handler = onLambda(create);
