import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { Accounts, type Account } from '../../shared/accounts/accounts.ts';
import { withAppSecret } from '../../shared/accounts/app-secret.ts';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { snsAlarms } from '../../shared/credentials/alarms.ts';
import { schedulerBookings } from '../../shared/credentials/bookings.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import {
  isBackingOff,
  isNeeded,
  secondsLeft,
  ticketKinds,
  type Credential,
  type CredentialKind,
  type Failure,
  type Need,
  type RefreshOutcome,
  type TicketKind,
} from '../../shared/credentials/credential.ts';
import { Keeper } from '../../shared/credentials/keeper.ts';
import { mintFrom, type Mint } from '../../shared/credentials/mint.ts';
import { Lender } from '../../shared/credentials/lender-mint.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { sweep, type SweepReport } from '../../shared/credentials/sweep.ts';
import { mintAttempts, mintAttemptSeconds } from '../../shared/credentials/timing.ts';
import { tokenCheck } from '../../shared/credentials/token-check.ts';
import { accessTokenMint, ticketMint } from '../../shared/credentials/wechat-mint.ts';
import { WeChatError } from '../../shared/wechat/errors.ts';
import { clearQuota } from '../../shared/wechat/quota.ts';
import { environmentOf } from '../environment.ts';
import { meterOf, secretsOf, tablesOf, wechatOf } from '../parts.ts';
import { awsClientConfig, onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';
import { egressOf } from './egress.ts';
import { refreshRequestSchema, type RefreshRequest } from './refresh-request.ts';

const mintLimits = { deadlineMs: mintAttemptSeconds * 1000, attempts: mintAttempts };

/** Whether WeChat has set the quotas back. */
type QuotaCleared = { readonly state: 'cleared' } | { readonly state: 'refused'; readonly detail: string };

type Answer = RefreshOutcome | SweepReport | QuotaCleared;

/** Renews credentials. Beside the OAuth callback it is the only function that reads AppSecrets. */
export function create(runtime: Runtime): LambdaHandler<unknown, Answer> {
  const { clock, log, metrics } = runtime;
  const tables = tablesOf(runtime);
  const accounts = new Accounts(tables.credentials);
  const secrets = secretsOf(runtime);
  const wechat = wechatOf(runtime, { ...mintLimits, ...egressOf(runtime, secrets) });
  const meter = meterOf(runtime, tables, wechat);
  const lender = new Lender(secrets, clock);
  const lambda = new LambdaClient(awsClientConfig(runtime, 'LAMBDA'));
  const scheduler = new SchedulerClient(awsClientConfig(runtime, 'SCHEDULER'));
  const sns = new SNSClient(awsClientConfig(runtime, 'SNS'));
  const { alarmTopic, ...target } = environmentOf(runtime, {
    alarmTopic: 'KEYRING_ALARM_TOPIC',
    group: 'KEYRING_SCHEDULE_GROUP',
    roleArn: 'KEYRING_SCHEDULE_ROLE_ARN',
    deadLetterArn: 'KEYRING_SCHEDULE_DLQ_ARN',
  });
  const stores = {
    access_token: new CredentialStore(tables.credentials, 'access_token'),
    jsapi_ticket: new CredentialStore(tables.credentials, 'jsapi_ticket'),
    wx_card_ticket: new CredentialStore(tables.credentials, 'wx_card_ticket'),
  } satisfies Record<CredentialKind, CredentialStore>;

  function keeperOf(credential: CredentialKind, functionArn: string): Keeper {
    const parts = {
      store: stores[credential],
      bookings: schedulerBookings(scheduler, { ...target, functionArn, credential }),
      alarms: snsAlarms(sns, alarmTopic, credential),
      clock,
      log,
      onFailure: ({ account }: Account, { code }: Failure, left: Credential) => {
        const told = credential === 'access_token' && { TokenSecondsLeft: secondsLeft(left, clock.now()) };
        metrics.put({ RefreshFailures: 1, ...told }, { account, credential, code });
      },
    };
    const counted =
      (mint: Mint): Mint =>
      async (account, options) => {
        const minted = await mint(account, options);
        metrics.put({ Mints: 1 }, { account: account.account, credential });
        return minted;
      };
    if (credential === 'access_token') {
      const mint = mintFrom({ wechat: accessTokenMint(meter, secrets), lender: lender.mintToken });
      return new Keeper({ ...parts, mint: counted(mint), check: tokenCheck(meter) });
    }
    const reader = new CredentialReader({
      store: stores.access_token,
      requestRefresh: (account, need) => refresh('access_token', account, need, functionArn, credential),
      clock,
    });
    const mint = mintFrom({
      wechat: ticketMint(new AccountCalls(reader, meter), credential),
      lender: lender.mintTicket(credential),
    });
    return new Keeper({ ...parts, mint: counted(mint), renewalOf: () => 'ticket' });
  }

  async function refresh(
    credential: CredentialKind,
    appId: string,
    need: Need,
    functionArn: string,
    forTicket?: TicketKind,
  ): Promise<RefreshOutcome> {
    const account = await accounts.get(appId);
    if (!account) {
      log.info('A refresh of an account that is no longer registered was passed over.', { account: appId });
      return { state: 'unavailable', failure: undefined };
    }
    // Who refreshes by hand may just have stored another AppSecret, and wants to see whether it works.
    if (need.reason === 'manual') secrets.forget(appId);
    const outcome = await keeperOf(credential, functionArn).refresh(account, need);
    await meter.written();
    // Removed while its credential was refreshed: a value that nobody watches over must not live on.
    if (!(await accounts.get(appId))) {
      await stores[credential].forget(appId);
      return { state: 'unavailable', failure: undefined };
    }
    if (credential === 'access_token' && outcome.state === 'usable') {
      // Not the ticket that the token is for: its lease is held until it has been got.
      const others = ticketKinds.filter((kind) => kind !== forTicket);
      await refreshTickets(others, appId, need, outcome.generation, functionArn);
    }
    return outcome;
  }

  /**
   * A ticket is got with a token, so those that somebody has asked for follow it. In runs of their own, for nobody who
   * wants the token is to wait for them.
   */
  async function refreshTickets(
    kinds: readonly TicketKind[],
    account: string,
    { reason }: Need,
    tokenGeneration: number,
    functionArn: string,
  ) {
    for (const kind of kinds) {
      try {
        const ticket = await stores[kind].read(account);
        if (ticket.generation === 0 && ticket.failure === undefined) continue;
        const own: Need = reason === 'manual' ? { reason } : { reason: 'due', tokenGeneration };
        const now = clock.now();
        if (!isNeeded(own, ticket, now) || isBackingOff(own, ticket, now)) continue;
        await dispatch(kind, account, own, functionArn);
      } catch (error) {
        log.warn('A ticket could not follow its token; it is refreshed when it is due.', {
          account,
          error: error instanceof Error ? error.name : 'unknown',
        });
      }
    }
  }

  /** Has another run of this function do it, so that nobody waits for it. */
  async function dispatch(credential: CredentialKind, account: string, need: Need, functionArn: string) {
    const request: RefreshRequest = { kind: 'refresh', credential, account, need };
    await lambda.send(
      new InvokeCommand({
        FunctionName: functionArn,
        InvocationType: 'Event',
        Payload: JSON.stringify(request),
      }),
    );
  }

  async function clearQuotaOf(account: string): Promise<QuotaCleared> {
    try {
      await withAppSecret(secrets, account, (secret) => wechat.send(clearQuota({ appId: account, secret })));
      return { state: 'cleared' };
    } catch (error) {
      if (!(error instanceof WeChatError)) throw error;
      return { state: 'refused', detail: `${error.message} ${error.advice}` };
    }
  }

  async function answer(request: RefreshRequest, { invokedFunctionArn }: Context): Promise<Answer> {
    switch (request.kind) {
      case 'refresh':
        return refresh(request.credential, request.account, request.need, invokedFunctionArn);
      case 'sweep':
        return sweep({ accounts, stores, clock, log, metrics }, (credential, account) =>
          dispatch(credential, account, { reason: 'due' }, invokedFunctionArn),
        );
      case 'clear-quota':
        return clearQuotaOf(request.account);
    }
  }

  return middy<unknown, Answer>().handler((event, context) =>
    answer(z.parse(refreshRequestSchema, event), context),
  );
}

export const handler = onLambda(create);
