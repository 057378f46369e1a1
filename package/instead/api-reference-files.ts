import type { ApiReferenceFiles } from '../../local/api-reference-files.ts';
import { brought } from './brought.ts';

/** The API reference, which the package brings. */
export async function apiReferenceFiles(): Promise<ApiReferenceFiles> {
  const read = (name: string) => brought('reference', name);
  const [page, start, document, styles, script] = await Promise.all([
    read('index.html'),
    read('start.mjs'),
    read('openapi.json'),
    read('swagger-ui.css'),
    read('swagger-ui-bundle.js'),
  ]);
  return { page, start, document, styles, script };
}
