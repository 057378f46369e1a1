import { KeyringError } from '../../shared/platform/errors.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import { accountHandler, taggedJson, type HttpHandler } from '../http.ts';
import { accountsOf, followersOf, tablesOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { onLambda, type Runtime } from '../runtime.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const followers = followersOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.getFollower,
    accountsOf(runtime, tables),
    async ({ account, path, query }) => {
      const openid = openidSchema.safeParse(path['openid']);
      if (!openid.success) {
        throw new KeyringError(
          'invalid_parameter',
          'An openid has 1 to 64 characters of A-Z, a-z, 0-9, _ and -.',
          {
            parameter: 'openid',
          },
        );
      }
      const { lang, refresh } = query;
      return taggedJson(await followers.get(account, openid.data, { lang, refresh: refresh === 'true' }));
    },
  );
}

export const handler = onLambda(create);
