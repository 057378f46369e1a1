import { chinaDay } from '../../shared/wechat/quota-day.ts';
import { dailyLimit } from '../../shared/usage/limits.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const usage = new UsageStore(tables.credentials);
  return accountHandler(runtime, routes.getUsage, async ({ account, query }) => {
    const day = query.day ?? chinaDay(runtime.clock.now());
    const { calls } = await usage.read(account.appId, day);
    const apis = [...calls].map(([api, count]) => ({ api, calls: count, limit: dailyLimit(account, api) }));
    return json(200, { day, apis: apis.sort((a, b) => a.api.localeCompare(b.api)) });
  });
}

export const handler = onLambda(create);
