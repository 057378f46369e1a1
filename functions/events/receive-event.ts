import { KeyringError } from '../../shared/platform/errors.ts';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { forwardPush } from '../../shared/push/forward.ts';
import { openPush } from '../../shared/push/open-push.ts';
import { pushMessage } from '../../shared/push/push-message.ts';
import { sqsQueue } from '../../shared/push/push-queue.ts';
import { environmentOf } from '../environment.ts';
import { accountHandler, plainText, type HttpHandler, type HttpResult } from '../http.ts';
import { secretsOf, sqsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { requirePushSecrets } from './push-secrets.ts';
import * as routes from './routes.ts';

/**
 * Takes what WeChat pushes: verifies, decrypts, queues, answers. The rest is the work of handle-events, since
 * WeChat waits 5 seconds and no longer. What it is answered comes from the deployer's back end, where there is one.
 */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log, metrics, forwarding: rules = {} } = runtime;
  const tables = tablesOf(runtime);
  const secrets = secretsOf(runtime);
  const deliveries = new Deliveries(tables.users, clock);
  const { queue } = environmentOf(runtime, { queue: 'KEYRING_PUSH_QUEUE_URL' });
  const enqueue = sqsQueue(sqsOf(runtime), queue);
  const forwarding = { rules, deliveries, clock, log, metrics };
  return accountHandler(runtime, routes.receiveEvent, async (request) => {
    const { query, rawBody: body } = request;
    const appId = request.account.appId;
    const pushSecrets = await requirePushSecrets(secrets, appId);
    const now = clock.now();
    const sent = { ...query, msgSignature: query.msg_signature, body };
    const push = openPush(sent, { appId, secrets: pushSecrets }, now);
    const message = pushMessage(appId, push, now);
    if (!push.isBodySigned) {
      const signature = { signature: query.signature, end: push.signatureEnd };
      if (!(await deliveries.claimSignature(signature, appId, body))) throw new KeyringError('push_replayed');
    }
    await enqueue(message);
    const { pushForward: address } = request.account;
    if (address === undefined) return plainText(200, 'success');
    const reply = await forwardPush(
      forwarding,
      {
        address,
        account: { appId, secrets: pushSecrets },
        query,
        body,
        isBodySigned: push.isBodySigned,
        delivery: message,
      },
      AbortSignal.timeout(millisecondsLeft(request.startedAt)),
    );
    return reply === undefined ? plainText(200, 'success') : xml(reply);
  });
}

/** WeChat waits 5 seconds. What is before and behind the function needs some of it. */
const forwardMs = 4000;

function millisecondsLeft(startedAt: number): number {
  return Math.max(0, Math.round(startedAt + forwardMs - performance.now()));
}

function xml(body: string): HttpResult {
  return { statusCode: 200, headers: { 'content-type': 'application/xml; charset=utf-8' }, body };
}

export const handler = onLambda(create);
