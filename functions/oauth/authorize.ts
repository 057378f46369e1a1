import type { Account } from '../../shared/accounts/accounts.ts';
import { allowedAddress } from '../../shared/http/allowed-address.ts';
import { setHostCookie } from '../../shared/http/cookies.ts';
import { loginAgain, type PageContent } from '../../shared/http/page.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { programs } from '../../shared/platform/programs.ts';
import { Attempts } from '../../shared/users/attempts.ts';
import { authorizePath } from '../../shared/users/authorize-path.ts';
import { authorizeUrl } from '../../shared/wechat/authorization.ts';
import { environmentOf } from '../environment.ts';
import type { HttpEvent, HttpHandler } from '../http.ts';
import { sharedQuery } from '../input.ts';
import { pageHandler } from '../pages.ts';
import { tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import { browserCookie, browserIdOf } from './browser.ts';
import * as routes from './routes.ts';

/** Starts a login: notes the attempt for this browser and sends it to WeChat. */
export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const attempts = new Attempts(tables.users, runtime.clock);
  const { openUrl, publicUrl } = environmentOf(runtime, {
    openUrl: 'KEYRING_WECHAT_OPEN_URL',
    publicUrl: 'KEYRING_PUBLIC_URL',
  });
  return pageHandler(
    runtime,
    routes.authorize,
    async (request) => {
      const { account, cookies, query } = request;
      if (account.lender !== undefined) {
        throw new KeyringError('account_borrowed', 'Users log in where the account has its AppSecret.');
      }
      const returnTo = allowedAddress(query.return_to, account.allowedOrigins);
      if (returnTo === undefined) {
        const detail = whatToRun(publicUrl, query.return_to);
        throw new KeyringError('return_to_not_allowed', detail, { parameter: 'return_to' });
      }
      const scope = query.scope ?? 'snsapi_userinfo';
      const browserId = browserIdOf(cookies);
      const state = await attempts.start({ account: account.appId, scope, returnTo }, browserId);
      const location = authorizeUrl({
        openUrl,
        appId: account.appId,
        redirectUri: `${publicUrl}/v1/accounts/${account.appId}/oauth/callback`,
        scope,
        state,
        ...(query.forcePopup === 'true' && { forcePopup: true }),
      });
      return { statusCode: 302, headers: { location }, cookies: [setHostCookie(browserCookie(browserId))] };
    },
    { nextLink },
  );
}

/** A login as it was asked for, as far as that can be; else one to the account's own site. */
function nextLink(account: Account, { rawQueryString }: HttpEvent): PageContent['link'] {
  const asked = sharedQuery(rawQueryString);
  const { scope, return_to: to } = routes.authorize.query.shape;
  const returnTo = allowedAddress(to.safeParse(asked.get('return_to')).data ?? '', account.allowedOrigins);
  if (account.lender !== undefined || (returnTo ?? account.allowedOrigins[0]) === undefined) return undefined;
  const wanted = scope.safeParse(asked.get('scope')).data ?? 'snsapi_userinfo';
  return { href: authorizePath(account, wanted, returnTo), label: loginAgain };
}

/** On the local stack, what allows the address: whoever reads it is the operator. */
function whatToRun(publicUrl: string, address: string): string | undefined {
  if (!publicUrl.startsWith('http:') || !URL.canParse(address)) return undefined;
  const { origin } = new URL(address);
  // What is no address of the web has no origin that can be typed.
  return /^https?:/.test(origin) ? `To allow it: ${programs.startWith} --origin ${origin}` : undefined;
}

export const handler = onLambda(create);
