import * as z from 'zod/mini';
import type { PushSecrets } from '../../../shared/accounts/secrets.ts';
import { KeyringError } from '../../../shared/platform/errors.ts';
import { forwardTarget, requirePublicHost } from '../../../shared/push/forward-address.ts';
import type { AppId } from '../../../shared/wechat/tokens.ts';
import { findAccount } from '../account-report.ts';
import { adminCommand } from '../command.ts';
import type { AdminParts } from '../parts.ts';
import { accountName, doneResult, encodingAesKeySchema, forwardSchema, pushTokenSchema } from '../schemas.ts';

/** Stores what WeChat's message pushes are signed and encrypted with, and where they are forwarded. */
export const accountSetPush = adminCommand({
  name: 'account.set-push',
  input: {
    account: accountName,
    /** Without one, it and the key stay as they are. */
    pushToken: z.optional(pushTokenSchema),
    /** Without one, pushes are taken in the clear. */
    encodingAesKey: z.optional(encodingAesKeySchema),
    /** `null`: nowhere. Without it, that stays as it is. */
    forward: z.optional(z.nullable(forwardSchema)),
  },
  result: doneResult,
  run: async (parts, { account: nameOrAppId, pushToken, encodingAesKey, forward }) => {
    if (pushToken === undefined && (encodingAesKey !== undefined || forward === undefined)) {
      throw new KeyringError('invalid_parameter', 'pushToken is missing.', { parameter: 'pushToken' });
    }
    const { appId } = await findAccount(parts, nameOrAppId);
    // What is refused changes nothing.
    if (typeof forward === 'string')
      await requirePublicHost(forwardTarget(forward, parts.forwarding), parts.forwarding);
    const done = [
      ...(pushToken === undefined ? [] : [await storeSecrets(parts, appId, { pushToken, encodingAesKey })]),
      ...(forward === undefined ? [] : [await storeForward(parts, appId, forward)]),
    ];
    return { done: done.join(' ') };
  },
});

async function storeSecrets(
  { secrets, log, publicUrl }: AdminParts,
  appId: AppId,
  given: PushSecrets,
): Promise<string> {
  await secrets.putPush(appId, given);
  const isEncrypted = given.encodingAesKey !== undefined;
  log.info('Pushes were set up.', { account: appId, encrypted: isEncrypted });
  return `Pushes of ${appId} are taken at ${publicUrl}/v1/accounts/${appId}/events, ${isEncrypted ? 'encrypted only' : 'in the clear'}. A former token may count for a minute more.`;
}

async function storeForward(
  { accounts, log }: AdminParts,
  appId: AppId,
  forward: string | null,
): Promise<string> {
  await accounts.setPushForward(appId, forward ?? undefined);
  log.info('Where pushes are forwarded was changed.', { account: appId });
  return forward === null
    ? `Pushes of ${appId} are no longer forwarded, in a minute at the latest.`
    : `Pushes of ${appId} are forwarded to ${forward}, in a minute at the latest.`;
}
