import * as z from 'zod/mini';
import { apiReferenceFiles } from './api-reference-files.ts';
import type { LambdaHandler } from './aws/lambda.ts';
import type { GatewayRoute } from './gateway/routing.ts';
import type { ServedFile } from './served-page.ts';

/**
 * What the page loads comes from where it came from, and so does whatever it calls: requests can be tried on this stack
 * alone. Pictures that Swagger UI carries within its styles are `data:`.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The API reference of the local stack, with requests that can be tried. No deployment has it. */
export interface ApiReference {
  /**
   * `/docs` itself. It is a route, so that it comes before that of WeChat's domain ownership file, which takes any name
   * directly below `/`: API Gateway prefers a path without parameters just so.
   */
  readonly route: GatewayRoute;
  readonly handler: LambdaHandler;
  /** What the page loads, by path. */
  readonly files: ReadonlyMap<string, ServedFile>;
}

/** Makes it of its files. Throws an error of the file system where one is missing. */
export async function readApiReference(): Promise<ApiReference> {
  const { page, start, document, styles, script } = await apiReferenceFiles();
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  return {
    route: { method: 'GET', path: '/docs', entry: 'local/docs', access: { who: 'anyone' } },
    handler: () => Promise.resolve({ statusCode: 200, headers, body: page.toString() }),
    files: new Map([
      ['/assets/docs/start.mjs', { type: 'text/javascript; charset=utf-8', body: start }],
      ['/assets/docs/swagger-ui.css', { type: 'text/css; charset=utf-8', body: styles }],
      ['/assets/docs/swagger-ui-bundle.js', { type: 'text/javascript; charset=utf-8', body: script }],
      [
        '/assets/docs/openapi.json',
        { type: 'application/json', body: Buffer.from(forTrying(document.toString())) },
      ],
    ]),
  };
}

const parameterSchema = z.looseObject({
  in: z.string(),
  required: z.optional(z.boolean()),
  example: z.optional(z.unknown()),
});
const documentSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ parameters: z.optional(z.array(parameterSchema)) })),
  ),
});

/**
 * The OpenAPI document with this stack as its only server, whatever its port. Optional parameters have no examples: Swagger
 * UI would send them all, a cursor of another list included.
 */
function forTrying(text: string): string {
  const document = documentSchema.parse(JSON.parse(text));
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  for (const { parameters = [] } of operations) {
    for (const parameter of parameters) {
      if (parameter.in === 'query' && parameter.required !== true) delete parameter.example;
    }
  }
  return JSON.stringify({ ...document, servers: [{ url: '/' }] });
}
