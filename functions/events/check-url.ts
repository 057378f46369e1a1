import { KeyringError } from '../../shared/platform/errors.ts';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { endOfSignature, requireSignature } from '../../shared/push/push-signature.ts';
import { accountHandler, plainText, type HttpHandler } from '../http.ts';
import { secretsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { requirePushSecrets } from './push-secrets.ts';
import * as routes from './routes.ts';

/** Answers the console's check of the address for pushes. Its signature would be good for a push as well. */
export function create(runtime: Runtime): HttpHandler {
  const secrets = secretsOf(runtime);
  const deliveries = new Deliveries(tablesOf(runtime).users, runtime.clock);
  return accountHandler(runtime, routes.checkEventsUrl, async ({ account: { appId }, query }) => {
    const { pushToken } = await requirePushSecrets(secrets, appId);
    requireSignature(query, pushToken, runtime.clock.now());
    const signature = { signature: query.signature, end: endOfSignature(query, pushToken) };
    const isFirstUse = await deliveries.claimSignature(signature, appId, `check ${query.echostr}`);
    if (!isFirstUse) throw new KeyringError('push_replayed');
    return plainText(200, query.echostr);
  });
}

export const handler = onLambda(create);
