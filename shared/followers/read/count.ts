import type { Account } from '../../accounts/accounts.ts';
import { mirrorNotReady, readMirrorState, type MirrorState } from './mirror-state.ts';
import type { MirrorParts } from './parts.ts';

/** How many followers there are, as the mirror counts them. Throws `mirror_not_ready` before the first sync has ended. */
export async function countFollowers(parts: MirrorParts, account: Account): Promise<MirrorState> {
  const state = await readMirrorState(parts, account);
  if (!state) throw mirrorNotReady(state);
  return state;
}
