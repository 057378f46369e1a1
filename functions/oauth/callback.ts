import type { Account } from '../../shared/accounts/accounts.ts';
import { loginAgain, type PageContent } from '../../shared/http/page.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { Attempts, type LoginEnd } from '../../shared/users/attempts.ts';
import { authorizePath } from '../../shared/users/authorize-path.ts';
import { finishLogin, type LoginParts } from '../../shared/users/login.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import type { HttpEvent, HttpHandler } from '../http.ts';
import { sharedQuery } from '../input.ts';
import { page, pageHandler } from '../pages.ts';
import {
  figureCounterOf,
  grantsOf,
  profilesOf,
  secretsOf,
  sessionsOf,
  tablesOf,
  wechatOf,
} from '../parts.ts';
import { onLambda, type Runtime, type Tables } from '../runtime.ts';
import { knownBrowserId } from './browser.ts';
import * as routes from './routes.ts';

/**
 * How a login ended, for the metrics. `refused`: by the user. `invalid`: the attempt was not one of this browser's that
 * is still open, or the code none of WeChat's. Anybody can cause that, so no alarm counts it. `failed`: WeChat or the
 * service could not do it.
 */
type CallbackOutcome = 'granted' | 'snapshot' | 'refused' | 'invalid' | 'failed';

/** Where WeChat sends the browser back. */
export function create(runtime: Runtime): HttpHandler {
  const { clock } = runtime;
  const tables = tablesOf(runtime);
  const attempts = new Attempts(tables.users, clock);
  // The person waits for at most two attempts at the profile; the exchange is never repeated.
  const wechat = wechatOf(runtime, { attempts: 2 });
  const count = countersOf(runtime, tables);
  const loginParts = loginPartsOf(runtime, tables, { attempts, wechat, onEnd: count.end });

  /** A new login like this one; one to the account's own site where it is not known which this was. */
  async function nextLink(
    account: Account,
    { rawQueryString, cookies }: HttpEvent,
  ): Promise<PageContent['link']> {
    const [state, ...others] = sharedQuery(rawQueryString).getAll('state');
    const attempt =
      state !== undefined && others.length === 0
        ? await attempts.find(account.appId, state, knownBrowserId(cookies))
        : undefined;
    if (!attempt && account.allowedOrigins.length === 0) return undefined;
    const { scope = 'snsapi_userinfo', returnTo } = attempt ?? {};
    return { href: authorizePath(account, scope, returnTo), label: loginAgain };
  }

  return pageHandler(
    runtime,
    routes.callback,
    async (request) => {
      const { account, cookies, query } = request;
      const browserId = knownBrowserId(cookies);
      const { code, state } = query;
      // Without a browser's id no attempt is its own, and the first call throws.
      if (code === undefined || browserId === undefined) {
        const { scope, returnTo } = await attempts
          .require(account.appId, state, browserId)
          .catch(count.faultOf(account));
        count.outcome('refused');
        // A page that is loaded anew is no other login. Nothing depends on the count, nor does it on the note.
        const isFirst = await attempts.noteRefusal(state).catch(() => false);
        if (isFirst) await count.end(account.appId, { result: 'refused' });
        const href = authorizePath(account, scope, returnTo);
        return page(200, { ...declinedPage, link: { href, label: loginAgain } });
      }

      const back = { code, state, browserId, cookies };
      const { outcome, returnTo } = await finishLogin(loginParts, account, back).catch(
        count.faultOf(account),
      );
      if (outcome.result === 'failed') return count.fault(new KeyringError(outcome.code));
      count.outcome(outcome.result);
      switch (outcome.result) {
        case 'granted':
          return {
            statusCode: 303,
            headers: { location: withFragment(returnTo) },
            ...(outcome.cookie !== undefined && { cookies: [outcome.cookie] }),
          };
        case 'snapshot':
          return page(200, { ...snapshotPage, link: outOfSnapshot(account, returnTo) });
      }
    },
    { nextLink },
  );
}

/** Counts browsers that come back, as a metric, and logins, by the day: each of those once, however it ended. */
function countersOf(runtime: Runtime, tables: Tables) {
  const countFigure = figureCounterOf(runtime, tables);
  const outcome = (Outcome: CallbackOutcome) => runtime.metrics.put({ Callbacks: 1 }, { Outcome });
  const fault = (error: unknown): never => {
    outcome(error instanceof KeyringError && error.status < 500 ? 'invalid' : 'failed');
    throw error;
  };
  return {
    outcome,
    fault,
    end: (appId: AppId, end: LoginEnd | { readonly result: 'granted' | 'refused' }) =>
      countFigure(appId, 'login', end.result === 'failed' ? end.code : end.result),
    /** For what is thrown: no login has ended by it that was counted. */
    faultOf:
      ({ appId }: Account) =>
      async (error: unknown): Promise<never> => {
        await countFigure(appId, 'login', error instanceof KeyringError ? error.code : 'internal');
        return fault(error);
      },
  };
}

/**
 * The address with a fragment, be it an empty one. A browser that is led to an address without any keeps the one from
 * before, which is WeChat's `#wechat_redirect` after a silent login; a page whose router goes by it would take it for a
 * route.
 *
 * @see https://fetch.spec.whatwg.org/#concept-response-location-url
 */
function withFragment(address: string): string {
  return address.includes('#') ? address : `${address}#`;
}

function loginPartsOf(
  runtime: Runtime,
  tables: Tables,
  given: Pick<LoginParts, 'attempts' | 'wechat' | 'onEnd'>,
): LoginParts {
  return {
    ...given,
    sessions: sessionsOf(runtime, tables),
    grants: grantsOf(runtime, tables, given.wechat),
    profiles: profilesOf(tables),
    secrets: secretsOf(runtime),
    clock: runtime.clock,
    log: runtime.log,
  };
}

/**
 * A tap on it asks for the real user: with the dialog, an authorization is not decided silently in favour of another
 * snapshot. The address of this page would not do, since its attempt is used up.
 */
function outOfSnapshot(account: Account, returnTo: string): PageContent['link'] {
  const href = `${authorizePath(account, 'snsapi_userinfo', returnTo)}&forcePopup=true`;
  return { href, label: { zh: '登录', en: 'Log in' } };
}

const declinedPage: PageContent = {
  heading: { zh: '你没有授权登录', en: 'You did not allow the login' },
  text: {
    zh: '没有关系，我们没有保存任何信息。你可以随时再试一次。',
    en: 'That is fine, and nothing was stored. You can try again at any time.',
  },
};

const snapshotPage: PageContent = {
  heading: { zh: '请使用完整服务', en: 'Please use the full service' },
  text: {
    zh: '你正在浏览快照页，微信提供的是虚拟身份，我们没有保存任何信息。请点击页面下方的“使用完整服务”后再登录。',
    en: 'This is a snapshot page on which WeChat shows a stand-in for you, and nothing was stored. Tap “Use full service” at the bottom of the page, then log in.',
  },
};

export const handler = onLambda(create);
