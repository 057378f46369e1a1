import { KeyringError } from '../../platform/errors.ts';
import { IndexMissingError, type Item, type PageQuery, type Table } from '../../platform/table.ts';
import { followerIndexes } from './follower-item.ts';

/** A page of one partition of an index. */
export interface IndexQuery extends Pick<PageQuery, 'after' | 'descending' | 'limit'> {
  readonly index: keyof typeof followerIndexes;
  /** The partition, one of those of the account. */
  readonly shard: string;
}

/** The page. Throws `mirror_not_ready` where a deployment has not made the index yet. */
export async function indexPage(
  followers: Table,
  { index, shard, ...span }: IndexQuery,
): Promise<{ items: Item[]; end: boolean }> {
  const { partitionKey, sortKey } = followerIndexes[index];
  const partition = { attribute: partitionKey, value: shard };
  try {
    return await followers.queryPage({ index, partition, sortKey, ...span });
  } catch (error) {
    if (!(error instanceof IndexMissingError)) throw error;
    throw new KeyringError(
      'mirror_not_ready',
      `The index ${index} of the table Followers is not there, or is still being built. docs/upgrading.md says how to add it.`,
      {},
      { cause: error },
    );
  }
}
