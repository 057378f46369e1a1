import type { IncomingMessage, ServerResponse } from 'node:http';
import { servedPage, type ServedFile } from './served-page.ts';
import { webFiles } from './web-files.ts';

/** Everything the page loads comes from where it came from, but for users' pictures, which WeChat serves. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' http: https:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Bundles the web client and returns what serves it, and `others`: true when the request was for one of the files. They
 * stand below `/assets/`, since a name directly below `/` is the route of WeChat's domain ownership file. Throws
 * esbuild's BuildFailure when the page does not compile.
 */
export async function buildWeb(
  others: ReadonlyMap<string, ServedFile> = new Map(),
): Promise<(request: IncomingMessage, response: ServerResponse) => boolean> {
  const files = new Map([...servedPage(await webFiles()), ...others]);

  return ({ method, url = '/' }, response) => {
    const file = files.get(url.replace(/\?.*$/s, ''));
    if (!file || (method !== 'GET' && method !== 'HEAD')) return false;
    response.writeHead(200, {
      'content-type': file.type,
      'content-length': file.body.length,
      'cache-control': 'no-store',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(method === 'HEAD' ? undefined : file.body);
    return true;
  };
}
