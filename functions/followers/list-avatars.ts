import { AvatarWall } from '../../shared/followers/read/avatars.ts';
import { environmentOf } from '../environment.ts';
import { accountHandler, taggedJson, type HttpHandler } from '../http.ts';
import { followerPartsOf, sessionReaderOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

const usualLimit = 50;
const usualSize = '132';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const sessions = sessionReaderOf(runtime, tables);
  const parts = followerPartsOf(runtime, tables);
  const { publicUrl } = environmentOf(runtime, { publicUrl: 'KEYRING_PUBLIC_URL' });
  const wall = new AvatarWall(parts, publicUrl);
  return accountHandler(runtime, routes.listAvatars, async (request) => {
    const { account, keyHolder, cookies, query } = request;
    if (!keyHolder) await sessions.require(account, cookies);
    const { limit = usualLimit, size = usualSize } = query;
    return taggedJson(await wall.urls(account, { limit, size }));
  });
}

export const handler = onLambda(create);
