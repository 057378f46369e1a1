import { tableSchemas, type TableSchema } from '../../local/aws/dynamodb.ts';
import type { Tables } from '../../functions/runtime.ts';
import {
  IndexMissingError,
  type Change,
  type Condition,
  type Item,
  type Key,
  type PageQuery,
  type Table,
} from '../../shared/platform/table.ts';
import { compareTexts, holds } from './condition.ts';

/** Lets an operation through: what it throws beforehand keeps it from happening, what it throws behind loses its reply. */
export type Gate = <Result>(operate: () => Result) => Promise<Result>;

/** Operations happen at once. */
export const open: Gate = (operate) => new Promise((resolve) => resolve(operate()));

const maxKeysInBatch = 100;
const maxBytesInPage = 1024 * 1024;

/**
 * A {@link Table} in memory, some hundred times as fast as the embedded DynamoDB, and of the same answers: one test runs
 * the same cases on both. It differs in three things. A page of a partition has as many items as were asked for, never less
 * for their size; an index is up to date at once; and an item may be of any size.
 *
 * Its own methods answer without a promise, for who decides when an operation happens; `table` is what the code under
 * test takes. Like DynamoDB they throw where a request is invalid.
 */
export class MemoryTable {
  readonly #schema: TableSchema;
  readonly #maxScanned: number;
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** The sort keys of each partition in order, as long as none has come or gone. */
  readonly #sorted = new Map<string, string[]>();
  /** How many operations passed through the gates. */
  operations = 0;

  /** `maxScanned`: items in one page of a scan, for tests that want several without a megabyte of data. */
  constructor(schema: TableSchema, { maxScanned = Number.POSITIVE_INFINITY } = {}) {
    this.#schema = schema;
    this.#maxScanned = maxScanned;
  }

  /** As a process sees it whose operations pass through the gate. */
  table(gate: Gate = open): Table {
    const through =
      <Arguments extends unknown[], Result>(operate: (...given: Arguments) => Result) =>
      (...given: Arguments) =>
        gate(() => {
          this.operations += 1;
          return operate(...given);
        });
    return {
      get: through((key, attributes) => this.get(key, attributes)),
      getMany: through((keys) => this.getMany(keys)),
      query: through((attribute, value, limit) => this.query(attribute, value, limit)),
      queryPage: through((query) => this.queryPage(query)),
      scanPage: through((filter, attributes, after) => this.scanPage(filter, attributes, after)),
      put: through((item, condition) => this.put(item, condition)),
      update: through((key, change) => this.update(key, change)),
      change: through((key, change, returned) => this.change(key, change, returned)),
      add: through((key, increments, set) => this.add(key, increments, set)),
      delete: through((key, condition) => this.delete(key, condition)),
    };
  }

  /** Every item, in no order. */
  items(): Item[] {
    return Array.from(this.#all(), (item) => copy(item));
  }

  get(key: Key, attributes: readonly string[] = []): Item | undefined {
    requireDistinct(attributes);
    const item = this.#find(key);
    return item && copy(attributes.length === 0 ? item : pick(item, attributes));
  }

  getMany(keys: readonly Key[]): Item[] {
    if (keys.length > maxKeysInBatch) throw new Error('The batch has too many keys.');
    requireDistinct(keys.map((key) => JSON.stringify(this.#place(key))));
    return keys.flatMap((key): Item[] => {
      const item = this.get(key);
      return item ? [item] : [];
    });
  }

  query(attribute: string, value: string, limit = Number.POSITIVE_INFINITY): Item[] {
    const partition = { attribute, value };
    return this.queryPage({ partition, sortKey: this.#schema.sortKey, limit }).items;
  }

  queryPage({ index, partition, sortKey, after, descending = false, limit }: PageQuery): {
    items: Item[];
    end: boolean;
  } {
    if (!(limit >= 1)) throw new Error('A page has one item at least.');
    const keys = index === undefined ? this.#schema : this.#schema.indexes[index];
    if (!keys) throw new IndexMissingError(String(index));
    if (partition.attribute !== keys.partitionKey) throw new Error('The query is not by the partition key.');
    if (partition.value === '') throw new Error('A key is empty.');
    if (after !== undefined) {
      if (sortKey !== keys.sortKey) throw new Error('The page does not begin by the sort key.');
      if (after === '') throw new Error('A key is empty.');
      if (index !== undefined && this.#schema.indexes[index]?.sortType !== 'S') {
        throw new Error('The sort key is no text.');
      }
    }
    const found =
      index === undefined
        ? this.#ofPartition(partition.value, { after, descending, limit })
        : this.#ofIndex(index, partition.value, { after, descending, limit });
    return { items: found.map(copy), end: found.length < limit };
  }

  scanPage(
    filter: Condition,
    attributes: readonly string[],
    after?: Key,
  ): { items: Item[]; next: Item | undefined } {
    if (attributes.length === 0) throw new Error('The projection is empty.');
    requireDistinct(attributes);
    meets(filter, undefined);
    const all = [...this.#all()];
    const begin = after === undefined ? 0 : all.indexOf(this.#find(after) ?? {}) + 1;
    const page: Item[] = [];
    let size = 0;
    for (const item of all.slice(begin, begin + this.#maxScanned)) {
      if (size >= maxBytesInPage) break;
      size += JSON.stringify(item).length;
      page.push(item);
    }
    const last = begin + page.length < all.length ? page.at(-1) : undefined;
    const { partitionKey, sortKey } = this.#schema;
    return {
      items: page.filter((item) => meets(filter, item)).map((item) => copy(pick(item, attributes))),
      next: last && copy(pick(last, [partitionKey, sortKey])),
    };
  }

  put(item: Item, condition?: Condition): boolean {
    const stored = copy(item);
    const { partitionKey, sortKey } = this.#schema;
    const key = pick(stored, [partitionKey, sortKey]) as Key;
    const before = this.#find(key);
    this.#requireIndexable(stored);
    if (!meets(condition, before)) return false;
    this.#store(key, stored);
    return true;
  }

  update(key: Key, change: Change): boolean {
    return this.#change(key, change) !== undefined;
  }

  change(key: Key, change: Change, returned: 'before' | 'after'): Item | undefined {
    const changed = this.#change(key, change);
    return changed && copy(changed[returned]);
  }

  add(key: Key, increments: ReadonlyMap<string, number>, set: Readonly<Record<string, unknown>>): Item {
    if (increments.size === 0 || Object.keys(set).length === 0)
      throw new Error('A part of the update is empty.');
    if (Object.values(set).includes(undefined)) throw new Error('A value is undefined.');
    const changed = this.#apply(key, { set: Object.entries(set), add: [...increments] }, undefined);
    return copy(changed?.after ?? {});
  }

  delete(key: Key, condition?: Condition): boolean {
    if (!meets(condition, this.#find(key))) return false;
    const { partition, sort } = this.#place(key);
    if (this.#partitions.get(partition)?.delete(sort) === true) this.#sorted.delete(partition);
    return true;
  }

  *#all(): Generator<Item> {
    for (const partition of this.#partitions.values()) yield* partition.values();
  }

  /** Where an item stands. Throws unless the key has the table's two attributes, and no other. */
  #place(key: Key): { partition: string; sort: string } {
    const { partitionKey, sortKey } = this.#schema;
    const { [partitionKey]: partition, [sortKey]: sort, ...rest } = key as Readonly<Record<string, unknown>>;
    if (typeof partition !== 'string' || typeof sort !== 'string' || Object.keys(rest).length > 0) {
      throw new Error(`The key is not made of ${partitionKey} and ${sortKey}, both texts.`);
    }
    if (partition === '' || sort === '') throw new Error('A key is empty.');
    return { partition, sort };
  }

  #find(key: Key): Item | undefined {
    const { partition, sort } = this.#place(key);
    return this.#partitions.get(partition)?.get(sort);
  }

  #store(key: Key, item: Item): void {
    const { partition, sort } = this.#place(key);
    const items = this.#partitions.get(partition) ?? new Map<string, Item>();
    this.#partitions.set(partition, items);
    if (!items.has(sort)) this.#sorted.delete(partition);
    items.set(sort, item);
  }

  /** What has a key of an index has it of that index's type. */
  #requireIndexable(item: Item): void {
    for (const { partitionKey, sortKey, sortType } of Object.values(this.#schema.indexes)) {
      for (const [name, type] of [
        [partitionKey, 'string'],
        [sortKey, sortType === 'S' ? 'string' : 'number'],
      ] as const) {
        if (!(name in item)) continue;
        if (typeof item[name] !== type || item[name] === '')
          throw new Error(`${name} is no key of an index.`);
      }
    }
  }

  #change(
    key: Key,
    { set = {}, setOnce = {}, add = {}, remove = [], condition }: Change,
  ): { before: Item; after: Item } | undefined {
    const defined = (values: Readonly<Record<string, unknown>>) =>
      Object.entries(values).filter(([, value]) => value !== undefined);
    const parts = { set: defined(set), setOnce: defined(setOnce), add: Object.entries(add), remove };
    const names = [...parts.set, ...parts.setOnce, ...parts.add].map(([name]) => name).concat(remove);
    if (names.some((name) => !/^\w+$/.test(name))) throw new Error('An attribute is no word.');
    return this.#apply(key, parts, condition);
  }

  #apply(
    key: Key,
    { set, setOnce = [], add, remove = [] }: Update,
    condition: Condition | undefined,
  ): { before: Item; after: Item } | undefined {
    const before = this.#find(key);
    const names = [...set, ...setOnce, ...add].map(([name]) => name).concat(remove);
    if (names.length === 0) throw new Error('The update changes nothing.');
    if (names.some((name) => name in key)) throw new Error('The update changes the key.');
    requireDistinct(names);
    if (add.some(([, by]) => !Number.isFinite(by))) throw new Error('What is added is no number.');
    const assigned = copy(Object.fromEntries(set));
    const assignedOnce = copy(Object.fromEntries(setOnce));
    this.#requireIndexable({ ...assigned, ...assignedOnce });
    if (!meets(condition, before)) return undefined;
    const after: Item = { ...key, ...assignedOnce, ...before, ...assigned };
    for (const [name, by] of add) {
      const number = after[name] ?? 0;
      if (typeof number !== 'number') throw new Error(`${name} is no number, so nothing can be added.`);
      after[name] = number + by;
    }
    for (const name of remove) Reflect.deleteProperty(after, name);
    this.#store(key, after);
    return { before: before ?? {}, after };
  }

  #ofPartition(value: string, { after, descending, limit }: Span): Item[] {
    const items = this.#partitions.get(value) ?? new Map<string, Item>();
    const order = this.#sorted.get(value) ?? [...items.keys()].sort(compareTexts);
    this.#sorted.set(value, order);
    let page: string[];
    if (descending) {
      const end = after === undefined ? order.length : countBelow(order, after, false);
      page = order.slice(Math.max(0, end - limit), end).reverse();
    } else {
      const start = after === undefined ? 0 : countBelow(order, after, true);
      page = order.slice(start, start + limit);
    }
    return page.map((sort) => items.get(sort) ?? {});
  }

  /** An item that lacks one of the index's keys is not in it. Items of equal keys come in the order of the table's. */
  #ofIndex(index: string, value: string, { after, descending, limit }: Span): Item[] {
    const { indexes, indexAttributes, partitionKey, sortKey } = this.#schema;
    const keys = indexes[index];
    if (!keys) return [];
    const held = [partitionKey, sortKey, keys.partitionKey, keys.sortKey, ...indexAttributes];
    const direction = descending ? -1 : 1;
    const order = (one: Item, other: Item) =>
      direction * compareValues(one[keys.sortKey], other[keys.sortKey]);
    return [...this.#all()]
      .filter((item) => item[keys.partitionKey] === value && keys.sortKey in item)
      .filter((item) => after === undefined || order(item, { [keys.sortKey]: after }) > 0)
      .sort(order)
      .slice(0, limit)
      .map((item) => pick(item, held));
  }
}

type Entries<Value> = readonly (readonly [name: string, value: Value])[];

interface Update {
  readonly set: Entries<unknown>;
  readonly setOnce?: Entries<unknown>;
  readonly add: Entries<number>;
  readonly remove?: readonly string[];
}

interface Span {
  readonly after: string | undefined;
  readonly descending: boolean;
  readonly limit: number;
}

function meets(condition: Condition | undefined, item: Item | undefined): boolean {
  if (!condition) return true;
  const { expression, values } = condition;
  return holds({ expression, ...(values && { values: copy(values) }) }, item);
}

function requireDistinct(names: readonly string[]): void {
  if (new Set(names).size < names.length) throw new Error('Two paths of the request overlap.');
}

function pick(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(names.filter((name) => name in item).map((name) => [name, item[name]]));
}

/** As DynamoDB keeps and returns it: without what is undefined. Throws for what it has no type for. */
function copy(item: Readonly<Item>): Item {
  const copied: Item = {};
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) copied[name] = copyValue(value);
  }
  return copied;
}

function copyValue(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Set && value.size > 0) return new Set(value);
  if (Array.isArray(value)) return value.filter((member) => member !== undefined).map(copyValue);
  if (typeof value === 'object' && Object.prototype.toString.call(value) === '[object Object]') {
    return copy(value as Item);
  }
  throw new Error('A value is of no type that a table keeps.');
}

function compareValues(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return compareTexts(String(one), String(other));
}

/** How many of a sorted list come before `text`, `text` itself counted with them or not. */
function countBelow(order: readonly string[], text: string, withItself: boolean): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const comparison = compareTexts(order[middle] ?? '', text);
    if (comparison < 0 || (withItself && comparison === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the tables of the service are in memory. */
export function memoryStores(options?: { maxScanned?: number }): Readonly<Record<keyof Tables, MemoryTable>> {
  const { credentials, users, followers } = tableSchemas;
  return {
    credentials: new MemoryTable(credentials, options),
    users: new MemoryTable(users, options),
    followers: new MemoryTable(followers, options),
  };
}

/** The tables of the service, in memory. */
export function memoryTables(options?: { maxScanned?: number }): Tables {
  return tablesThrough(open, memoryStores(options));
}

/** As the service sees them, each operation of which passes through the gate. */
export function tablesThrough(gate: Gate, stores: ReturnType<typeof memoryStores>): Tables {
  const { credentials, users, followers } = stores;
  return {
    credentials: credentials.table(gate),
    users: users.table(gate),
    followers: followers.table(gate),
  };
}
