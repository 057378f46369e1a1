import { countFollowers } from '../../shared/followers/read/count.ts';
import { accountHandler, taggedJson, type HttpHandler } from '../http.ts';
import { tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const parts = { followers: tables.followers, clock: runtime.clock };
  return accountHandler(runtime, routes.countFollowers, async ({ account }) => {
    const { subscribed, withProfile, tags, scenes, syncedAt, detailsAt, current } = await countFollowers(
      parts,
      account,
    );
    return taggedJson({ total: subscribed, withProfile, tags, scenes, syncedAt, detailsAt, current });
  });
}

export const handler = onLambda(create);
