import { listPage } from '../../shared/followers/read/list.ts';
import { accountHandler, json, taggedJson, type HttpHandler } from '../http.ts';
import { followerPartsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const parts = followerPartsOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.listFollowers,

    async ({ account, query }) => {
      const { cursor, limit, order, tag, scene, has_profile: hasProfile, include } = query;
      const { page, mirrored } = await listPage(parts, account, {
        cursor,
        limit,
        order,
        tag,
        scene,
        hasProfile: hasProfile === undefined ? undefined : hasProfile === 'true',
        withProfiles: include === 'profile',
      });
      return mirrored ? taggedJson(page) : json(200, page);
    },
  );
}

export const handler = onLambda(create);
