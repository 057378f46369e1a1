import { readFile } from 'node:fs/promises';
import type { ApiReferenceFiles } from '../../local/api-reference-files.ts';

/** The API reference, which the package brings. */
export async function apiReferenceFiles(): Promise<ApiReferenceFiles> {
  const read = (name: string) => readFile(new URL(`../reference/${name}`, import.meta.url));
  const [page, start, document, styles, script] = await Promise.all([
    read('index.html'),
    read('start.mjs'),
    read('openapi.json'),
    read('swagger-ui.css'),
    read('swagger-ui-bundle.js'),
  ]);
  return { page, start, document, styles, script };
}
