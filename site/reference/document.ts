import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { root } from '../places.ts';

// docs/openapi.json: its form, as far as it is shown.

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value?: unknown }>>;
}

export interface Parameter extends Pick<Media, 'example' | 'examples'> {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: Schema;
}

export interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  /** What an API key needs. */
  readonly 'x-required-scope'?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface OpenApi {
  readonly info: { readonly description?: string; readonly version: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Response>>;
    readonly parameters?: Readonly<Record<string, Parameter>>;
  };
}

/** Reads docs/openapi.json. */
export function readOpenApi(): OpenApi {
  return JSON.parse(readFileSync(posix.join(root, 'docs/openapi.json'), 'utf8')) as OpenApi;
}

/** The areas of the document in its order, each with what it says of itself. */
export function areasOf({ tags = [], paths }: OpenApi): { name: string; description: string }[] {
  const named = new Map(tags.map(({ name, description = '' }) => [name, description]));
  const used = Object.values(paths)
    .flatMap((path) => Object.values(path))
    .flatMap((operation) => operation.tags);
  return [...new Set([...named.keys(), ...used])]
    .filter((name) => used.includes(name))
    .map((name) => ({ name, description: named.get(name) ?? '' }));
}

/** The first example of a body or a parameter. */
export function exampleOf({ example, examples = {}, schema }: Media): unknown {
  return example ?? Object.values(examples)[0]?.value ?? schema?.example ?? schema?.examples?.[0];
}

/** An operation and where it is called. */
export interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}
