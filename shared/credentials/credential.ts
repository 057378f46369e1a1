import * as z from 'zod/mini';
import { leaseShape } from '../platform/lease.ts';
import { countedToday } from './day-count.ts';

/** The credentials an account has. Each is one item of the Credentials table, kept by the same protocol. */
export const ticketKinds = ['jsapi_ticket', 'wx_card_ticket'] as const;
export type TicketKind = (typeof ticketKinds)[number];
export const credentialKinds = ['access_token', ...ticketKinds] as const;
export const credentialKindSchema = z.enum(credentialKinds);
export type CredentialKind = z.infer<typeof credentialKindSchema>;

/** Why the last refresh failed, and what is to be done. Holds no secret. Times in Unix seconds. */
export const failureSchema = z.object({
  /** The stable code of the WeChat error, such as `ip_not_allowed`, or `rejected_token_kept`. */
  code: z.string(),
  message: z.string(),
  /** What a person can do about it. */
  advice: z.string(),
  /** True when trying again is pointless until a person has acted. */
  needsPerson: z.boolean(),
  /** Failures in a row. */
  count: z.number(),
  at: z.number(),
  /** No refresh is tried before, other than by hand. */
  retryAt: z.number(),
});
export type Failure = z.infer<typeof failureSchema>;

/**
 * What is stored of a credential. Times in Unix seconds. `generation` counts the values there have been and
 * only grows; it is 0 as long as there was none. The lease says who is refreshing. `expiresAt` is counted from
 * before the request was sent, so it never lies after the true end.
 */
export const credentialSchema = z.object({
  /** Counts the transitions, so that who wants the lease can tell whether anything changed since it looked. */
  revision: z._default(z.number(), 0),
  generation: z._default(z.number(), 0),
  value: z.optional(z.string()),
  mintedAt: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  /** Until when WeChat accepts it: the end of its life, or sooner once a mint may have killed it. */
  usableUntil: z.optional(z.number()),
  ...leaseShape,
  /** How often WeChat has been asked whether it accepts the stored value. Counted when the question is sent. */
  checks: z.optional(z.number()),
  /** What the last check that ended without a mint brought: `code` says why WeChat gave no verdict. */
  verdict: z.optional(z.object({ check: z.number(), accepted: z.boolean(), code: z.optional(z.string()) })),
  /** The generation whose value WeChat rejects: that value is published again only after WeChat has accepted it. */
  rejectedGeneration: z.optional(z.number()),
  /** When WeChat was found to reject a value before its time though nobody here had replaced it: the last ones. */
  earlyEnds: z.optional(z.array(z.number())),
  /** When the next refresh is due. */
  refreshAt: z.optional(z.number()),
  /**
   * When the last request was sent that may have replaced the token and whose end is not known, or not yet: the value
   * may be the former one already.
   */
  unsettledSince: z.optional(z.number()),
  /** In which mode the value was got. */
  valueMode: z.optional(z.enum(['stable', 'classic', 'ticket'])),
  /** How many attempts have got as far as a mint. */
  attempts: z.optional(z.number()),
  /** Which of those ended in order last, so that what came of it is on record. */
  endedAttempt: z.optional(z.number()),
  /** How often WeChat was asked for a value on which China day. */
  mints: z.optional(z.object({ day: z.string(), count: z.number() })),
  /** For a ticket: the generation of the access token that it was got with. */
  tokenGeneration: z.optional(z.number()),
  /** Forced refreshes of the stable token: how many on which China day, and when the last one was. */
  forced: z.optional(z.object({ day: z.string(), count: z.number(), lastAt: z.number() })),
  failure: z.optional(failureSchema),
  /** How many failures of one kind there were in a row: the pause after the next one grows with them. */
  pauses: z.optional(z.object({ kind: z.enum(['person', 'open', 'other']), count: z.number() })),
  /** The codes of the failures since the last success that a person has been told of. */
  told: z.optional(z.array(z.string())),
  /**
   * For people alone, and read by history.ts: why the value was got, the values before it, and what people were told.
   * Nothing is decided by it, so that nothing is made of what stands there.
   */
  mintedFor: z.optional(z.unknown()),
  former: z.optional(z.array(z.unknown())),
  notices: z.optional(z.array(z.unknown())),
});
export type Credential = z.infer<typeof credentialSchema>;

/** What tells how a credential is, and no value. IAM lets the health check read these attributes only. */
export const stateAttributes = ['generation', 'usableUntil', 'failure'] as const;
export const credentialStateSchema = z.pick(credentialSchema, {
  generation: true,
  usableUntil: true,
  failure: true,
});
export type CredentialState = z.infer<typeof credentialStateSchema>;

/** A credential that readers may hand out. */
export type UsableCredential = Credential & { value: string; usableUntil: number };

/** For how many more seconds WeChat is to be expected to accept the value; 0 where there is none. */
export function secondsLeft({ value, usableUntil }: Credential, now: number): number {
  return value === undefined || usableUntil === undefined ? 0 : Math.max(0, usableUntil - now);
}

/** A value is handed out until so long before its end: a call that starts then must still arrive in time. */
export const marginSeconds = 30;

/** Until when the value is handed out; `undefined` where there has been none. */
export function usableEnd({ usableUntil }: CredentialState): number | undefined {
  return usableUntil === undefined ? undefined : usableUntil - marginSeconds;
}

export function isUsable(credential: Credential, now: number): credential is UsableCredential {
  const { value, usableUntil = 0 } = credential;
  return value !== undefined && now + marginSeconds < usableUntil;
}

/**
 * Why somebody asks for a refresh: `due`, by a schedule that was booked for a time (Unix seconds), or because a ticket's
 * access token is of another generation or is there again; `missing`, a reader found nothing usable; `rejected`, WeChat
 * refused the value of that generation; `manual`, an operator asks, and with `isProof` takes nobody else's mint for an
 * answer.
 */
export const needSchema = z.union([
  z.object({
    reason: z.literal('due'),
    tokenGeneration: z.optional(z.number()),
    bookedFor: z.optional(z.number()),
  }),
  z.object({ reason: z.literal('missing') }),
  z.object({ reason: z.literal('manual'), isProof: z.optional(z.boolean()) }),
  z.object({ reason: z.literal('rejected'), generation: z.number() }),
]);
export type Need = z.infer<typeof needSchema>;

/** Whether the need tells of the token for want of which the last refresh of a ticket failed. */
function bringsToken(need: Need, { failure }: Credential): boolean {
  const isOfToken = need.reason === 'due' && need.tokenGeneration !== undefined;
  return isOfToken && failure?.code === 'credential_unavailable';
}

/**
 * Whether nothing new is to be asked of WeChat for `need` yet, because the last refresh failed a short while ago.
 * `mintBudget`: how many mints a day the account may make now.
 */
export function isBackingOff(
  need: Need,
  credential: Credential,
  { now, mintBudget }: { now: number; mintBudget: number },
): boolean {
  const { failure, mints } = credential;
  if (failure === undefined || now >= failure.retryAt) return false;
  // The budget has been raised since.
  if (failure.code === 'mint_budget_spent' && countedToday(mints, now) < mintBudget) return false;
  return need.reason !== 'manual' && !bringsToken(need, credential);
}

/**
 * Whether only WeChat can tell how the stored value is: it has rejected it, or a request without an answer may have
 * replaced it.
 */
export function isInDoubt({ generation, rejectedGeneration, unsettledSince }: Credential): boolean {
  return unsettledSince !== undefined || rejectedGeneration === generation;
}

/** Whether it is time to ask WeChat about a value in doubt. */
export function isToBeChecked(credential: Credential, now: number): boolean {
  const { value, expiresAt = 0, refreshAt = 0 } = credential;
  return value !== undefined && isInDoubt(credential) && now + marginSeconds < expiresAt && now >= refreshAt;
}

/** Whether nothing new may be asked for, and it is time to ask WeChat about the stored value instead. */
export function isOnlyToBeChecked(
  need: Need,
  credential: Credential,
  limits: { now: number; mintBudget: number },
): boolean {
  return isBackingOff(need, credential, limits) && isToBeChecked(credential, limits.now);
}

/** Whether a refresh for `need` would do anything now: ask for a value, or at least about the stored one. */
export function isWorthwhile(
  need: Need,
  credential: Credential,
  limits: { now: number; mintBudget: number },
): boolean {
  const { now } = limits;
  if (!isNeeded(need, credential, now)) return false;
  return !isBackingOff(need, credential, limits) || isToBeChecked(credential, now);
}

/** Whether `need` still stands, given what is stored now. */
export function isNeeded(need: Need, credential: Credential, now: number): boolean {
  switch (need.reason) {
    case 'due':
      return (
        now >= (credential.refreshAt ?? 0) ||
        (need.tokenGeneration ?? -1) > (credential.tokenGeneration ?? -1) ||
        bringsToken(need, credential)
      );
    case 'missing':
      return !isUsable(credential, now);
    case 'rejected':
      return credential.generation === need.generation || !isUsable(credential, now);
    case 'manual':
      return true;
  }
}

/**
 * What came of asking for a refresh. The value itself is only ever read from the store. `unchecked`: WeChat could not be
 * asked whether it rejects the value, or by hand for another, for the reason that this code names; it stays in use until
 * WeChat can be asked.
 */
export type RefreshOutcome =
  | { readonly state: 'usable'; readonly generation: number; readonly unchecked?: string | undefined }
  | { readonly state: 'unavailable'; readonly failure: Failure | undefined };

/** The outcome for somebody who asks while `credential` is stored. */
export function outcomeOf(credential: Credential, now: number): RefreshOutcome {
  return isUsable(credential, now)
    ? { state: 'usable', generation: credential.generation }
    : { state: 'unavailable', failure: credential.failure };
}
