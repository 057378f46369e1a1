import { KMSClient } from '@aws-sdk/client-kms';
import type { PageContent } from '../../shared/http/page.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { Attempts } from '../../shared/users/attempts.ts';
import { DataKeys } from '../../shared/users/data-keys.ts';
import { Grants } from '../../shared/users/grants.ts';
import { finishLogin } from '../../shared/users/login.ts';
import { Sealing } from '../../shared/users/sealing.ts';
import { accountHandler, page, type HttpHandler } from '../http.ts';
import { accountsOf, profilesOf, secretsOf, sessionsOf, tablesOf, wechatOf } from '../parts.ts';
import { routes } from '../routes.ts';
import { awsClientConfig, onLambda, requireVariable, type Runtime } from '../runtime.ts';
import { knownBrowserId } from './browser.ts';

/** Where WeChat sends the browser back. */
export function create(runtime: Runtime): HttpHandler {
  const { clock, log } = runtime;
  const tables = tablesOf(runtime);
  const attempts = new Attempts(tables.users, clock);
  const sessions = sessionsOf(runtime, tables);
  const kms = new KMSClient(awsClientConfig(runtime, 'KMS'));
  const dataKeys = new DataKeys(kms, requireVariable(runtime, 'KEYRING_DATA_KEY'), tables.credentials);
  const loginParts = {
    attempts,
    grants: new Grants(tables.users, new Sealing(dataKeys)),
    profiles: profilesOf(tables),
    secrets: secretsOf(runtime),
    wechat: wechatOf(runtime),
    clock,
    log,
  };

  return accountHandler(runtime, routes.callback, accountsOf(runtime, tables), async (request) => {
    const { account, cookies, query } = request;
    const browserId = knownBrowserId(cookies);
    const { code, state } = query;
    if (code === undefined) {
      const { scope, returnTo } = await attempts.require(account.account, state, browserId);
      return page(200, declinedPage(authorizePath(account.account, scope, returnTo)));
    }

    const { end, returnTo } = await finishLogin(loginParts, account, { code, state, browserId });
    switch (end.result) {
      case 'granted': {
        const cookie = await sessions.open(account.account, end.openid, end.grantEndsAt);
        return { statusCode: 303, headers: { location: returnTo }, cookies: [cookie] };
      }
      case 'snapshot':
        return page(200, snapshotPage);
      case 'failed':
        throw new KeyringError(end.code);
    }
  });
}

function authorizePath(account: string, scope: string, returnTo: string): string {
  return `/v1/accounts/${account}/oauth/authorize?${new URLSearchParams({ scope, return_to: returnTo }).toString()}`;
}

function declinedPage(href: string): PageContent {
  return {
    heading: { zh: '您没有授权登录', en: 'You did not allow the login' },
    text: {
      zh: '没有关系，我们没有保存任何信息。您可以随时再试一次。',
      en: 'That is fine, and nothing was stored. You can try again at any time.',
    },
    link: { href, label: { zh: '重新登录', en: 'Log in again' } },
  };
}

const snapshotPage: PageContent = {
  heading: { zh: '请使用完整服务', en: 'Please use the full service' },
  text: {
    zh: '您正在浏览快照页，微信提供的是虚拟身份，我们没有保存任何信息。请点击页面下方的“使用完整服务”后再登录。',
    en: 'This is a snapshot page on which WeChat shows a stand-in for you, and nothing was stored. Tap “Use full service” at the bottom of the page, then log in.',
  },
};

export const handler = onLambda(create);
