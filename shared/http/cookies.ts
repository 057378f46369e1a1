/**
 * Cookies whose name starts with `__Host-`: the browser takes them only over a secure connection, for exactly
 * this host and for its whole path, so no sibling domain can plant one.
 */
export interface HostCookie {
  /** The name after `__Host-`. */
  readonly name: string;
  readonly value: string;
  readonly maxAgeSeconds: number;
}

/** A `Set-Cookie` value. SameSite is Lax because WeChat's redirect back is a top-level GET from another site. */
export function setHostCookie({ name, value, maxAgeSeconds }: HostCookie): string {
  return `__Host-${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
}

export function clearHostCookie(name: string): string {
  return setHostCookie({ name, value: '', maxAgeSeconds: 0 });
}

/** The cookie's value from API Gateway's list of `name=value` strings; undefined where absent or given twice. */
export function readHostCookie(cookies: readonly string[] | undefined, name: string): string | undefined {
  const prefix = `__Host-${name}=`;
  const [found, second] = cookies?.filter((cookie) => cookie.startsWith(prefix)) ?? [];
  return second === undefined ? found?.slice(prefix.length) : undefined;
}
