import type { Credential } from './credential.ts';

/** So many are remembered of an account. */
export const rememberedEarlyEnds = 10;

/**
 * The times at which WeChat was found to reject a token before its time, with `now` as one more; `seen` is the record of
 * one that it has just rejected. Undefined where that was known already, or where a mint of the service's own may have
 * ended it. What is left: something else minted for the account, or a person ended its tokens, as a new AppSecret does.
 */
export function oneMoreEarlyEnd(seen: Credential, now: number): number[] | undefined {
  const { generation, rejectedGeneration, unsettledSince, expiresAt = 0, earlyEnds = [] } = seen;
  const isNews = rejectedGeneration !== generation;
  if (!isNews || unsettledSince !== undefined || now >= expiresAt) return undefined;
  return [...earlyEnds, now].slice(-rememberedEarlyEnds);
}
