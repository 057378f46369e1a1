import { routes } from '../../functions/routes.ts';
import { tablesOf } from '../../functions/parts.ts';
import { Browser } from './browser.ts';
import { brokenIf, newAccount, newUser, other, otherOrigin, type Attack, type Service } from './scene.ts';

const csrf = { 'x-keyring-csrf': '1' };

/** Whether a session, as somebody else may hold it, still opens `me`. */
async function opens(service: Service, session: string, account = service.kit.account): Promise<boolean> {
  const thief = new Browser(service);
  thief.plant(`__Host-keyring_${account}`, session);
  return (await thief.user(account)) !== undefined;
}

async function loggedIn(service: Service): Promise<Browser> {
  const browser = new Browser(service);
  await browser.logIn(await newUser(service));
  if ((await browser.user()) === undefined) throw new Error('Nobody is logged in.');
  return browser;
}

export const sessionAttacks = {
  /** A form on a sibling domain: its requests have the cookie, and can have no header of their own. */
  'a form of a sibling site that changes something': async (service) => {
    const changing = Object.entries(routes).filter(
      ([, { method, access }]) => method !== 'GET' && access.who === 'session',
    );
    for (const [route] of changing) {
      const browser = await loggedIn(service);
      const answer = await browser.request(route as keyof typeof routes, {}, 'sibling');
      if (answer.status < 300 || (await browser.user()) === undefined) return 'broken';
    }
    return 'held';
  },

  'a request of a foreign page with the session': async (service) => {
    const browser = await loggedIn(service);
    const { status } = await browser.request('getMe', {}, 'foreign');
    return brokenIf(status === 200);
  },

  /** A page of the other account's site, on a sibling domain of the service: the CORS list has all accounts' origins. */
  "a page of another account's site with the session": async (service) => {
    const browser = await loggedIn(service);
    const { status } = await browser.request(
      'getMe',
      { headers: { origin: otherOrigin, ...csrf } },
      'sibling',
    );
    return brokenIf(status === 200);
  },

  'a script that reads the session': async (service) => {
    const browser = await loggedIn(service);
    return brokenIf(browser.documentCookie.includes(browser.session()));
  },

  /** A session of one account under the name that the other account's has. */
  'a session of another account': async (service) => {
    const browser = new Browser(service);
    const openid = await newUser(service);
    // The same person at both accounts, under one openid: WeChat gives out two.
    await service.kit.control('users', { appid: other, openid });
    await browser.logIn(openid);
    await browser.logIn(openid, { account: other, returnTo: `${otherOrigin}/` });
    return brokenIf(await opens(service, browser.session(), other));
  },

  /** The minute is over for which a process may remember the account as it was. */
  'a session of an account that was removed and registered again': async (service) => {
    const { account, again } = await newAccount(service);
    const browser = new Browser(service);
    const { openid } = (await service.kit.control('users', { appid: account })) as { openid: string };
    await browser.logIn(openid, { account, returnTo: `${otherOrigin}/` });
    const before = browser.session(account);
    if (!(await opens(service, before, account))) throw new Error('Nobody is logged in.');
    await again();
    const later = service.later(61);
    // The user comes back: the grant from before is still there, and lists the session.
    await browser.at(later).logIn(openid, { account, returnTo: `${otherOrigin}/` });
    if (!(await opens(later, browser.session(account), account))) throw new Error('Nobody can log in.');
    return brokenIf(await opens(later, before, account));
  },

  'a stolen session after its user has logged out': async (service) => {
    const browser = await loggedIn(service);
    const stolen = browser.session();
    await browser.request('logout', { headers: csrf });
    return brokenIf(await opens(service, stolen));
  },

  'a stolen session after its user has logged out everywhere': async (service) => {
    const openid = await newUser(service);
    const [here, elsewhere] = [new Browser(service), new Browser(service)];
    await here.logIn(openid);
    await elsewhere.logIn(openid);
    await here.request('logout', { query: { everywhere: 'true' }, headers: csrf });
    return brokenIf(await opens(service, elsewhere.session()));
  },

  'a session that was left unused for eight days': async (service) => {
    const browser = await loggedIn(service);
    return brokenIf(await opens(service.later(8 * 86_400), browser.session()));
  },

  /** Somebody reads the Users table. */
  'a session taken from the table': async (service) => {
    const browser = await loggedIn(service);
    await browser.user();
    for (const { pk } of await service.kit.items('users')) {
      const [kind, key = ''] = String(pk).split('#');
      if (kind === 'session' && (await opens(service, key))) return 'broken';
    }
    return 'held';
  },

  /** Somebody who can write the table makes a row for a victim. */
  'a session row that somebody has written': async (service) => {
    const [victim, attacker] = [await loggedIn(service), await loggedIn(service)];
    const { users } = tablesOf(service.kit.runtime);
    const rows = await service.kit.items('users');
    const sessions = await Promise.all(
      [victim, attacker].map(async (browser) => {
        const { createHash } = await import('node:crypto');
        const hash = createHash('sha256').update(browser.session()).digest('hex');
        return (
          rows.find(({ pk }) => [`session#${hash}`, `session#${browser.session()}`].includes(String(pk))) ??
          {}
        );
      }),
    );
    const [theirs = {}, mine = {}] = sessions;
    const before = await attacker.user();
    // All but the key: the victim's row, under the attacker's own id.
    await users.put({ ...theirs, pk: mine['pk'], sk: mine['sk'] });
    const after = await attacker.user();
    return brokenIf(after !== undefined && after !== before);
  },
} satisfies Record<string, Attack>;
