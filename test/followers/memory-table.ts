import type { Change, Condition, Item, Key, PageQuery, Table } from '../../shared/platform/table.ts';

/** Lets an operation through: what it throws beforehand keeps it from happening, what it throws behind loses its reply. */
export type Gate = (operate: () => unknown) => Promise<unknown>;

/**
 * A table in memory that does what the syncs ask of DynamoDB, thousands of times as fast. That it does it the same way
 * is tested against the embedded one.
 */
export class MemoryTable {
  readonly #partitions = new Map<string, Map<string, Item>>();
  /** Openids of each partition in order, as long as none has come or gone. */
  readonly #sorted = new Map<string, string[]>();
  operations = 0;

  /** As a process sees it whose operations pass through the gate. */
  table(gate: Gate = (operate) => Promise.resolve(operate())): Table {
    const through =
      <Arguments extends unknown[], Result>(operate: (...given: Arguments) => Result) =>
      (...given: Arguments) =>
        gate(() => {
          this.operations += 1;
          return operate(...given);
        }) as Promise<Result>;
    const methods: Partial<Record<keyof Table, unknown>> = {
      get: through((key: Key) => this.#read(key)),
      getMany: through((keys: readonly Key[]) => keys.flatMap((key) => this.#read(key) ?? [])),
      queryPage: through((query: PageQuery) => this.#queryPage(query)),
      put: through((item: Item, condition?: Condition) => this.#put(item, condition)),
      update: through((key: Key, change: Change) => this.#change(key, change) !== undefined),
      change: through((key: Key, change: Change, returned: 'before' | 'after') => {
        const changed = this.#change(key, change);
        return changed && structuredClone(changed[returned]);
      }),
      delete: through((key: Key, condition?: Condition) => this.#delete(key, condition)),
    };
    return methods as unknown as Table;
  }

  /** Every item, those about accounts as a whole included. */
  items(): Item[] {
    return [...this.#partitions.values()].flatMap((partition) => [...partition.values()]);
  }

  #partition(shard: string): Map<string, Item> {
    const known = this.#partitions.get(shard) ?? new Map<string, Item>();
    this.#partitions.set(shard, known);
    return known;
  }

  #find({ shard = '', openid = '' }: Key): Item | undefined {
    return this.#partitions.get(shard)?.get(openid);
  }

  #read(key: Key): Item | undefined {
    const item = this.#find(key);
    return item && structuredClone(item);
  }

  #store(key: Key, item: Item): void {
    const { shard = '', openid = '' } = key;
    const partition = this.#partition(shard);
    if (!partition.has(openid)) this.#sorted.delete(shard);
    partition.set(openid, item);
  }

  #put(item: Item, condition?: Condition): boolean {
    const key = { shard: String(item['shard']), openid: String(item['openid']) };
    if (condition && !holds(condition, this.#find(key))) return false;
    this.#store(key, structuredClone(item));
    return true;
  }

  #delete(key: Key, condition?: Condition): boolean {
    if (condition && !holds(condition, this.#find(key))) return false;
    const { shard = '', openid = '' } = key;
    if (this.#partition(shard).delete(openid)) this.#sorted.delete(shard);
    return true;
  }

  #change(
    key: Key,
    { set = {}, setOnce = {}, add = {}, remove = [], condition }: Change,
  ): { before: Item; after: Item } | undefined {
    const before = this.#find(key);
    if (condition && !holds(condition, before)) return undefined;
    const after: Item = { ...key, ...before };
    const named = [
      ...Object.keys(set).filter((name) => set[name] !== undefined),
      ...Object.keys(setOnce),
      ...Object.keys(add),
      ...remove,
    ];
    if (new Set(named).size < named.length) throw new Error('Two paths of the update overlap.');
    for (const [name, value] of Object.entries(set)) {
      if (value !== undefined) after[name] = structuredClone(value);
    }
    for (const [name, value] of Object.entries(setOnce)) after[name] ??= structuredClone(value);
    for (const [name, by] of Object.entries(add)) after[name] = Number(after[name] ?? 0) + by;
    for (const name of remove) Reflect.deleteProperty(after, name);
    this.#store(key, after);
    return { before: before ?? {}, after };
  }

  #queryPage({ index, partition, after = '', limit }: PageQuery): { items: Item[]; end: boolean } {
    if (index !== undefined) throw new Error('There are no indexes here.');
    const shard = partition.value;
    const items = this.#partition(shard);
    const order = this.#sorted.get(shard) ?? [...items.keys()].sort();
    this.#sorted.set(shard, order);
    const start = after === '' ? 0 : firstAfter(order, after);
    const page = order.slice(start, start + limit);
    return {
      items: page.map((openid) => structuredClone(items.get(openid) ?? {})),
      end: page.length < limit,
    };
  }
}

/** Where in a sorted list what comes behind `after` begins. */
function firstAfter(order: readonly string[], after: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] ?? '') <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Test = (item: Item, values: Readonly<Record<string, unknown>>) => boolean;
const compiled = new Map<string, Test>();

function holds({ expression, values = {} }: Condition, item: Item | undefined): boolean {
  let test = compiled.get(expression);
  if (!test) compiled.set(expression, (test = compile(expression)));
  return test(item ?? {}, values);
}

/** Knows attribute_exists, attribute_not_exists, comparisons, AND, OR and parentheses. */
function compile(expression: string): Test {
  const tokens = expression.match(/attribute_(?:not_)?exists|AND|OR|[#:]\w+|<>|<=|>=|[()=<>]|\S/g) ?? [];
  let at = 0;
  const take = () => tokens[at++] ?? '';
  const expect = (token: string) => {
    if (take() !== token) throw new Error(`${token} is missing in: ${expression}`);
  };
  const either = (): Test => {
    const parts = [both()];
    while (tokens[at] === 'OR') {
      at += 1;
      parts.push(both());
    }
    return (item, values) => parts.some((part) => part(item, values));
  };
  const both = (): Test => {
    const parts = [one()];
    while (tokens[at] === 'AND') {
      at += 1;
      parts.push(one());
    }
    return (item, values) => parts.every((part) => part(item, values));
  };
  const one = (): Test => {
    const token = take();
    if (token === '(') {
      const inner = either();
      expect(')');
      return inner;
    }
    if (token.startsWith('attribute_')) {
      expect('(');
      const name = take().slice(1);
      expect(')');
      return token === 'attribute_exists' ? (item) => name in item : (item) => !(name in item);
    }
    const operator = take();
    const [name, value] = [token.slice(1), take().slice(1)];
    return (item, values) => {
      if (!(value in values)) throw new Error(`:${value} has no value.`);
      return compare(operator, item[name], values[value]);
    };
  };
  const test = either();
  if (at < tokens.length) throw new Error(`Not understood: ${expression}`);
  return test;
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  if (operator === '=') return left === right;
  if (operator === '<>') return left !== right;
  const isNumber = typeof left === 'number' && typeof right === 'number';
  const isText = typeof left === 'string' && typeof right === 'string';
  if (!isNumber && !isText) return false;
  const difference = left === right ? 0 : left < right ? -1 : 1;
  switch (operator) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
    default:
      throw new Error(`There is no operator ${operator}.`);
  }
}
