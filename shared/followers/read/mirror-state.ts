import type { Account } from '../../accounts/accounts.ts';
import { KeyringError } from '../../platform/errors.ts';
import { readCounts, type FollowerCounts } from '../mirror/counts.ts';
import { isUnderWay } from '../sync/checkpoint.ts';
import type { MirrorParts } from './parts.ts';

/** A sync runs each day: after so long without one, WeChat is asked again. */
const trustedSeconds = 3 * 86_400;
/** The sync of a large account takes days. While it is at it, and events go on, the mirror of the one before will do. */
const trustedMeanwhileSeconds = 30 * 86_400;

/** The counts, and whether the mirror stands for WeChat at the moment. */
export interface MirrorState extends FollowerCounts {
  /** False where the last sync is too long ago. */
  readonly current: boolean;
  /** Whether events were ever seen to change it, so that it holds at this moment and not only since the last sync. */
  readonly live: boolean;
}

/** The counts of an account, and whether its mirror may be used. Undefined while no sync has ended yet. */
export async function readMirrorState(
  { followers, clock }: MirrorParts,
  { appId }: Account,
): Promise<MirrorState | undefined> {
  const counts = await readCounts(followers, appId);
  if (!counts) return undefined;
  const age = clock.now() - counts.syncedAt;
  const current =
    age < trustedSeconds || (age < trustedMeanwhileSeconds && (await isUnderWay(followers, appId)));
  return { ...counts, current, live: current && counts.eventAt !== undefined };
}

/** What a caller is told who needs the mirror where there is none. */
export function mirrorNotReady(state: MirrorState | undefined): KeyringError {
  return new KeyringError(
    'mirror_not_ready',
    state === undefined
      ? 'No sync of this account has ended yet. The operator starts one with `followers sync`; `followers status` tells how far it is.'
      : 'The last sync of this account is more than 3 days ago. `followers status` tells the operator why.',
  );
}
