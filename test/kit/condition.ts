import { isDeepStrictEqual } from 'node:util';
import type { Condition, Item } from '../../shared/platform/table.ts';

type Values = Readonly<Record<string, unknown>>;
type Test = (item: Item, values: Values) => boolean;

/** What must be true of a value for its place in an expression. */
type Requirement = 'any' | 'ordered' | 'text';

interface Parsed {
  readonly test: Test;
  /** The values that the expression uses. */
  readonly used: ReadonlyMap<string, ReadonlySet<Requirement>>;
}

/** Each expression is parsed once: there are few, and they are evaluated often. */
const parsed = new Map<string, Parsed>();

/**
 * Whether a condition holds for an item, as DynamoDB has it; a missing item has no attributes. Knows
 * `attribute_exists`, `attribute_not_exists`, `begins_with`, comparisons of an attribute with a value, NOT, AND, OR and
 * parentheses. Throws for anything else, and where DynamoDB finds the condition invalid.
 */
export function holds({ expression, values = {} }: Condition, item: Item | undefined): boolean {
  let known = parsed.get(expression);
  if (!known) parsed.set(expression, (known = new Parser(expression).parse()));
  for (const [name, requirements] of known.used) requireFit(name, values[name], requirements);
  for (const name of Object.keys(values)) if (!known.used.has(name)) throw new Error(`:${name} is not used.`);
  return known.test(item ?? {}, values);
}

function requireFit(name: string, value: unknown, requirements: ReadonlySet<Requirement>): void {
  if (value === undefined) throw new Error(`:${name} has no value.`);
  const isText = typeof value === 'string';
  if (requirements.has('text') && !isText) throw new Error(`:${name} is no text.`);
  if (requirements.has('ordered') && !isText && typeof value !== 'number') {
    throw new Error(`:${name} is of a type without an order.`);
  }
}

/** Precedence as DynamoDB has it: NOT before AND before OR. */
class Parser {
  readonly #expression: string;
  readonly #tokens: readonly string[];
  #at = 0;
  readonly #used = new Map<string, Set<Requirement>>();

  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = expression.match(/[#:]?\w+|<>|<=|>=|\S/g) ?? [];
  }

  parse(): Parsed {
    const test = this.#either();
    if (this.#at < this.#tokens.length) throw this.#notUnderstood();
    return { test, used: this.#used };
  }

  #either(): Test {
    const tests = [this.#both()];
    while (this.#takeIf('OR')) tests.push(this.#both());
    return tests.length === 1 ? only(tests) : (item, values) => tests.some((test) => test(item, values));
  }

  #both(): Test {
    const tests = [this.#single()];
    while (this.#takeIf('AND')) tests.push(this.#single());
    return tests.length === 1 ? only(tests) : (item, values) => tests.every((test) => test(item, values));
  }

  #single(): Test {
    if (this.#takeIf('NOT')) {
      if (this.#tokens[this.#at] === 'NOT') throw this.#notUnderstood();
      const test = this.#single();
      return (item, values) => !test(item, values);
    }
    if (this.#takeIf('(')) return this.#parenthesized();
    if (this.#takeIf('attribute_exists')) {
      const attribute = this.#argument();
      return (item) => attribute in item;
    }
    if (this.#takeIf('attribute_not_exists')) {
      const attribute = this.#argument();
      return (item) => !(attribute in item);
    }
    return this.#takeIf('begins_with') ? this.#beginning() : this.#comparison();
  }

  #parenthesized(): Test {
    const begin = this.#at;
    const test = this.#either();
    this.#expect(')');
    if (this.#isWrapped(begin, this.#at - 1)) throw new Error(`Redundant parentheses: ${this.#expression}`);
    return test;
  }

  /** Whether the tokens from `begin` up to `end` are one pair of parentheses with all else inside. */
  #isWrapped(begin: number, end: number): boolean {
    if (this.#tokens[begin] !== '(') return false;
    let depth = 0;
    for (let at = begin; at < end; at += 1) {
      if (this.#tokens[at] === '(') depth += 1;
      if (this.#tokens[at] === ')') depth -= 1;
      if (depth === 0) return at === end - 1;
    }
    return false;
  }

  #argument(): string {
    this.#expect('(');
    const attribute = this.#name('#');
    this.#expect(')');
    return attribute;
  }

  #beginning(): Test {
    this.#expect('(');
    const attribute = this.#name('#');
    this.#expect(',');
    const value = this.#value('text');
    this.#expect(')');
    return (item, values) => {
      const text = item[attribute];
      return typeof text === 'string' && text.startsWith(String(values[value]));
    };
  }

  #comparison(): Test {
    const attribute = this.#name('#');
    const operator = this.#take();
    const compare = comparisons.get(operator);
    if (!compare) throw this.#notUnderstood();
    const value = this.#value(operator === '=' || operator === '<>' ? 'any' : 'ordered');
    return (item, values) => compare(item[attribute], values[value]);
  }

  #take(): string {
    const token = this.#tokens[this.#at] ?? '';
    this.#at += 1;
    return token;
  }

  #takeIf(token: string): boolean {
    const isNext = this.#tokens[this.#at] === token;
    if (isNext) this.#at += 1;
    return isNext;
  }

  #expect(token: string): void {
    if (!this.#takeIf(token)) throw this.#notUnderstood();
  }

  #name(sigil: '#' | ':'): string {
    const token = this.#take();
    if (!token.startsWith(sigil) || token.length < 2) throw this.#notUnderstood();
    return token.slice(1);
  }

  #value(requirement: Requirement): string {
    const name = this.#name(':');
    const requirements = this.#used.get(name) ?? new Set();
    this.#used.set(name, requirements.add(requirement));
    return name;
  }

  #notUnderstood(): Error {
    return new Error(`Not understood at its part ${this.#at}: ${this.#expression}`);
  }
}

function only(tests: readonly Test[]): Test {
  const [test] = tests;
  if (!test) throw new Error('There is no condition.');
  return test;
}

const comparisons = new Map<string, (left: unknown, right: unknown) => boolean>([
  ['=', (left, right) => isDeepStrictEqual(left, right)],
  // An attribute that is missing is not equal to anything.
  ['<>', (left, right) => !isDeepStrictEqual(left, right)],
  ['<', (left, right) => orderOf(left, right) < 0],
  ['<=', (left, right) => orderOf(left, right) <= 0],
  ['>', (left, right) => orderOf(left, right) > 0],
  ['>=', (left, right) => orderOf(left, right) >= 0],
]);

/** Negative, 0 or positive; NaN where the two are of different types, so that no comparison holds. */
function orderOf(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
  return Number.NaN;
}

/** The order of texts in DynamoDB: by their bytes in UTF-8. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const isAscii = /^[\0-\x7f]*$/;
  if (isAscii.test(left) && isAscii.test(right)) return left < right ? -1 : 1;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
