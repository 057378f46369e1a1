import * as https from 'node:https';
import { plainHttp, sendRequest, type Send } from './transport.ts';

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
 * The platform's own agents do it, which are given the proxy here: in the environment a password has no place.
 * https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function sendThrough({ url: proxyUrl, credentials }: Proxy): Send {
  return async (url, { body, ...parts }, signal) => {
    const proxy = new URL(proxyUrl);
    if (credentials) {
      const { username, password } = await credentials();
      proxy.username = encodeURIComponent(username);
      proxy.password = encodeURIComponent(password);
    }
    const { Agent } = url.startsWith('https:') ? https : plainHttp();
    const proxyEnv = { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href };
    const agent = new Agent({ proxyEnv, keepAlive: false, timeout: maxTunnelMs });
    return sendRequest(url, { ...parts, agent, signal }, body);
  };
}
