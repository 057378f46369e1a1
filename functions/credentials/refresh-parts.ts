import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import { Accounts, type Account } from '../../shared/accounts/accounts.ts';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { snsAlarms } from '../../shared/credentials/alarms.ts';
import { schedulerBookings } from '../../shared/credentials/bookings.ts';
import { credentialStores } from '../../shared/credentials/credential-store.ts';
import {
  secondsLeft,
  type Credential,
  type CredentialKind,
  type Failure,
} from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import { Lender } from '../../shared/credentials/lender-mint.ts';
import { mintFrom, type Mint } from '../../shared/credentials/mint.ts';
import { CredentialReader, type RequestRefresh } from '../../shared/credentials/reader.ts';
import { Refresher, type RefresherParts, type StartRefresh } from '../../shared/credentials/refresher.ts';
import { mintAttempts, mintAttemptSeconds } from '../../shared/credentials/timing.ts';
import { tokenCheck } from '../../shared/credentials/token-check.ts';
import { accessTokenMint, ticketMint } from '../../shared/credentials/wechat-mint.ts';
import type { Metrics, MetricValues } from '../../shared/platform/metrics.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import { environmentOf } from '../environment.ts';
import { meterOf, secretsOf, tablesOf, wechatOf } from '../parts.ts';
import { awsClientConfig, lambdasOf, type Runtime } from '../runtime.ts';
import { egressOf } from './egress.ts';
import type { RefreshRequest } from './refresh-request.ts';

const mintLimits = { deadlineMs: mintAttemptSeconds * 1000, attempts: mintAttempts };

/**
 * What the refresh function works with. Only a run knows the function's own ARN, to which refreshes are booked, so
 * `runAs` makes what needs it. Throws an Error where a variable of the environment is missing.
 */
export function refreshPartsOf(runtime: Runtime) {
  const { clock, log, metrics, environment } = runtime;
  const tables = tablesOf(runtime);
  const accounts = new Accounts(tables.credentials);
  const stores = credentialStores(tables.credentials);
  const secrets = secretsOf(runtime);
  const wechat = wechatOf(runtime, { ...mintLimits, ...egressOf(runtime, secrets) });
  const meter = meterOf(runtime, tables, wechat);
  const lender = new Lender(secrets, clock);
  const lambdas = lambdasOf(runtime);
  const scheduler = new SchedulerClient(awsClientConfig(runtime, 'SCHEDULER'));
  const sns = new SNSClient(awsClientConfig(runtime, 'SNS'));
  const { topicArn, publicUrl, ...target } = environmentOf(runtime, {
    topicArn: 'KEYRING_ALARM_TOPIC',
    publicUrl: 'KEYRING_PUBLIC_URL',
    group: 'KEYRING_SCHEDULE_GROUP',
    roleArn: 'KEYRING_SCHEDULE_ROLE_ARN',
    deadLetterArn: 'KEYRING_SCHEDULE_DLQ_ARN',
  });
  const { KEYRING_PLACE: place } = environment;

  /** How the values of a kind are got. */
  function mintOf(kind: CredentialKind, requestRefresh: RequestRefresh): Mint {
    if (kind === 'access_token') {
      return mintFrom({ wechat: accessTokenMint(meter, secrets), lender: lender.mintToken });
    }
    const reader = new CredentialReader({ store: stores.access_token, requestRefresh, clock });
    const calls = new AccountCalls(reader, meter);
    return mintFrom({ wechat: ticketMint(calls, kind), lender: lender.mintTicket(kind) });
  }

  function runAs(functionArn: string): { refresher: Refresher; start: StartRefresh } {
    const start: StartRefresh = (credential, appId, need, signal) => {
      const request: RefreshRequest = { kind: 'refresh', credential, account: appId, need };
      return lambdas.start(functionArn, request, signal);
    };

    const keeperOf: RefresherParts['keeperOf'] = (credential, requestToken, onSuccess) => {
      const isToken = credential === 'access_token';
      return new Keeper({
        store: stores[credential],
        accountOf: (appId) => accounts.get(appId),
        mint: counted(mintOf(credential, requestToken), metrics, credential),
        ...(isToken ? { check: tokenCheck(meter) } : { renewalOf: () => 'ticket' as const }),
        bookings: schedulerBookings(scheduler, { ...target, functionArn, credential }),
        alarms: snsAlarms(sns, { topicArn, publicUrl, place, kind: credential }),
        clock,
        log,
        onSuccess,
        onEarlyEnd: ({ appId }) => {
          metrics.put({ TokensEndedEarly: 1 }, { account: appId, credential });
        },
        onFailure: ({ appId }: Account, { code }: Failure, left: Credential) => {
          const values: MetricValues = isToken ? { TokenSecondsLeft: secondsLeft(left, clock.now()) } : {};
          metrics.put({ RefreshFailures: 1, ...values }, { account: appId, credential, code });
        },
      });
    };
    // Who refreshes by hand may just have stored another AppSecret, and wants to see whether it works.
    const onManual = secrets.forget.bind(secrets);
    return { refresher: new Refresher({ accounts, stores, keeperOf, start, onManual, clock, log }), start };
  }

  return { clock, log, metrics, accounts, stores, secrets, wechat, lender, meter, runAs };
}

/** Begins to read what a mint takes, while it is found out whether there is need of one. */
export function prepareMint(
  { meter, secrets }: Pick<ReturnType<typeof refreshPartsOf>, 'meter' | 'secrets'>,
  { credential, account }: { credential: CredentialKind; account: AppId },
): void {
  meter.prepare(account);
  if (credential === 'access_token') secrets.prepare(account);
}

function counted(mint: Mint, metrics: Metrics, credential: CredentialKind): Mint {
  return async (account, options) => {
    const minted = await mint(account, options);
    metrics.put({ Mints: 1 }, { account: account.appId, credential });
    return minted;
  };
}
