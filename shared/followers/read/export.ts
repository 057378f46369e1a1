import type { Account } from '../../accounts/accounts.ts';
import { mirrorPage } from '../mirror/listing.ts';
import { fromMirror, type Follower } from './follower.ts';
import { mirrorNotReady, readMirrorState } from './mirror-state.ts';
import type { MirrorParts } from './parts.ts';

/** Of a size that fits into an answer of Lambda whatever followers share. */
const pageSize = 3000;

/** Which page: by default the first of all, in an order that nothing changes. */
export interface ExportRequest {
  /** `next` of the page before. */
  readonly from?: string | undefined;
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly limit?: number | undefined;
}

/**
 * A page of everyone, for an export. Throws `cursor_unknown`, and `mirror_not_ready` where an export begins and the
 * mirror does not stand for WeChat.
 */
export async function exportPage(
  parts: MirrorParts,
  account: Account,
  { from: cursor, order, limit = pageSize }: ExportRequest = {},
): Promise<{ followers: readonly Follower[]; next?: string }> {
  const state = await readMirrorState(parts, account);
  if (!state || !(state.current || cursor !== undefined)) throw mirrorNotReady(state);
  const request = { cursor, limit };
  const { followers, next } = await mirrorPage(parts.followers, account.appId, { order }, request);
  return { followers: followers.map(fromMirror), ...(next !== undefined && { next }) };
}
