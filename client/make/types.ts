import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import * as prettier from 'prettier';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Operations that a client of this service calls: the others are WeChat's and the SDKs'. */
const tags = ['credentials', 'followers', 'oauth', 'usage', 'users', 'open'];

const root = new URL('../../', import.meta.url);
const target = fileURLToPath(new URL('client/api.ts', root));

/** The types of the API as TypeScript, made from the OpenAPI document. */
export async function apiTypes(document: OpenAPI3): Promise<string> {
  const paths = Object.entries(document.paths ?? {}).filter(([, item]) =>
    Object.values(item as Record<string, { tags?: string[] }>).every(({ tags: [tag = ''] = [] }) =>
      tags.includes(tag),
    ),
  );
  const ast = await openapiTS({ ...document, paths: Object.fromEntries(paths) });
  const text = `/** Made of docs/openapi.json by \`npm run openapi\`. */\n${astToString(ast)}`;
  return prettier.format(text, { ...(await prettier.resolveConfig(target)), parser: 'typescript' });
}

export async function readDocument(): Promise<OpenAPI3> {
  return JSON.parse(await readFile(new URL('docs/openapi.json', root), 'utf8')) as OpenAPI3;
}

if (import.meta.main) {
  await writeFile(target, await apiTypes(await readDocument()));
  process.stdout.write(`Wrote ${target}.\n`);
}
