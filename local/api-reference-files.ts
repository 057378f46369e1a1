import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** What the API reference is made of. */
export interface ApiReferenceFiles {
  readonly page: Buffer;
  readonly start: Buffer;
  /** The OpenAPI document. */
  readonly document: Buffer;
  /** Swagger UI. */
  readonly styles: Buffer;
  readonly script: Buffer;
}

/** Reads the page, the document and Swagger UI. Throws an error of the file system where one is missing. */
export async function apiReferenceFiles(): Promise<ApiReferenceFiles> {
  const [page, start, document, styles, script] = await Promise.all([
    readFile(new URL('../web/docs/index.html', import.meta.url)),
    readFile(new URL('../web/docs/start.mjs', import.meta.url)),
    readFile(new URL('../docs/openapi.json', import.meta.url)),
    readFile(require.resolve('swagger-ui-dist/swagger-ui.css')),
    readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js')),
  ]);
  return { page, start, document, styles, script };
}
