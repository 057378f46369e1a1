import { readHostCookie, type HostCookie } from '../../shared/http/cookies.ts';
import { randomToken } from '../../shared/platform/random.ts';

const name = 'keyring_browser';
const maxAgeSeconds = 600;

/** The id that ties login attempts to one browser: the one its cookie holds, so that several tabs can log in. */
export function knownBrowserId(cookies: readonly string[] | undefined): string | undefined {
  const id = readHostCookie(cookies, name);
  return id !== undefined && /^[0-9a-f]{64}$/.test(id) ? id : undefined;
}

/** The same, or a new one. */
export function browserIdOf(cookies: readonly string[] | undefined): string {
  return knownBrowserId(cookies) ?? randomToken();
}

export function browserCookie(id: string): HostCookie {
  return { name, value: id, maxAgeSeconds };
}
