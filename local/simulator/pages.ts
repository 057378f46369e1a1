import { allow, AuthorizeError, currentUser, deny, parseLink, withoutDialog } from './authorize.ts';
import type { Avatars } from './avatars.ts';
import { consentPage, deniedPage, errorPage } from './consent-page.ts';
import { notFound, type Incoming, type Reply } from './reply.ts';
import { chooseUser, chosenUser } from './user-cookie.ts';
import type { World } from './world.ts';

/** GET /connect/oauth2/authorize: a redirect at once, the consent page, or an error page. */
export function authorizePage(world: World, incoming: Incoming): Reply {
  return onErrorPage(() => {
    const now = world.clock.now();
    const link = parseLink(world, incoming.query);
    const { account } = link;
    const user = currentUser(account, chosenUser(incoming.cookie), now);
    const identity = withoutDialog(link, user);
    if (identity) return redirect(allow(link, user, identity, now));
    const others = account.followers.some(50).filter(({ openid }) => openid !== user.openid);
    const visitors = [user, ...others].map((visitor) => ({
      user: visitor,
      picture: world.avatarUrl(account, visitor),
    }));
    const page = { query: incoming.query, appid: account.appid, visitors, current: user.openid };
    return html(consentPage(page));
  });
}

/** POST /connect/confirm, the consent page's form: Allow or Deny, as the user picked there. */
export function confirm(world: World, incoming: Incoming): Reply {
  return onErrorPage(() => {
    const now = world.clock.now();
    const form = new URLSearchParams(incoming.body);
    const link = parseLink(world, form.get('query') ?? '');
    const user = currentUser(link.account, form.get('openid') ?? undefined, now);
    const cookie = { 'set-cookie': chooseUser(user.openid) };
    const to = form.get('decision') === 'allow' ? allow(link, user, 'real', now) : deny(link);
    return to === undefined ? html(deniedPage(), cookie) : redirect(to, cookie);
  });
}

function onErrorPage(answer: () => Reply): Reply {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof AuthorizeError)) throw error;
    return { ...html(errorPage(error.code, error.message)), note: `error page ${error.code ?? ''}` };
  }
}

function html(body: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, body };
}

function redirect(to: string, headers: Record<string, string> = {}): Reply {
  return { status: 302, headers: { location: to, 'cache-control': 'no-store', ...headers }, body: '' };
}

/** GET /mmopen/<id>/<size>: a user's picture while they have it. */
export function picture(world: World, avatars: Avatars, id: string, size: string): Reply {
  const png = world.isAvatar(id) ? avatars.draw(id, size) : undefined;
  if (!png) return notFound;
  return {
    status: 200,
    headers: { 'content-type': 'image/png', 'cache-control': 'max-age=2592000' },
    body: png,
  };
}
