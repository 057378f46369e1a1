import * as z from 'zod/mini';
import type { Accounts } from '../../accounts/accounts.ts';
import { dayMarks, daysShard } from '../../figures/day-figures.ts';
import type { Clock } from '../../platform/clock.ts';
import { concurrently } from '../../platform/concurrently.ts';
import { holderAttributes, leaseShape, Leases, type Lease } from '../../platform/lease.ts';
import type { Log } from '../../platform/log.ts';
import type { Item, Table } from '../../platform/table.ts';
import { type AppId, appIdSchema } from '../../wechat/tokens.ts';
import { accountShard, shardsOf } from './follower-item.ts';
import { listShardsOf } from './stored-list.ts';
import { errorCode } from '../../wechat/error-code.ts';

/** How long a process that was killed keeps others out. Renewed with each page. */
const leaseSeconds = 120;
/** A page is so many people of each partition, so that none of them gets all the writes. */
const peoplePerPartition = 125;
const maxConcurrentWrites = 32;
/**
 * When the last write for the account is over that began before it was removed: functions remember accounts for a
 * minute, and run for 15 at most.
 */
const lastWritesSeconds = 1200;
/** How long an account may still be registered that is just being removed: the command runs for a minute at most. */
const removalSeconds = 300;

const removalSchema = z.object({
  /** The sort key of this table; here it holds the appid. */
  openid: appIdSchema,
  /** When the account was removed, in Unix seconds. */
  removedAt: z.number(),
  /** Before then nobody need work on it. */
  notBefore: z.number(),
  /** Items deleted so far. */
  deleted: z.number(),
  ...leaseShape,
});

/** A removed account whose followers are being deleted, held by a process. */
interface Removal extends Lease {
  readonly removedAt: number;
  readonly deleted: number;
}

/**
 * The removed accounts whose followers are still to be deleted: one item each in a partition of the Followers table,
 * until it is over.
 */
export class Removals {
  readonly #table: Table;
  readonly #leases: Leases;

  constructor(followers: Table) {
    this.#table = followers;
    this.#leases = new Leases(followers);
  }

  /** Notes that the account's followers are to be deleted, as soon as it is no longer registered. */
  async note(appId: AppId, now: number): Promise<void> {
    await this.#table.update(keyOf(appId), {
      set: { removedAt: now, notBefore: now, deleted: 0 },
      remove: holderAttributes,
    });
  }

  /** The appids of those that somebody is to work on now. First comes what has waited longest. */
  async due(now: number): Promise<AppId[]> {
    const items = await this.#table.query('shard', removalsShard);
    return items
      .map((item) => z.parse(removalSchema, item))
      .filter(({ notBefore, leaseUntil = 0 }) => notBefore <= now && leaseUntil < now)
      .sort((one, other) => one.notBefore - other.notBefore)
      .map(({ openid }) => openid);
  }

  /** Undefined where there is nothing to be done now, or somebody else is at it. */
  async take(appId: AppId, now: number): Promise<Removal | undefined> {
    const lease = await this.#leases.take(keyOf(appId), {
      now,
      until: now + leaseSeconds,
      condition: { expression: '#notBefore <= :now', values: { now } },
    });
    if (!lease) return undefined;
    const item = await this.#table.get(lease.key);
    return item && { ...lease, ...z.parse(removalSchema, item) };
  }

  /** Keeps it from now on, and counts what was deleted. False where it is somebody else's by now. */
  async keep(removal: Removal, { deleted, now }: { deleted: number; now: number }): Promise<boolean> {
    return this.#leases.extend(removal, { set: { leaseUntil: now + leaseSeconds }, add: { deleted } });
  }

  /** Gives it back, to be gone on with at `notBefore`. */
  async putOff(removal: Removal, notBefore: number): Promise<void> {
    await this.#leases.release(removal, { set: { notBefore } });
  }

  /** Forgets it, unless the account was removed once more. */
  async end(removal: Removal): Promise<void> {
    await this.#leases.delete(removal);
  }
}

const removalsShard = 'removals';

function keyOf(appId: AppId) {
  return { shard: removalsShard, openid: appId };
}

export interface DeletionParts {
  readonly followers: Table;
  readonly accounts: Pick<Accounts, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Deletes all that is kept about the followers of a removed account, a page at a time, for as long as `shouldContinue` says
 * so. What is deleted is gone from the partitions, so whoever comes next, after a kill too, begins at their start
 * again. It is over once nothing is found after the last write that began while the account was there.
 *
 * An account that is registered again keeps what is left, and all that is written from then on: a page is read first,
 * then it is asked whether the account is there, and then deleted what nobody has written since it was read. Does not
 * throw: the sweep comes again.
 */
export async function deleteFollowers(
  { followers, accounts, clock, log }: DeletionParts,
  appId: AppId,
  shouldContinue: () => boolean,
): Promise<void> {
  const removals = new Removals(followers);
  try {
    const removal = await removals.take(appId, clock.now());
    if (!removal) return;
    let { deleted } = removal;
    while (shouldContinue()) {
      const readAt = clock.now();
      const { items, marks } = await readPage(followers, appId);
      const registered = await accounts.get(appId);
      if (registered) {
        // Registered since, or its removal has failed; else it is just being removed.
        const isStaying =
          registered.createdAt > removal.removedAt || readAt >= removal.removedAt + removalSeconds;
        if (isStaying) await removals.end(removal);
        break;
      }
      if (items.length === 0) {
        const settledAt = removal.removedAt + lastWritesSeconds;
        if (readAt < settledAt) {
          await removals.putOff(removal, settledAt);
          return;
        }
        await removals.end(removal);
        log.info('The followers of a removed account are deleted.', {
          account: appId,
          removed: { items: deleted },
        });
        return;
      }
      let gone = 0;
      await concurrently(items, maxConcurrentWrites, async (item) => {
        if (await deleteUnchanged(followers, item, marks)) gone += 1;
      });
      deleted += gone;
      if (!(await removals.keep(removal, { deleted: gone, now: clock.now() }))) return;
    }
    await removals.putOff(removal, clock.now());
  } catch (error) {
    // A lease that was taken runs out.
    log.warn('The followers of a removed account could not be deleted; the sweep comes again.', {
      account: appId,
      code: errorCode(error),
    });
  }
}

/** What tells that a sync, an event, a login or a command has written an item. */
const personMarks = ['subscribed', 'changedAt', 'consentedAt'] as const;
const listMarks = ['run'] as const;
const accountMarks = [
  'revision',
  'pausedAt',
  'run',
  'eventAt',
  'listedAt',
  'day',
  'list',
  'details',
] as const;

/** Some people of each partition; once there are none, WeChat's list, and then what is kept about the account as a whole, its days included. */
async function readPage(
  followers: Table,
  appId: AppId,
): Promise<{ items: readonly Item[]; marks: readonly string[] }> {
  const read = async (value: string) => {
    const partition = { attribute: 'shard', value };
    const { items } = await followers.queryPage({ partition, sortKey: 'openid', limit: peoplePerPartition });
    return items;
  };
  const readAll = async (shards: readonly string[]) => (await Promise.all(shards.map(read))).flat();
  const people = await readAll(shardsOf(appId));
  if (people.length > 0) return { items: people, marks: personMarks };
  const list = await readAll(listShardsOf(appId));
  if (list.length > 0) return { items: list, marks: listMarks };
  const ofAccount = await readAll([accountShard(appId), daysShard(appId)]);
  return { items: ofAccount, marks: [...accountMarks, ...dayMarks] };
}

/** Deletes an item unless somebody has written it since it was read. False where it is gone or has changed. */
async function deleteUnchanged(followers: Table, item: Item, marks: readonly string[]): Promise<boolean> {
  const unchanged = marks.map((mark) =>
    mark in item ? `#${mark} = :${mark}` : `attribute_not_exists(#${mark})`,
  );
  return followers.delete(z.parse(keySchema, item), {
    expression: ['attribute_exists(#openid)', ...unchanged].join(' AND '),
    values: Object.fromEntries(marks.flatMap((mark) => (mark in item ? [[mark, item[mark]]] : []))),
  });
}

const keySchema = z.object({ shard: z.string(), openid: z.string() });
