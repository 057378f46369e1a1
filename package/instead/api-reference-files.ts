import { readFile } from 'node:fs/promises';
import type { ApiReferenceFiles } from '../../local/api-reference-files.ts';

/** The API reference, which the package brings. */
export async function apiReferenceFiles(): Promise<ApiReferenceFiles> {
  const [page, start, document, styles, script] = await Promise.all(
    ['index.html', 'start.mjs', 'openapi.json', 'swagger-ui.css', 'swagger-ui-bundle.js'].map((name) =>
      readFile(new URL(`../reference/${name}`, import.meta.url)),
    ),
  );
  if (!page || !start || !document || !styles || !script) {
    throw new Error('A file of the API reference is missing.');
  }
  return { page, start, document, styles, script };
}
