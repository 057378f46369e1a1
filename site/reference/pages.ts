import { curl } from './curl.ts';
import {
  areasOf,
  exampleOf,
  type Entry,
  type Media,
  type OpenApi,
  type Operation,
  type Parameter,
  type Response,
  type Schema,
} from './document.ts';
import { words, type Language, type Words } from './words.ts';

/** A part of the reference: the operations of one area, or the shapes that they share. */
export interface ReferencePage {
  readonly area: string;
  /** Markdown. */
  readonly content: string;
}

/** The pages of the API reference: `index`, one for each area, and `shapes`. */
export function referencePages(document: OpenApi, language: Language): ReferencePage[] {
  return new Reference(document, language).pages();
}

class Reference {
  readonly #document: OpenApi;
  readonly #words: Words;
  readonly #root: string;

  constructor(document: OpenApi, language: Language) {
    this.#document = document;
    this.#words = words[language];
    this.#root = language === 'en' ? '/api' : '/zh/api';
  }

  pages(): ReferencePage[] {
    const areas = areasOf(this.#document);
    const schemas = Object.entries(this.#document.components.schemas ?? {});
    return [
      { area: 'index', content: this.#index(areas) },
      ...areas.map(({ name, description }) => ({ area: name, content: this.#area(name, description) })),
      { area: 'shapes', content: this.#shapes(schemas) },
    ];
  }

  #index(areas: readonly { name: string; description: string }[]): string {
    const { api, made, area, what, areas: heading, shapes, shapesAre } = this.#words;
    return blocks(
      `# ${api}`,
      made,
      prose(this.#document.info.description),
      `## ${heading}`,
      table(
        [area, what],
        [
          ...areas.map(({ name, description }) => [
            `[${name}](${this.#root}/${name}.html)`,
            description === '' ? this.#listOf(name) : prose(description),
          ]),
          [`[${shapes}](${this.#root}/shapes.html)`, shapesAre],
        ],
      ),
    );
  }

  #listOf(area: string): string {
    return this.#entries(area)
      .filter(({ path }) => !isPassedOn(path))
      .map(({ method, path }) => `\`${method} ${path}\``)
      .join('<br>');
  }

  #entries(area: string): Entry[] {
    return Object.entries(this.#document.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          operation,
        })),
      )
      .filter(({ operation }) => operation.tags.includes(area));
  }

  #area(name: string, description: string): string {
    const entries = this.#entries(name);
    const passedOn = entries.filter(({ path }) => isPassedOn(path));
    const { passed, route, what } = this.#words;
    return blocks(
      `# ${name}`,
      prose(description),
      ...entries.filter(({ path }) => !isPassedOn(path)).map((entry) => this.#operation(entry)),
      passedOn.length > 0 &&
        blocks(
          `## ${passed}`,
          table(
            [route, what],
            passedOn.map(({ method, path, operation }) => [
              `\`${method} ${path}\``,
              prose(operation.summary),
            ]),
          ),
        ),
    );
  }

  #operation(entry: Entry): string {
    const { method, path, operation } = entry;
    const { summary, description, requestBody, responses } = operation;
    const parameters = (operation.parameters ?? []).map((each) => this.#found(each, 'parameters'));
    const [contentType, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    const { who, request } = this.#words;
    return blocks(
      `## ${method} ${path.replace('/v1/accounts/{account}', '…')}`,
      `\`${method} ${path}\``,
      prose(summary),
      prose(description),
      `${who}: ${this.#who(operation)}`,
      this.#parameters(parameters),
      body?.schema && contentType === 'application/json' && this.#body(body.schema),
      `**${request}**`,
      fence('sh', curl(entry, parameters, body)),
      this.#responses(responses),
    );
  }

  #who({ security = [], 'x-required-scope': scope = '' }: Operation): string {
    const { key, session, anyone, or } = this.#words;
    const ways = security.map((way) =>
      way['apiKey'] ? `${key} \`${scope}\`` : way['session'] ? session : anyone,
    );
    return ways.length === 0 ? anyone : ways.join(or);
  }

  #parameters(parameters: readonly Parameter[]): string {
    const { parameter, in: place, type, what, required } = this.#words;
    if (parameters.length === 0) return '';
    return table(
      [parameter, place, type, what],
      parameters.map((each) => [
        `\`${each.name}\``,
        each.in,
        this.#type(each.schema ?? {}),
        [each.required === true && each.in !== 'path' && required, prose(each.description)]
          .filter(Boolean)
          .join(' '),
      ]),
    );
  }

  #body(schema: Schema): string {
    return blocks(`**${this.#words.body}**`, this.#schema(schema));
  }

  #responses(responses: Readonly<Record<string, Response>>): string {
    const { answer, status, what, other, example } = this.#words;
    const all = Object.entries(responses).map(
      ([code, response]) => [code, this.#found(response, 'responses')] as const,
    );
    return blocks(
      `**${answer}**`,
      table(
        [status, what],
        all.map(([code, { description = '', content = {} }]) => {
          const [media] = Object.values(content);
          const shape = media?.schema ? ` ${this.#type(media.schema)}` : '';
          return [code === 'default' ? other : code, `${prose(description)}${shape}`];
        }),
      ),
      ...all
        .filter(([code]) => code.startsWith('2'))
        .flatMap(([, { content = {} }]) =>
          Object.values(content).map((media) => this.#answer(media, example)),
        ),
    );
  }

  #answer(media: Media, heading: string): string {
    const value = exampleOf(media);
    const fields = media.schema && !media.schema.$ref ? this.#fields(media.schema) : '';
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
    return blocks(
      fields,
      value !== undefined &&
        blocks(`**${heading}**`, fence(typeof value === 'string' ? 'text' : 'json', text)),
    );
  }

  #shapes(schemas: readonly (readonly [string, Schema])[]): string {
    const { shapes, shapesAre } = this.#words;
    return blocks(
      `# ${shapes}`,
      shapesAre,
      ...schemas.map(([name, schema]) =>
        blocks(`## ${name}`, prose(schema.description), this.#schema(schema)),
      ),
    );
  }

  #schema(schema: Schema): string {
    return this.#fields(schema) || this.#type(schema);
  }

  /** A table of what an object has, also deeper down; empty for what has no fields. */
  #fields(schema: Schema): string {
    const { field, type, what } = this.#words;
    const rows = this.#rows(schema, '');
    return rows.length === 0 ? '' : table([field, type, what], rows);
  }

  #rows({ properties = {}, required = [], items, allOf = [] }: Schema, path: string): string[][] {
    const own = Object.entries(properties).flatMap(([name, property]) => {
      const at = path === '' ? name : `${path}.${name}`;
      const optional = required.includes(name) ? '' : '?';
      return [
        [`\`${at}${optional}\``, this.#type(property), prose(property.description)],
        ...this.#rows(property, at),
      ];
    });
    const inherited = allOf.flatMap((each) => this.#rows(each, path));
    return [...inherited, ...own, ...(items ? this.#rows(items, `${path}[]`) : [])];
  }

  #type(schema: Schema): string {
    const { $ref, type, items, anyOf, oneOf, allOf, additionalProperties } = schema;
    if ($ref !== undefined) {
      const name = $ref.split('/').at(-1) ?? '';
      return `[${name}](${this.#root}/shapes.html#${name.toLowerCase()})`;
    }
    const variants = anyOf ?? oneOf ?? allOf;
    if (variants) return [...new Set(variants.map((each) => this.#type(each)))].join(' or ');
    if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
    if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
    if (items) return `array of ${this.#type(items)}`;
    if (typeof additionalProperties === 'object') return `object of ${this.#type(additionalProperties)}`;
    const name = typeof type === 'string' ? type : (type?.join(' or ') ?? 'any');
    return [name, schema.format && `(${schema.format})`, limits(schema)].filter(Boolean).join(' ');
  }

  #found<T extends { readonly $ref?: string }>(thing: T, kind: 'parameters' | 'responses'): T {
    const name = thing.$ref?.split('/').at(-1);
    if (name === undefined) return thing;
    const found = this.#document.components[kind]?.[name];
    if (!found) throw new Error(`docs/openapi.json has no ${kind} of the name ${name}.`);
    return found as unknown as T;
  }
}

/** The drop-in has some thirty of these, of which there is one thing to say. */
function isPassedOn(path: string): boolean {
  return path.endsWith('/{proxy}');
}

/** The bounds of a number; those of JavaScript's own say nothing. */
function limits({ minimum, maximum }: Schema): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? String(minimum) : '';
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? String(maximum) : '';
  return least + most === '' ? '' : `${least}–${most}`;
}

/** Text of the document, which may have Markdown but no HTML: outside code, a `<` is one. */
function prose(text = ''): string {
  return text.replaceAll(/(`[^`]*`)|</g, (_match, code?: string) => code ?? '&lt;');
}

function fence(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => oneLine(cell).replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text for a cell of a table, which is one line. */
function oneLine(text: string): string {
  return text.replace(/^- /, '').replaceAll(/\n- /g, '<br>').replaceAll('\n', ' ');
}

function blocks(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join('\n\n');
}
