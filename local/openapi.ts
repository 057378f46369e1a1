import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { openApiDocument } from '../functions/openapi/document.ts';
import { routes } from '../functions/routes.ts';

/** Writes docs/openapi.json. */
const root = new URL('../', import.meta.url);
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')));
const target = fileURLToPath(new URL('docs/openapi.json', root));
writeFileSync(target, `${JSON.stringify(openApiDocument(routes, version), null, 2)}\n`);
console.log(`Wrote ${target}.`);
