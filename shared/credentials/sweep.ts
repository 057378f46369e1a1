import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Clock } from '../platform/clock.ts';
import { concurrently } from '../platform/concurrently.ts';
import { errorName } from '../platform/error-name.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { CredentialStore } from './credential-store.ts';
import {
  credentialKinds,
  isWorthwhile,
  secondsLeft,
  type Credential,
  type CredentialKind,
  type Need,
} from './credential.ts';
import { countedToday } from './day-count.ts';

export interface SweepReport {
  readonly accounts: number;
  /** Credentials whose refresh was due. */
  readonly due: number;
}

const maxConcurrent = 50;

/**
 * Up to so many accounts have a metric of their own, which costs money for each. Those of a larger deployment are found
 * in the log.
 */
const maxAccountsApart = 20;

/** A refresh that is due. */
interface Due {
  readonly kind: CredentialKind;
  readonly appId: AppId;
  readonly need: Need;
  /** Until the present value ends, in seconds. */
  readonly left: number;
}

/**
 * Finds whatever is due and was missed, and has each refreshed by `dispatch`, on its own: first what ends first. Measures
 * what it sees.
 */
export async function sweep(
  parts: {
    accounts: Accounts;
    stores: Record<CredentialKind, CredentialStore>;
    clock: Clock;
    log: Log;
    metrics: Metrics;
    /** The most refreshes to start; the next sweep starts others. @default all */
    maxStarts?: number | undefined;
  },
  dispatch: (kind: CredentialKind, appId: AppId, need: Need) => Promise<void>,
): Promise<SweepReport> {
  const { stores, clock, log, metrics, maxStarts } = parts;
  const due: Due[] = [];
  const failing = new Set<string>();
  const missed = new Set<string>();
  const missing = (appId: string, error: unknown) => {
    failing.add(appId);
    missed.add(appId);
    log.error('The sweep could not see to an account.', { account: appId, error: errorName(error) });
  };
  const accounts = await parts.accounts.list(missing);
  const isApart = accounts.length <= maxAccountsApart;

  /** Returns it as it was read. `token`: the account's token, where that has been read. */
  const seeTo = async (account: Account, kind: CredentialKind, token: Credential | undefined) => {
    const { appId, mintBudget } = account;
    const credential = await stores[kind].read(appId);
    const now = clock.now();
    // A ticket that nobody has asked for yet is not kept.
    if (kind !== 'access_token' && credential.generation === 0) return credential;
    if (credential.failure) failing.add(appId);
    if (kind === 'access_token') {
      const about = { account: appId, ...(isApart && { Account: appId }) };
      metrics.put(measuresOf(account, credential, now), about);
    }
    const need = needOf(credential, token);
    if (isWorthwhile(need, credential, { now, mintBudget })) {
      due.push({ kind, appId, need, left: secondsLeft(credential, now) });
    }
    return credential;
  };
  await concurrently(accounts, maxConcurrent, async (account) => {
    let token: Credential | undefined;
    for (const kind of credentialKinds) {
      try {
        const credential = await seeTo(account, kind, token);
        if (kind === 'access_token') token = credential;
      } catch (error) {
        missing(account.appId, error);
      }
    }
  });
  const first = due.toSorted((a, b) => a.left - b.left).slice(0, maxStarts);
  await concurrently(first, maxConcurrent, async ({ kind, appId, need }) => {
    try {
      await dispatch(kind, appId, need);
    } catch (error) {
      missing(appId, error);
    }
  });
  metrics.put({ Sweeps: 1, AccountsFailing: failing.size, AccountsMissed: missed.size });
  return { accounts: accounts.length, due: due.length };
}

/** A ticket of a former token is due: the run that was to have it follow has been lost. A borrowed one names no token. */
function needOf({ tokenGeneration }: Credential, token: Credential | undefined): Need {
  const isFormer = token !== undefined && tokenGeneration !== undefined && tokenGeneration < token.generation;
  return isFormer ? { reason: 'due', tokenGeneration: token.generation } : { reason: 'due' };
}

/** How an account's token is, and what is left of its mints of the day. */
function measuresOf({ mintBudget }: Account, credential: Credential, now: number) {
  const { mintedAt, mints, leaseUntil = 0 } = credential;
  const mintsToday = countedToday(mints, now);
  return {
    // In the middle of a refresh a value may be worth nothing for a moment; if the refresh fails, that is measured.
    ...(now >= leaseUntil && { TokenSecondsLeft: secondsLeft(credential, now) }),
    MintBudgetLeft: mintBudget === 0 ? 0 : Math.max(0, Math.round(100 * (1 - mintsToday / mintBudget))),
    ...(mintedAt !== undefined && { TokenAge: now - mintedAt }),
  };
}
