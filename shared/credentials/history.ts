import * as z from 'zod/mini';
import { credentialKindSchema, failureSchema, type Credential, type CredentialKind } from './credential.ts';
import { countedToday } from './day-count.ts';
import { windowOf } from './timing.ts';

/**
 * Why a value was got: as for a Need, but `forced` where a refresh by force brought it, because WeChat handed back the
 * value that it rejected.
 */
export const mintReasons = ['due', 'missing', 'rejected', 'forced', 'manual'] as const;
export type MintReason = (typeof mintReasons)[number];

/**
 * How a value ended: `renewed`, by the next one before its time was over; `rejected`, WeChat refused it before that;
 * `expired`, its time was over before there was another.
 */
export const valueEnds = ['renewed', 'rejected', 'expired'] as const;
export type ValueEnd = (typeof valueEnds)[number];

/** So many values are remembered beside the present one: three days of them, where nothing goes wrong. */
export const rememberedValues = 36;
/** So many notices are remembered. */
export const rememberedNotices = 10;

/** A value that there was, as the record has it: its generation, when it was minted, why, when it ended, and how. */
const formerSchema = z.tuple([z.number(), z.number(), z.enum(mintReasons), z.number(), z.enum(valueEnds)]);
/** Of what a person was told, as the record has it: when, and the code of the failure. */
const noticeSchema = z.tuple([z.number(), z.string()]);

/** The life of a credential and of the values before it. Holds no value. Times in Unix seconds. */
export const credentialHistorySchema = z.object({
  kind: credentialKindSchema,
  /** 0: there has been no value yet. */
  generation: z.number(),
  mintedAt: z.optional(z.number()),
  /** Absent of a value that a version got which did not note it. */
  mintedFor: z.optional(z.enum(mintReasons)),
  /** For when the next refresh is booked. */
  refreshAt: z.optional(z.number()),
  /** From when on WeChat hands out another value, where it has such a time: of a stable token its last 5 minutes. */
  windowAt: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  /** Until when WeChat is expected to accept it, which may be sooner. */
  usableUntil: z.optional(z.number()),
  /** Of today in China: automatic mints, and refreshes by force. */
  mintsToday: z.number(),
  forcedToday: z.number(),
  failure: z.optional(failureSchema),
  /** The values before, the newest first. */
  former: z.array(
    z.object({
      generation: z.number(),
      mintedAt: z.number(),
      mintedFor: z.enum(mintReasons),
      endedAt: z.number(),
      end: z.enum(valueEnds),
    }),
  ),
  /** What people were told by mail, the latest first: the code of the failure, and when. */
  notices: z.array(z.object({ at: z.number(), code: z.string() })),
});
export type CredentialHistory = z.infer<typeof credentialHistorySchema>;

/**
 * The values before, with the one that was `seen` as the last of them, which another replaces that was asked for `at`.
 * Undefined where there was none. `isRejected`: WeChat is known to reject it; `earlyEnds`: where that is news.
 */
export function withFormer(
  seen: Credential,
  about: { isRejected: boolean; earlyEnds: readonly number[] | undefined; at: number },
): Credential['former'] {
  const { generation, mintedAt, mintedFor, expiresAt = 0, former = [] } = seen;
  if (mintedAt === undefined) return undefined;
  const [endedAt, end] = endOf({ mintedAt, expiresAt, earlyEnds: about.earlyEnds ?? seen.earlyEnds }, about);
  // A value of a version that noted no reason was got on time, as nearly all are.
  const one = [generation, mintedAt, mintedFor ?? 'due', endedAt, end];
  return [...former, one].slice(-rememberedValues);
}

function endOf(
  {
    mintedAt,
    expiresAt,
    earlyEnds = [],
  }: { mintedAt: number; expiresAt: number; earlyEnds?: readonly number[] | undefined },
  { isRejected, at }: { isRejected: boolean; at: number },
): [number, ValueEnd] {
  if (isRejected) return [earlyEnds.findLast((time) => time >= mintedAt) ?? at, 'rejected'];
  return at >= expiresAt ? [expiresAt, 'expired'] : [at, 'renewed'];
}

/** What people were told, with one thing more. */
export function withNotice(
  { notices = [] }: Credential,
  { at, code }: { at: number; code: string },
): Credential['notices'] {
  return [...notices, [at, code]].slice(-rememberedNotices);
}

/** The history of a credential. */
export function historyOf(kind: CredentialKind, credential: Credential, now: number): CredentialHistory {
  const { generation, mintedAt, refreshAt, expiresAt, usableUntil, mints, forced, failure } = credential;
  const { former = [], notices = [], valueMode } = credential;
  return {
    ...{ kind, generation, mintedAt, refreshAt, expiresAt, usableUntil, failure },
    mintedFor: z.enum(mintReasons).safeParse(credential.mintedFor).data,
    windowAt: valueMode === 'stable' && expiresAt !== undefined ? windowOf(expiresAt) : undefined,
    mintsToday: countedToday(mints, now),
    forcedToday: countedToday(forced, now),
    // What a later version may have noted in another way is passed over.
    former: former.toReversed().flatMap((one) => {
      const { data } = formerSchema.safeParse(one);
      if (!data) return [];
      const [ofGeneration, ofMintedAt, mintedFor, endedAt, end] = data;
      return [{ generation: ofGeneration, mintedAt: ofMintedAt, mintedFor, endedAt, end }];
    }),
    notices: notices.toReversed().flatMap((one) => {
      const { data } = noticeSchema.safeParse(one);
      return data ? [{ at: data[0], code: data[1] }] : [];
    }),
  };
}
