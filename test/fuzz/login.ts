import type { LocalStack } from '../../local/stack.ts';

/**
 * Logs a user of the simulated account in, as a browser does. Resolves to the `Cookie` header that the browser then
 * sends.
 */
export async function logIn(
  { api, simulator = '', account }: Pick<LocalStack, 'api' | 'simulator' | 'account'>,
  openid: string,
): Promise<string> {
  const returnTo = encodeURIComponent(`${api}/`);
  const begun = await open(`${api}/v1/accounts/default/oauth/authorize?return_to=${returnTo}`);
  const asked = new URL(begun.location).searchParams;
  const consent = await fetch(`${simulator}/_sim/consent`, {
    method: 'POST',
    body: JSON.stringify({
      appid: account,
      redirect_uri: asked.get('redirect_uri'),
      scope: asked.get('scope'),
      state: asked.get('state'),
      openid,
      decision: 'allow',
    }),
  });
  const { location } = (await consent.json()) as { location: string };
  return (await open(location, begun.cookie)).cookie;
}

/** One step of the browser: where it is sent next, and the cookie that it got. */
async function open(url: string, cookie = ''): Promise<{ location: string; cookie: string }> {
  const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
  const location = answer.headers.get('location');
  const [set = ''] = answer.headers.getSetCookie();
  if (location === null || set === '') throw new Error(`A login is answered ${answer.status}.`);
  return { location, cookie: set.split(';', 1).join('') };
}
