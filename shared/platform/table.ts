export type Key = Readonly<Record<string, string>>;
export type Item = Record<string, unknown>;

/** A condition expression: `#name` stands for the attribute `name`, `:name` for `values.name`. */
export interface Condition {
  readonly expression: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface Change {
  readonly set?: Readonly<Record<string, unknown>>;
  /** Set where they are missing. */
  readonly setOnce?: Readonly<Record<string, unknown>>;
  /** Added to number attributes; a missing one counts as 0. */
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
  readonly condition?: Condition;
}

/** Where a page of one partition begins and how far it goes. */
export interface PageQuery {
  /** A global secondary index; its reads are eventually consistent. Default: the table itself. */
  readonly index?: string | undefined;
  /** Whether what was written a moment ago may be missing, for half the price. Default: only of an index. */
  readonly mayLag?: boolean | undefined;
  readonly partition: { readonly attribute: string; readonly value: string };
  /** The name of the sort key. */
  readonly sortKey: string;
  /** The sort key after which the page begins, in the order asked for. */
  readonly after?: string | undefined;
  /** Default: ascending. */
  readonly descending?: boolean | undefined;
  readonly limit: number;
}

/** The index that a page was asked of is not there, or not built yet. */
export class IndexMissingError extends Error {
  override readonly name = 'IndexMissingError';

  constructor(index: string, options?: ErrorOptions) {
    super(`There is no index ${index} to read from.`, options);
  }
}

/**
 * One DynamoDB table in plain values. Reads of single items and of partitions of the table are strongly consistent. Writes
 * touch one item and say whether their condition held. Throws where DynamoDB finds a request invalid.
 */
export interface Table {
  /** The item, or of it the given attributes. */
  get(key: Key, attributes?: readonly string[]): Promise<Item | undefined>;

  /** The items that exist among up to 100 keys, in no order. */
  getMany(keys: readonly Key[]): Promise<Item[]>;

  /** The items of one partition, in sort-key order: all of them, or the first `limit`. */
  query(attribute: string, value: string, limit?: number): Promise<Item[]>;

  /**
   * Up to `limit` items of one partition, of the table or of an index, in the order of the sort key, and whether the
   * partition ends with them. DynamoDB reads at most a megabyte for a page, so a page that does not end may be short.
   * Throws IndexMissingError.
   */
  queryPage(query: PageQuery): Promise<{ items: Item[]; end: boolean }>;

  /**
   * One megabyte of the whole table: the items among it that meet the filter, with the given attributes, and the
   * key after which the next one begins. Eventually consistent, and paid for by what is read, not by what is found.
   */
  scanPage(
    filter: Condition,
    attributes: readonly string[],
    after?: Key,
  ): Promise<{ items: Item[]; next: Item | undefined }>;

  /** Writes a whole item. False when the condition did not hold. */
  put(item: Item, condition?: Condition): Promise<boolean>;

  /**
   * Changes attributes of one item, creating it where the condition allows. False when it did not hold.
   * Attributes whose value is undefined stay as they are.
   */
  update(key: Key, change: Change): Promise<boolean>;

  /**
   * The same, and returns the item as it is `after` the change or was `before` it (empty where there was none).
   * Undefined when the condition did not hold.
   */
  change(key: Key, change: Change, returned: 'before' | 'after'): Promise<Item | undefined>;

  /**
   * Adds to number attributes of one item, whatever their names, creating it where it is missing, and sets others.
   * Returns the whole item as it is then.
   */
  add(
    key: Key,
    increments: ReadonlyMap<string, number>,
    set: Readonly<Record<string, unknown>>,
  ): Promise<Item>;

  /** Deletes an item, whether or not it is there. False when the condition did not hold. */
  delete(key: Key, condition?: Condition): Promise<boolean>;
}
