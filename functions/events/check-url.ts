import { requireSignature } from '../../shared/push/open-push.ts';
import { accountHandler, plainText, type HttpHandler } from '../http.ts';
import { secretsOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { requirePushSecrets } from './push-secrets.ts';
import * as routes from './routes.ts';

/** Answers the console's check of the address for pushes. */
export function create(runtime: Runtime): HttpHandler {
  const secrets = secretsOf(runtime);
  return accountHandler(runtime, routes.checkEventsUrl, async ({ account, query }) => {
    const { pushToken } = await requirePushSecrets(secrets, account.appId);
    requireSignature(query, pushToken, runtime.clock.now());
    return plainText(200, query.echostr);
  });
}

export const handler = onLambda(create);
