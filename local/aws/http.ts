import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on the loopback interface only; port 0 takes a free one. Returns the URL, without a slash at its end. */
export async function listen(server: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stops the server without waiting for its kept-alive or unfinished connections. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** The whole body, or `undefined` when it has more than `limit` bytes; it is read to its end all the same. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size <= limit ? Buffer.concat(chunks) : undefined;
}

/** A path's text without its percent-encoding; undefined where that is malformed. */
export function decodePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Whether a Host header names this machine itself. Any other name was made to point here by somebody else. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);
}

/**
 * Why a request to an AWS stand-in is refused, or `undefined`. What the stand-ins hold is for this machine's
 * programs: a web page that is open in a browser sends an Origin header, or comes under a foreign host name, or
 * sends no signature, since it cannot without asking first.
 *
 * The signature itself is not verified: there is no secret that both sides could know.
 */
export function refusal({ headers }: IncomingMessage): string | undefined {
  if (headers.origin !== undefined) return 'Web pages may not call this service.';
  if (!isLoopbackHost(headers.host)) return 'This service answers on the loopback address only.';
  if (
    !/^AWS4-HMAC-SHA256 Credential=\S+, ?SignedHeaders=\S+, ?Signature=\w+$/.test(headers.authorization ?? '')
  ) {
    return 'The request is not signed with AWS Signature Version 4.';
  }
  return undefined;
}
