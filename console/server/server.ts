import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen } from '../../local/aws/http.ts';
import type { ServedFile } from '../../local/served-page.ts';
import { answerCall, type Answer, type Service } from './calls.ts';
import { Door, refusesOrigin } from './door.ts';
import { Fault } from './faults.ts';
import { readPage } from './page.ts';

export interface ConsoleOptions extends Service {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
}

/** A console that listens. */
export interface Console {
  /** What a browser opens, once: the one-time token stands behind the `#`, which no server is sent. */
  readonly url: string;
  close(): Promise<void>;
}

/** Nothing comes from elsewhere, nothing is inline, and nobody frames the page. */
const pageHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

interface Parts {
  readonly service: Service;
  readonly door: Door;
  readonly files: ReadonlyMap<string, ServedFile>;
}

/**
 * Serves the console on the loopback interface, for one browser of whoever started it. Throws esbuild's BuildFailure when
 * the page does not compile, and what listening throws.
 */
export async function startConsole({ port, ...service }: ConsoleOptions): Promise<Console> {
  const parts: Parts = { service, door: new Door(), files: await readPage() };
  const server = createServer((request, response) => {
    answer(request, response, parts).catch(() => {
      // Whoever asked has gone in the middle of it.
      response.destroy();
    });
  });
  const address = await listen(server, port);
  return { url: `${address}/#${parts.door.token}`, close: () => close(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  const refused = refusesOrigin(headers, isRead && path === '/');
  if (refused) {
    // What is refused is not read: the connection ends with the answer.
    write(response, describe(new Fault(refused)), { connection: 'close' });
    return;
  }
  const file = isRead ? parts.files.get(path) : undefined;
  if (!file) {
    write(response, await answerCall(request, path, parts).catch(describe));
    return;
  }
  response.writeHead(200, { ...pageHeaders, 'content-type': file.type });
  response.end(method === 'HEAD' ? undefined : file.body);
}

function write(response: ServerResponse, { status, body }: Answer, headers: object = {}): void {
  response.writeHead(status, { ...pageHeaders, ...headers, 'content-type': 'application/json' });
  response.end(body);
}

/** Throws what is no Fault. */
function describe(error: unknown): Answer {
  if (!(error instanceof Fault)) throw error;
  return { status: error.status, body: JSON.stringify(error) };
}
