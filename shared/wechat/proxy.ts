import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import type { Send } from './transport.ts';

/** An HTTP proxy. */
export interface Proxy {
  /** Its origin, such as `https://proxy.example.com:3128`. */
  readonly url: string;
  /** What it asks for as `Proxy-Authorization: Basic`; asked for before each request. */
  readonly credentials?: () => Promise<{ readonly username: string; readonly password: string }>;
}

/** A tunnel that nobody waits for any more is given up after this long. */
const maxTunnelMs = 15_000;

/**
 * Sends requests through a proxy: to an https address through a tunnel (CONNECT), so that the proxy sees no more than
 * the host's name; to an http address by handing it the request. Nothing is kept open between requests.
 *
 * The platform's own agents do it. Its `fetch` would take a proxy from the environment only, for the whole process,
 * and a password has no place there. https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function sendThrough({ url: proxyUrl, credentials }: Proxy): Send {
  return async (url, { method, headers, body }, signal) => {
    const proxy = new URL(proxyUrl);
    if (credentials) {
      const { username, password } = await credentials();
      proxy.username = encodeURIComponent(username);
      proxy.password = encodeURIComponent(password);
    }
    const { request, Agent } = url.startsWith('https:') ? https : http;
    const proxyEnv = { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href };
    const agent = new Agent({ proxyEnv, keepAlive: false, timeout: maxTunnelMs });
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    return new Promise((resolve, reject) => {
      // The request itself does not see the signal before it has its tunnel.
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      const sent = request(url, { method, headers: { ...headers, ...length }, agent, signal }, (answer) => {
        const status = answer.statusCode ?? 0;
        const isEmpty = status === 204 || status === 205 || status === 304;
        if (isEmpty) answer.resume();
        resolve(new Response(isEmpty ? null : Readable.toWeb(answer), { status }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  };
}
