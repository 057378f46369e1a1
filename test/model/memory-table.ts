import type { CredentialTable } from '../../shared/credentials/credential-store.ts';
import type { Change, Condition, Item, Key } from '../../shared/platform/table.ts';

/** A table in memory with DynamoDB's semantics of `get` and of the conditional `update`, without waiting. */
export class MemoryTable {
  readonly #items = new Map<string, Item>();

  get(key: Key): Item | undefined {
    const item = this.#items.get(JSON.stringify(key));
    return item && structuredClone(item);
  }

  /** False when the condition did not hold. Throws where DynamoDB finds the request invalid. */
  update(key: Key, { set = {}, remove = [], condition }: Change): boolean {
    const given = Object.entries(set).filter(([, value]) => value !== undefined);
    if (given.length + remove.length === 0) throw new Error('The update changes nothing.');
    const names = [...given.map(([name]) => name), ...remove];
    if (new Set(names).size < names.length) throw new Error('The update names an attribute twice.');
    if (names.some((name) => name in key)) throw new Error('The update changes the key.');
    const before = this.#items.get(JSON.stringify(key));
    const held = condition === undefined || holds(condition, before);
    if (!held) return false;
    const item: Item = { ...key, ...before };
    for (const [name, value] of given) item[name] = JSON.parse(JSON.stringify(value)) as unknown;
    for (const name of remove) Reflect.deleteProperty(item, name);
    this.#items.set(JSON.stringify(key), item);
    return true;
  }

  /** As the store takes it, answering at once. */
  promised(): CredentialTable {
    return {
      get: (key) => Promise.resolve(this.get(key)),
      update: (key, change) => new Promise((resolve) => resolve(this.update(key, change))),
      delete: () => Promise.reject(new Error('Nothing is deleted here.')),
    };
  }
}

/** Truth of a condition, given the item. */
type Test = (item: Item) => boolean;
const tests = new Map<string, { test: (values: Item) => Test; used: ReadonlySet<string> }>();

/**
 * Whether a condition holds for an item. Takes `attribute_exists`, `attribute_not_exists`, `=`, `<`, AND, OR and
 * parentheses; throws for anything else, and for values that the expression does not use, as DynamoDB does.
 */
export function holds({ expression, values = {} }: Condition, item: Item | undefined): boolean {
  let known = tests.get(expression);
  if (!known) {
    known = parse(expression);
    tests.set(expression, known);
  }
  for (const name of known.used) if (!(name in values)) throw new Error(`:${name} has no value.`);
  for (const name of Object.keys(values)) if (!known.used.has(name)) throw new Error(`:${name} is not used.`);
  return known.test(values)(item ?? {});
}

function parse(expression: string): { test: (values: Item) => Test; used: ReadonlySet<string> } {
  const tokens = expression.match(/attribute_not_exists|attribute_exists|AND|OR|[#:]\w+|[()=<]|\S/g) ?? [];
  const used = new Set<string>();
  let position = 0;
  const next = (): string => tokens[position++] ?? '';
  const expect = (wanted: string) => {
    const found = next();
    if (found !== wanted) throw new Error(`${wanted} expected, not ${found}, in: ${expression}`);
  };
  const name = (sigil: '#' | ':'): string => {
    const found = next();
    if (!found.startsWith(sigil)) throw new Error(`${sigil}name expected, not ${found}, in: ${expression}`);
    return found.slice(1);
  };
  type Node = (values: Item) => Test;
  const either = (): Node => {
    const one = both();
    if (tokens[position] !== 'OR') return one;
    position += 1;
    const other = either();
    return (values) => {
      const [first, second] = [one(values), other(values)];
      return (item) => first(item) || second(item);
    };
  };
  const both = (): Node => {
    const one = single();
    if (tokens[position] !== 'AND') return one;
    position += 1;
    const other = both();
    return (values) => {
      const [first, second] = [one(values), other(values)];
      return (item) => first(item) && second(item);
    };
  };
  const single = (): Node => {
    const found = tokens[position] ?? '';
    if (found === '(') {
      position += 1;
      const inner = either();
      expect(')');
      return inner;
    }
    if (found === 'attribute_exists' || found === 'attribute_not_exists') {
      position += 1;
      expect('(');
      const attribute = name('#');
      expect(')');
      const wanted = found === 'attribute_exists';
      return () => (item) => attribute in item === wanted;
    }
    const attribute = name('#');
    const operator = next();
    const placeholder = name(':');
    used.add(placeholder);
    if (operator === '=')
      return (values) => {
        const value = values[placeholder];
        return (item) => attribute in item && item[attribute] === value;
      };
    if (operator === '<')
      return (values) => {
        const value = values[placeholder];
        return (item) => isLess(item[attribute], value);
      };
    throw new Error(`${operator} is not known, in: ${expression}`);
  };
  const test = either();
  if (position < tokens.length) throw new Error(`${tokens[position] ?? ''} is left over, in: ${expression}`);
  return { test, used };
}

/** Numbers by size, text by its UTF-8 bytes; nothing else compares. */
function isLess(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one < other;
  if (typeof one === 'string' && typeof other === 'string') {
    return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
  }
  return false;
}
