import { findFollower } from '../../shared/followers/read/get.ts';
import { accountHandler, taggedJson, type HttpHandler } from '../http.ts';
import { openidOf } from '../input.ts';
import { followerPartsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const parts = followerPartsOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.getFollower,

    async ({ account, path, query }) => {
      const { lang, refresh } = query;
      return taggedJson(
        await findFollower(parts, account, openidOf(path), { lang, refresh: refresh === 'true' }),
      );
    },
  );
}

export const handler = onLambda(create);
