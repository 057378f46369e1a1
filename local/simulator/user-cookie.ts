const name = 'sim_user';

/** The openid of the user that this browser last was, from its Cookie header. */
export function chosenUser(cookieHeader: string): string | undefined {
  const cookies = cookieHeader.split(';').map((cookie) => cookie.trim());
  const value = cookies.find((cookie) => cookie.startsWith(`${name}=`))?.slice(name.length + 1);
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

/** The Set-Cookie header that makes this browser a user's. */
export function chooseUser(openid: string): string {
  return `${name}=${encodeURIComponent(openid)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000`;
}
