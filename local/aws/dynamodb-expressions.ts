/** What dynalite tells its parsers beside an expression, and what they tell it: they take out what an expression uses. */
export interface ExpressionContext {
  readonly attrNames?: Readonly<Record<string, string>>;
  /** Values as DynamoDB writes them, such as `{"S": "text"}`. */
  readonly attrVals?: Readonly<Record<string, object>>;
  readonly unusedAttrNames?: Record<string, true>;
  readonly unusedAttrVals?: Record<string, true>;
  readonly isKeyCondition?: boolean;
}

/** dynalite's parser of one kind of expressions. Returns a tree, in which values stand as they are, or what is wrong. */
export interface ExpressionParser {
  parse(expression: string, options: { readonly context: ExpressionContext }): unknown;
  /** Whether it remembers already. */
  remembers?: true;
}

/** A tree with the names of its values in their place, and what the expression uses. */
interface Parsed {
  readonly tree: unknown;
  readonly used: readonly string[];
}

class ValueNamed {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const mostRemembered = 500;
/** For these dynalite looks at values, and not only at their types. */
const looksAtValues = /between|attribute_type/i;

/**
 * Has a parser remember its trees: the service has few expressions, and to parse them takes longer than all the rest of a
 * write. A tree is another one where names, the types of values or the kind of expression are others.
 */
export function rememberExpressions(parser: ExpressionParser): void {
  if (parser.remembers) return;
  parser.remembers = true;
  const parse = parser.parse.bind(parser);
  const remembered = new Map<string, Parsed>();
  parser.parse = (expression, options) => {
    const { context } = options;
    if (looksAtValues.test(expression)) return parse(expression, options);
    const key = keyOf(expression, context);
    const known = remembered.get(key);
    if (known) return treeFor(known, context);
    const tree = parse(expression, options);
    // A text says what is wrong.
    if (typeof tree === 'object') {
      if (remembered.size >= mostRemembered) remembered.clear();
      const nameOf = new Map(Object.entries(context.attrVals ?? {}).map(([name, value]) => [value, name]));
      const used = expression.match(/[#:]\w+/g) ?? [];
      remembered.set(key, { tree: withNames(tree, nameOf), used });
    }
    return tree;
  };
}

function keyOf(expression: string, { attrNames, attrVals = {}, isKeyCondition }: ExpressionContext): string {
  const types = Object.entries(attrVals).map(([name, value]) => [name, Object.keys(value)]);
  return JSON.stringify([isKeyCondition, expression, attrNames, types]);
}

/** The tree with the values of this request, which is then the caller's alone. */
function treeFor(
  { tree, used }: Parsed,
  { attrVals, unusedAttrNames, unusedAttrVals }: ExpressionContext,
): unknown {
  for (const name of used) {
    delete unusedAttrNames?.[name];
    delete unusedAttrVals?.[name];
  }
  return copy(tree, (node) => (node instanceof ValueNamed ? attrVals?.[node.name] : undefined));
}

function withNames(tree: unknown, nameOf: ReadonlyMap<object, string>): unknown {
  return copy(tree, (node) => {
    const name = nameOf.get(node);
    return name === undefined ? undefined : new ValueNamed(name);
  });
}

/** Copies a tree. What `replaced` gives for a node takes its place. */
function copy(node: unknown, replaced: (node: object) => object | undefined): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const other = replaced(node);
  if (other) return other;
  if (Array.isArray(node)) return node.map((each) => copy(each, replaced));
  const copied: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node)) copied[name] = copy(value, replaced);
  return copied;
}
