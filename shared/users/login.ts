import type { Account } from '../accounts/accounts.ts';
import { withAppSecret } from '../accounts/app-secret.ts';
import type { SecretStore } from '../accounts/secrets.ts';
import type { Profiles } from '../followers/mirror/profiles.ts';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { exchangeCode, type Grant, type UserProfile } from '../wechat/authorization.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { WeChatApiError, WeChatError } from '../wechat/errors.ts';
import type { AppId } from '../wechat/tokens.ts';
import type { Attempts, Claim, LoginEnd } from './attempts.ts';
import { opensProfile } from './grant.ts';
import type { Grants } from './grants.ts';
import { sessionIdOf, type Sessions } from './sessions.ts';
import { askForProfile, toGrantProfile } from './user-profiles.ts';

export interface LoginParts {
  readonly attempts: Attempts;
  readonly sessions: Sessions;
  readonly grants: Grants;
  readonly profiles: Profiles;
  readonly secrets: SecretStore;
  readonly wechat: WeChatClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Told once of each login that has ended. Must not throw. */
  readonly onEnd: (appId: AppId, end: LoginEnd | { readonly result: 'granted' }) => Promise<void>;
}

/** What the browser brings back from WeChat. */
export interface Return {
  readonly code: string;
  readonly state: string;
  readonly browserId: string;
  /** All of the browser's cookies, its session among them. */
  readonly cookies?: readonly string[] | undefined;
}

/** How the login ended; with a session that the browser may not have yet, the `Set-Cookie` that carries it. */
export type LoginOutcome = LoginEnd | { readonly result: 'granted'; readonly cookie?: string };

const waitSeconds = 10;
const pollSeconds = 0.15;
/** API Gateway waits 30 s, so whoever claimed an attempt before that is not at work any more. */
const maxLoginSeconds = 30;

/**
 * Finishes a login: claims the attempt, exchanges the code exactly once, stores the grant with the profile that
 * the scope `snsapi_userinfo` opens, and opens the session. The same code sent again by the same browser gets the
 * same end, the same session included, without another exchange; `state_used` once that session has ended. Another code
 * is exchanged only to see whether it is of the user who is logged in by then. Throws the faults of Attempts.claim and
 * `login_unfinished`.
 *
 * Four writes at the most, beside what `onEnd` does: the claim, the profile where the wall finds it, the session, and
 * the grant with the profile and the session's hash. The grant comes last. Nothing before it is of use to anyone, so it
 * is also the note that the login has ended well, for a second arrival can derive the session's id; only another end is
 * written to the attempt. And an erasure at the same time sees either the grant, and with it all the rest, or comes
 * before the login.
 */
export async function finishLogin(
  parts: LoginParts,
  account: Account,
  back: Return,
): Promise<{ outcome: LoginOutcome; returnTo: string }> {
  const { attempts } = parts;
  const { code, state, browserId } = back;
  const claimed = await attempts.claim(account.appId, state, browserId, code).catch(usedByAnother);
  if (!claimed) return { outcome: { result: 'granted' }, returnTo: await leadOn(parts, account, back) };
  const { claim, attempt } = claimed;
  const { returnTo } = attempt;
  if (!claimed.isFirst) return { outcome: await endOfFirst(parts, account, back, claimed), returnTo };
  try {
    const outcome = await logIn(parts, account, back, claim);
    if (outcome.result !== 'granted') await attempts.finish(state, claim, outcome);
    await parts.onEnd(account.appId, outcome);
    return { outcome, returnTo };
  } catch (error) {
    const end = { result: 'failed', code: 'login_unfinished' } as const;
    await attempts.finish(state, claim, end).catch(() => undefined);
    throw error;
  }
}

/** `undefined` where the attempt was used with another code. */
function usedByAnother(error: unknown): undefined {
  if (error instanceof KeyringError && error.code === 'state_used') return undefined;
  throw error;
}

/**
 * Some clients of WeChat come back twice, with two codes for one attempt. Where the user whom the first has logged in is
 * the one of the second, there is nothing to complain of. What the second opens is not kept: the grant stands. Returns
 * where they wanted to go. Throws `state_used` for anybody else.
 */
async function leadOn(
  parts: LoginParts,
  account: Account,
  { code, state, browserId, cookies }: Return,
): Promise<string> {
  const { returnTo } = await parts.attempts.require(account.appId, state, browserId);
  const openid = await parts.sessions.openid(account, cookies);
  if (openid === undefined) throw new KeyringError('state_used');
  const granted = await exchange(parts, account.appId, code);
  if ('result' in granted || granted.grant.openid !== openid) throw new KeyringError('state_used');
  return returnTo;
}

/** What the first arrival does with its code. */
async function logIn(
  parts: LoginParts,
  account: Account,
  { code, browserId }: Return,
  claim: string,
): Promise<LoginOutcome> {
  const granted = await exchange(parts, account.appId, code);
  if ('result' in granted) return granted;
  const { grant, exchangedAt } = granted;
  const profile = opensProfile(grant) ? await fetchProfile(parts, account.appId, grant) : undefined;
  if (profile === 'closed') return { result: 'snapshot' };
  const unionid = profile?.unionid ?? grant.unionid;
  if (profile) {
    const { nickname, headimgurl: avatar } = profile;
    const shared = { openid: grant.openid, unionid, nickname, avatar, consentedAt: exchangedAt };
    await parts.profiles.put(account.appId, shared);
  } else if (opensProfile(grant)) {
    await parts.profiles.noteConsent(account.appId, grant.openid, exchangedAt);
  }
  const id = sessionIdOf({ browserId, claim, code });
  const { session, cookie } = await parts.sessions.open(account, id, grant.openid);
  await parts.grants.put(account.appId, grant, {
    exchangedAt,
    profile: profile && toGrantProfile(profile, exchangedAt),
    unionid,
    session,
  });
  return { result: 'granted', cookie };
}

/** Waits for how the first arrival of the same code ends. Throws `state_used` where the session it opened is over. */
async function endOfFirst(
  { attempts, sessions, clock }: LoginParts,
  account: Account,
  { code, state, browserId }: Return,
  { claim, claimedAt }: Claim,
): Promise<LoginOutcome> {
  const id = sessionIdOf({ browserId, claim, code });
  const giveUpAt = Math.min(clock.now() + waitSeconds, claimedAt + maxLoginSeconds);
  for (;;) {
    const [session, { end }] = await Promise.all([
      sessions.standing(account, id),
      attempts.require(account.appId, state, browserId),
    ]);
    if (session === 'over') throw new KeyringError('state_used');
    if (session !== 'not yet') return { result: 'granted', cookie: session.cookie };
    if (end) return end;
    if (clock.now() >= giveUpAt) throw new KeyringError('login_unfinished', undefined, { retryAfter: 5 });
    await clock.sleep(pollSeconds);
  }
}

async function exchange(
  parts: LoginParts,
  appId: AppId,
  code: string,
): Promise<LoginEnd | { grant: Grant; exchangedAt: number }> {
  const exchangedAt = parts.clock.now();
  try {
    const grant = await withAppSecret(parts.secrets, appId, (secret) =>
      parts.wechat.send(exchangeCode({ appId, secret, code })),
    );
    // A snapshot user is a stand-in that WeChat made up: https://developers.weixin.qq.com/community/develop/doc/000c2c34068880629ced91a2f56001
    return grant.isSnapshotUser ? { result: 'snapshot' } : { grant, exchangedAt };
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    parts.log.warn('A code could not be exchanged.', {
      account: appId,
      code: error.code,
      reason: error.message,
    });
    return { result: 'failed', code: failureOf(error) };
  }
}

/** Anybody can come back with a code of their own making: what WeChat says of the code alone is a fault of the caller's. */
function failureOf(error: WeChatError): 'code_refused' | 'wechat_refused' | 'wechat_unreachable' {
  if (!(error instanceof WeChatApiError) || error.kind === 'busy') return 'wechat_unreachable';
  return error.kind === 'code_invalid' || error.kind === 'code_used' ? 'code_refused' : 'wechat_refused';
}

/** WeChat's word that a user's grant does not open the profile. */
const profileClosed = 48001;

/**
 * The login stands without the profile, so a failure here is only noted. `closed`: of what the user has granted a moment
 * ago WeChat says that it was not. That is how snapshot users have been met whom it does not mark as such.
 */
async function fetchProfile(
  { wechat, log }: LoginParts,
  appId: AppId,
  { openid, accessToken }: Grant,
): Promise<UserProfile | 'closed' | undefined> {
  try {
    return await wechat.send(askForProfile(openid)(accessToken));
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    log.warn('A profile could not be read after a login.', { account: appId, code: error.code });
    return error instanceof WeChatApiError && error.errcode === profileClosed ? 'closed' : undefined;
  }
}
