import type { Account } from '../../accounts/accounts.ts';
import { KeyringError } from '../../platform/errors.ts';
import { mirrorPage, type FollowerList } from '../mirror/listing.ts';
import { isMirrorCursor } from '../mirror/page-cursor.ts';
import { cursorUnknown, pageAtWeChat } from './at-wechat.ts';
import { fromMirror, type Follower } from './follower.ts';
import { mirrorNotReady, readMirrorState, type MirrorState } from './mirror-state.ts';
import type { FollowerParts } from './parts.ts';

/** Which part of the list of followers is asked for. */
export interface ListRequest extends FollowerList {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  /** Whether the page shows the followers themselves, too. */
  readonly withProfiles?: boolean | undefined;
}

/** One page of the list of followers. */
export interface FollowersPage {
  /** Followers of the account, whatever the filter. */
  readonly total: number;
  readonly openids: readonly string[];
  readonly followers?: readonly Follower[];
  /** Absent on the page that ends the list. */
  readonly next?: string;
}

/** A page, and whether the mirror gave it. */
export interface ListedFollowers {
  readonly page: FollowersPage;
  readonly mirrored: boolean;
}

const maxOnPage = 10_000;
/** A Lambda answers with 6 MB at the most. */
const maxShownOnPage = 1000;

/**
 * One page. A list that began at WeChat goes on there, and one that began in the mirror goes on in the mirror. From
 * WeChat, each page is one of the 500 calls a day that it allows, and there is no order, filter or profile.
 * Throws `cursor_unknown`, `mirror_not_ready`, `invalid_parameter`.
 */
export async function listPage(
  parts: FollowerParts,
  account: Account,
  request: ListRequest,
): Promise<ListedFollowers> {
  const { cursor, withProfiles = false } = request;
  const limit = limitOf(request);
  const list = listOf(request);
  const atWeChat = async () => ({
    page: await pageAtWeChat(parts.calls, account, { cursor, limit }),
    mirrored: false,
  });
  const needsMirror = list.order !== undefined || withProfiles;
  if (cursor !== undefined && !isMirrorCursor(cursor)) {
    if (needsMirror) throw cursorUnknown();
    return atWeChat();
  }
  const state = await readMirrorState(parts, account);
  if (!state || !isUsable(state, { needsMirror, cursor })) {
    if (needsMirror || cursor !== undefined) throw mirrorNotReady(state);
    return atWeChat();
  }
  const needsDetails = list.tag !== undefined || list.scene !== undefined;
  if (needsDetails && state.detailsAt === undefined) throw detailsMissing();
  const { followers, next } = await mirrorPage(parts.followers, account.appId, list, { cursor, limit });
  const page = {
    total: state.subscribed,
    openids: followers.map(({ openid }) => openid),
    ...(withProfiles && { followers: followers.map(fromMirror) }),
    ...(next !== undefined && { next }),
  };
  return { page, mirrored: true };
}

function limitOf({ limit, withProfiles = false }: ListRequest): number {
  const most = withProfiles ? maxShownOnPage : maxOnPage;
  if (limit !== undefined && limit > most) {
    throw new KeyringError('invalid_parameter', `With profiles, limit is at most ${most}.`, {
      parameter: 'limit',
    });
  }
  return limit ?? most;
}

/** A list with a filter has an order: the newest come first where nothing else is asked for. */
function listOf({ order, tag, scene, hasProfile }: ListRequest): FollowerList {
  const isFiltered = tag !== undefined || scene !== undefined || hasProfile !== undefined;
  return { order: order ?? (isFiltered ? 'newest' : undefined), tag, scene, hasProfile };
}

/**
 * A mirror that is out of date still ends what began in it. In the plain list, whoever came a moment ago is expected.
 */
function isUsable(
  { current, live }: MirrorState,
  { needsMirror, cursor }: { needsMirror: boolean; cursor: string | undefined },
): boolean {
  return cursor !== undefined || (needsMirror ? current : live);
}

function detailsMissing(): KeyringError {
  return new KeyringError(
    'mirror_not_ready',
    'Tags and scenes are not known: no sync of this account has brought the details of everyone yet. `followers status` tells the operator how far they are.',
  );
}
