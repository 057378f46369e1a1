import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import * as z from 'zod/mini';
import { Accounts } from '../../shared/accounts/accounts.ts';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { schedulerBookings } from '../../shared/credentials/bookings.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { needSchema } from '../../shared/credentials/credential.ts';
import { Keeper, type RefreshOutcome } from '../../shared/credentials/keeper.ts';
import { accessTokenMint } from '../../shared/credentials/minter.ts';
import { sweep, type SweepReport } from '../../shared/credentials/sweep.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { createWeChatClient } from '../../shared/wechat/client.ts';
import { tablesOf } from '../parts.ts';
import { awsClientConfig, onLambda, requireVariable, type LambdaHandler, type Runtime } from '../runtime.ts';

/** What the schedules and the other functions send: one account's refresh, or a look at all of them. */
const requestSchema = z.union([
  z.object({ kind: z.literal('refresh'), account: z.string(), need: needSchema }),
  z.object({ kind: z.literal('sweep') }),
]);

/** Each attempt's deadline and their number: together well inside the keeper's lease. */
const mintDeadlineMs = 5000;
const mintAttempts = 2;

/** Renews access tokens. Beside the OAuth callback it is the only function that reads AppSecrets. */
export function create(runtime: Runtime): LambdaHandler<unknown, RefreshOutcome | SweepReport> {
  const { clock, log } = runtime;
  const { credentials } = tablesOf(runtime);
  const accounts = new Accounts(credentials);
  const store = new CredentialStore(credentials, 'access_token');
  const secrets = new SecretStore(
    new SecretsManagerClient(awsClientConfig(runtime, 'SECRETS_MANAGER')),
    requireVariable(runtime, 'KEYRING_SECRET_PREFIX'),
    clock,
  );
  const wechat = createWeChatClient({
    baseUrl: requireVariable(runtime, 'KEYRING_WECHAT_API_URL'),
    clock,
    deadlineMs: mintDeadlineMs,
    attempts: mintAttempts,
    onAttempt: (attempt) => log.info('WeChat was called.', { ...attempt }),
  });
  const scheduler = new SchedulerClient(awsClientConfig(runtime, 'SCHEDULER'));
  const group = requireVariable(runtime, 'KEYRING_SCHEDULE_GROUP');
  const roleArn = requireVariable(runtime, 'KEYRING_SCHEDULE_ROLE_ARN');
  const deadLetterArn = requireVariable(runtime, 'KEYRING_SCHEDULE_DLQ_ARN');

  return middy<unknown, RefreshOutcome | SweepReport>().handler(async (event, context) => {
    const request = z.parse(requestSchema, event);
    const keeper = new Keeper({
      store,
      mint: accessTokenMint(wechat, secrets),
      // The function cannot be told its own ARN at deployment: that would be a circle.
      bookings: schedulerBookings(scheduler, {
        functionArn: context.invokedFunctionArn,
        roleArn,
        deadLetterArn,
        group,
      }),
      clock,
      log,
    });
    if (request.kind === 'sweep') return sweep(await accounts.list(), keeper, log);
    const account = await accounts.get(request.account);
    if (!account) throw new KeyringError('account_unknown');
    return keeper.refresh(account, request.need);
  });
}

export const handler = onLambda(create);
