import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

import { programs } from '../../shared/platform/programs.ts';
import { isLoopbackHost } from '../aws/http.ts';

/** Clients that cannot be told of another address are led here under these names. Nobody else can make them do so. */
const platformNames = [
  'api.weixin.qq.com',
  'file.api.weixin.qq.com',
  'open.weixin.qq.com',
  'thirdwx.qlogo.cn',
];

/**
 * Why a request is refused, or `undefined`. The simulator obeys programs, and pages of its own. A web page that happens
 * to be open in a browser on this machine can reach it, too: it says where it comes from in Origin or Sec-Fetch-Site, or
 * it comes under a host name that somebody has made to point here.
 *
 * What every page may do at WeChat, it may do here: send its visitor to the login, and show pictures.
 *
 * @param names host names, without a port, that the simulator has beside those of this machine and addresses
 */
export function refusal(
  path: string,
  headers: IncomingHttpHeaders,
  names: readonly string[],
): string | undefined {
  const { host = '', origin } = headers;
  const known = path.startsWith('/_sim/') ? names : [...names, ...platformNames];
  if (!isOurs(host, known)) {
    return `The simulator does not answer under this host name: ${programs.simulatorWith} --public-url names another.`;
  }
  if (path === '/connect/oauth2/authorize' || path.startsWith('/mmopen/')) return undefined;
  const isForeignOrigin = origin !== undefined && origin.replace(/^https?:\/\//, '') !== host;
  const site = headers['sec-fetch-site'] ?? 'none';
  const isForeignSite = site !== 'none' && site !== 'same-origin';
  return isForeignOrigin || isForeignSite ? 'Web pages may not call the simulator.' : undefined;
}

/** Nobody can make an address point elsewhere; a name, anybody can. */
function isOurs(host: string, names: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return isLoopbackHost(host) || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || names.includes(name);
}
