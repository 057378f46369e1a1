import type { Change, Condition, Item, Key, Table } from '../../shared/platform/table.ts';

/** The tables that users' data stand in, in memory. */
export interface MemoryTables {
  readonly users: Table;
  readonly followers: Table;
  readonly credentials: Table;
}

export function memoryTables(): MemoryTables {
  return {
    users: memoryTable(['pk', 'sk']),
    followers: memoryTable(['shard', 'openid']),
    credentials: memoryTable(['appId', 'kind']),
  };
}

/** As much of a table as is asked for here, with DynamoDB's semantics of conditional writes. */
function memoryTable(keyNames: readonly [string, string]): Table {
  const items = new Map<string, Item>();
  const at = (key: Readonly<Item>) => JSON.stringify(keyNames.map((name) => key[name]));
  const meets = (condition: Condition | undefined, key: Readonly<Item>) =>
    condition === undefined || holds(condition, items.get(at(key)));

  const methods: Partial<Record<keyof Table, unknown>> = {
    get: (key: Key) => atOnce(() => structuredClone(items.get(at(key)))),
    put: (item: Item, condition?: Condition) =>
      atOnce(() => {
        const isMet = meets(condition, item);
        if (isMet) items.set(at(item), withoutUndefined(item));
        return isMet;
      }),
    update: (key: Key, { set = {}, remove = [], condition }: Change) =>
      atOnce(() => {
        if (!meets(condition, key)) return false;
        const after: Item = { ...key, ...items.get(at(key)), ...withoutUndefined(set) };
        for (const name of remove) Reflect.deleteProperty(after, name);
        items.set(at(key), after);
        return true;
      }),
    delete: (key: Key, condition?: Condition) =>
      atOnce(() => {
        const isMet = meets(condition, key);
        if (isMet) items.delete(at(key));
        return isMet;
      }),
    /** Two items to a page. */
    scanPage: (filter: Condition, attributes: readonly string[], after?: Key) =>
      atOnce(() => {
        const all = [...items.values()];
        const begin = after === undefined ? 0 : all.findIndex((item) => at(item) === at(after)) + 1;
        const page = all.slice(begin, begin + 2);
        const last = begin + 2 < all.length ? page.at(-1) : undefined;
        return {
          items: page.filter((item) => holds(filter, item)).map((item) => pick(item, attributes)),
          next: last && pick(last, keyNames),
        };
      }),
  };
  return methods as unknown as Table;
}

/** What throws rejects. */
function atOnce<T>(operate: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(operate());
  });
}

function withoutUndefined(item: Readonly<Item>): Item {
  return JSON.parse(JSON.stringify(item)) as Item;
}

function pick(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(names.filter((name) => name in item).map((name) => [name, item[name]]));
}

/** Throws, as DynamoDB does, for what is no condition, and for values that it does not use. */
function holds({ expression, values = {} }: Condition, item: Item = {}): boolean {
  const tokens = expression.match(/[#:]?\w+|<=|>=|[()=<>,]|\S/g) ?? [];
  const unused = new Set(Object.keys(values));
  const next = () => tokens.shift() ?? '';
  const expect = (token: string) => {
    if (next() !== token) throw new Error(`${token} is missing in: ${expression}`);
  };
  const attribute = () => next().slice(1);
  const value = () => {
    const name = next().slice(1);
    if (!(name in values)) throw new Error(`:${name} has no value in: ${expression}`);
    unused.delete(name);
    return values[name];
  };
  const list = (word: string, one: () => boolean): boolean[] => {
    const parts = [one()];
    while (tokens[0] === word) {
      next();
      parts.push(one());
    }
    return parts;
  };
  const either = (): boolean => list('OR', both).includes(true);
  const both = (): boolean => !list('AND', single).includes(false);
  const inParentheses = <T>(inner: () => T): T => {
    expect('(');
    const result = inner();
    expect(')');
    return result;
  };
  const single = (): boolean => {
    if (tokens[0] === '(') return inParentheses(either);
    if (tokens[0]?.startsWith('#') === true) return compare(item[attribute()], next(), value());
    const name = next();
    if (name === 'attribute_exists') return inParentheses(attribute) in item;
    if (name === 'attribute_not_exists') return !(inParentheses(attribute) in item);
    if (name !== 'begins_with') throw new Error(`Not understood: ${expression}`);
    return inParentheses(() => {
      const text = item[attribute()];
      expect(',');
      return String(text).startsWith(String(value()));
    });
  };
  const result = either();
  if (tokens.length > 0 || unused.size > 0) throw new Error(`Not understood: ${expression}`);
  return result;
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '=') return left === right;
  if (typeof left !== 'number' || typeof right !== 'number') return false;
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  if (operator === '>') return left > right;
  if (operator === '>=') return left >= right;
  throw new Error(`There is no operator ${operator}.`);
}
