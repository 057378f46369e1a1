import { createHash, createHmac } from 'node:crypto';
import { Browser } from './browser.ts';
import { brokenIf, newUser, other, otherOrigin, type Attack, type Service } from './scene.ts';

function parameter(location: string, name: string): string {
  return new URL(location).searchParams.get(name) ?? '';
}

function withParameter(location: string, name: string, value: string): string {
  const url = new URL(location);
  url.searchParams.set(name, value);
  return url.href;
}

async function exchanges({ kit }: Service): Promise<number> {
  return kit.callsTo('/sns/oauth2/access_token');
}

/** Addresses that are, or look as if they were, of the allowed origin `https://www.example.com`. */
export const redirectTricks: readonly string[] = [
  // Without a scheme, or with half of one.
  '//evil.example/',
  '///evil.example/',
  '////evil.example/',
  'https:evil.example',
  'https:/evil.example',
  'https:///evil.example/',
  'https:www.example.com',
  '/relative',
  'www.example.com',
  // Backslashes, which browsers take for slashes.
  '\\\\evil.example\\',
  '/\\evil.example',
  '\\/evil.example',
  'https:\\\\evil.example',
  'https:\\\\www.example.com\\',
  'https://www.example.com\\@evil.example/',
  'https://evil.example\\@www.example.com/',
  'https://evil.example\\.www.example.com/',
  // What stands before an @ is a user, not a host.
  'https://www.example.com@evil.example/',
  'https://www.example.com:443@evil.example/',
  'https://www.example.com%2F@evil.example/',
  'https://www.example.com%40evil.example/',
  'https://user@www.example.com/',
  'https://user:password@www.example.com/',
  'https://:password@www.example.com/',
  'https://@www.example.com/',
  // Dots and letters that become others.
  'https://www.example.com\u3002evil.example/',
  'https://www.example.com\uFF0Eevil.example/',
  'https://www.example.com\uFF61evil.example/',
  'https://www\u3002example\u3002com/',
  'https://\uFF57\uFF57\uFF57.example.com/',
  'https://www.ex\u00ADample.com/',
  'https://www.ex\u0430mple.com/',
  'https://www.example.com%E3%80%82evil.example/',
  'https://www%2eexample%2ecom/',
  'https://www.example.com%00.evil.example/',
  'https://www.example.com%23.evil.example/',
  'https://www.example.com%5C.evil.example/',
  'https://www.example.c\u212Am/',
  // Beginnings and ends alike.
  'https://www.example.com.evil.example/',
  'https://www.example.com-evil.example/',
  'https://www.example.comevil.example/',
  'https://evilwww.example.com/',
  'https://evil.example/www.example.com',
  'https://evil.example/?https://www.example.com/',
  'https://evil.example#https://www.example.com/',
  'https://evil.example/https://www.example.com/',
  'https://example.com/',
  'https://sub.www.example.com/',
  'https://www.example.com./',
  'https://wwwxexample.com/',
  // Letter case.
  'HTTPS://WWW.EXAMPLE.COM/',
  'hTTps://eVil.example/',
  // Ports.
  'https://www.example.com:443/',
  'https://www.example.com:0443/',
  'https://www.example.com:/',
  'https://www.example.com:80/',
  'https://www.example.com:444/',
  'https://www.example.com:8443/',
  'https://www.example.com:65979/',
  'https://www.example.com:443evil/',
  'http://www.example.com/',
  'http://www.example.com:443/',
  // Queries and fragments.
  'https://www.example.com?@evil.example/',
  'https://www.example.com#@evil.example/',
  'https://www.example.com/#//evil.example',
  'https://www.example.com/?next=//evil.example',
  'https://www.example.com//evil.example/',
  'https://www.example.com/..//evil.example',
  'https://www.example.com/%2e%2e//evil.example',
  // What a parser drops, and what ends a header.
  ' https://www.example.com/',
  '\u0000https://www.example.com/',
  'ht\ttps://evil.example/',
  'https://www.example.com\t.evil.example/',
  'https://www.example.com/\r\nSet-Cookie: a=b',
  'https://www.example.com/\r\n\r\n<script>alert(1)</script>',
  'https://www.example.com/\nLocation: https://evil.example/',
  'https://www.example.com/\u2028Set-Cookie: a=b',
  'https://www.example.com/\u560D\u560ASet-Cookie: a=b',
  'https://www.example.com/%0d%0aSet-Cookie:%20a=b',
  'https://www.example.com/\u007f',
  // Other schemes.
  'javascript:alert(1)',
  'javascript://www.example.com/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'blob:https://www.example.com/0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a',
  'blob:https://evil.example/https://www.example.com/',
  'filesystem:https://www.example.com/temporary/x',
  'view-source:https://www.example.com/',
  'file://www.example.com/',
  'ftp://www.example.com/',
  'wss://www.example.com/',
  'intent://www.example.com/#Intent;scheme=https;end',
  'weixin://dl/business/?t=www.example.com',
];

/** Whether a browser that gets this `Location` stays on the allowed site, and whether it can be a header at all. */
function staysHome(location: string, origin: string): boolean {
  const url = new URL(location, 'https://keyring.example.com/v1/accounts/default/oauth/callback');
  return (
    /^[\x21-\x5b\x5d-\x7e]+$/.test(location) &&
    ['https:', 'http:'].includes(url.protocol) &&
    url.origin === origin &&
    `${url.username}${url.password}` === ''
  );
}

export const loginAttacks = {
  /** Somebody sends the victim a link with a code and state of their own. */
  'login CSRF': async (service) => {
    const attacker = await newUser(service);
    const lure = await new Browser(service).begin(attacker);
    const victims = [new Browser(service), new Browser(service)];
    // One has a login of its own under way, one never was here.
    await victims[0]?.begin(await newUser(service));
    for (const victim of victims) {
      await victim.visit(lure);
      if ((await victim.user()) === attacker) return 'broken';
    }
    return 'held';
  },

  /** Somebody gets hold of the address that WeChat sends the victim to, and goes there first. */
  'code injection': async (service) => {
    const victim = await newUser(service);
    const stolen = await new Browser(service).begin(victim);
    const attacker = new Browser(service);
    await attacker.begin(await newUser(service));
    await attacker.visit(stolen);
    return brokenIf((await attacker.user()) === victim);
  },

  /** Somebody knows code and state of a login that has ended, from a log or a history. */
  'a session worked out from the address of the callback': async (service) => {
    const victim = new Browser(service);
    const location = await victim.begin(await newUser(service));
    await victim.visit(location);
    const [code, state] = [parameter(location, 'code'), parameter(location, 'state')];
    const attacker = new Browser(service);
    const own = await attacker.begin(await newUser(service));
    await attacker.visit(withParameter(own, 'code', code));
    if ((await attacker.user()) !== undefined) return 'broken';
    const known = [code, state, `session.${code}`, `session.${state}`, 'session'];
    const guesses = known.flatMap((text) => [
      text,
      createHash('sha256').update(text).digest('hex'),
      ...known.map((key) => createHmac('sha256', key).update(text).digest('hex')),
    ]);
    return brokenIf(await opensSession(service, victim, guesses));
  },

  /** Somebody used this browser before, and knows its cookie, or has put one there. */
  'session fixation': async (service) => {
    const victim = new Browser(service);
    const [planted, browserId] = ['a'.repeat(64), 'b'.repeat(64)];
    victim.plant(`__Host-keyring_${service.kit.account}`, planted);
    victim.plant('__Host-keyring_browser', browserId);
    const location = await victim.begin(await newUser(service));
    await victim.visit(location);
    const code = parameter(location, 'code');
    const guesses = [
      planted,
      browserId,
      ...[`session.${code}`, `session..${code}`, 'session', code].map((text) =>
        createHmac('sha256', browserId).update(text).digest('hex'),
      ),
    ];
    return brokenIf(await opensSession(service, victim, guesses));
  },

  /** The victim's own state, used once, with a code of the attacker. */
  'a replayed state': async (service) => {
    const [victim, attacker] = [await newUser(service), await newUser(service)];
    const browser = new Browser(service);
    const location = await browser.begin(victim);
    await browser.visit(location);
    const lure = await new Browser(service).begin(attacker);
    await browser.visit(withParameter(location, 'code', parameter(lure, 'code')));
    return brokenIf((await browser.user()) === attacker);
  },

  /** The victim is logged in, and is led on for a second code of their own. */
  "somebody else's code for a state that was used": async (service) => {
    const browser = new Browser(service);
    const location = await browser.begin(await newUser(service));
    await browser.visit(location);
    const lure = await new Browser(service).begin(await newUser(service));
    const answer = await browser.visit(withParameter(location, 'code', parameter(lure, 'code')));
    return brokenIf(answer.status === 303);
  },

  'a second code for the same attempt': async (service) => {
    const browser = new Browser(service);
    const location = await browser.begin(await newUser(service));
    await browser.visit(location);
    // After half a minute nobody waits any more for the request that came first.
    const late = browser.at(service.later(31));
    const answer = await late.visit(withParameter(location, 'code', '0anotherCode'));
    return brokenIf(answer.status === 303);
  },

  /** Somebody without an account at WeChat begins logins and comes back with codes of their own making. */
  'codes made up to ring the alarms': async (service) => {
    const { kit } = service;
    const [logged, measured] = [kit.logged.length, kit.measured.length];
    for (let n = 0; n < 5; n++) {
      const browser = new Browser(service);
      const location = await browser.begin(await newUser(service));
      const answer = await browser.visit(withParameter(location, 'code', `0madeUp${n}`));
      if (answer.status < 400) throw new Error('WeChat knows the code.');
    }
    const errors = kit.logged.slice(logged).filter(({ level }) => level === 'error');
    const rings = kit.measured
      .slice(measured)
      .filter((line) => 'ServerErrors' in line || ('Callbacks' in line && line['Outcome'] === 'failed'));
    return brokenIf(errors.length + rings.length > 0);
  },

  /** Somebody logs in, logs out, and comes back many times at once: each holds a function for as long as it waits. */
  'functions that wait for a login that is over': async (service) => {
    const hurried = service.hurried();
    const browser = new Browser(hurried);
    const location = await browser.begin(await newUser(service));
    await browser.visit(location);
    await browser.request('logout', { headers: { 'x-keyring-csrf': '1' } });
    const answers = await Promise.all(Array.from({ length: 40 }, () => browser.visit(location)));
    if (answers.some(({ status }) => status === 303)) throw new Error('The login came back.');
    return brokenIf(hurried.waited() > 0);
  },

  'many codes for one state at once': async (service) => {
    const browser = new Browser(service);
    // Several rounds: it takes two that have both read before either has written.
    for (let round = 0; round < 5; round++) {
      const location = await browser.begin(await newUser(service));
      const before = await exchanges(service);
      await Promise.all(
        Array.from({ length: 6 }, (_, n) => browser.visit(withParameter(location, 'code', `0madeUp${n}`))),
      );
      if ((await exchanges(service)) > before + 1) return 'broken';
    }
    return 'held';
  },

  /** Somebody uses the victim's code up, which is good once, before the victim arrives. */
  'a code spent by another browser': async (service) => {
    const openid = await newUser(service);
    const [victim, attacker] = [new Browser(service), new Browser(service)];
    const location = await victim.begin(openid);
    await attacker.begin(await newUser(service));
    await attacker.visit(location);
    await victim.visit(location);
    return brokenIf((await victim.user()) !== openid);
  },

  /** The attempt is for one account, whose list the address to return to is on, and comes back to another. */
  'a state from another account': async (service) => {
    const browser = new Browser(service);
    const elsewhere = await service.kit.control('users', { appid: other });
    const attempt = await browser.begin((elsewhere as { openid: string }).openid, {
      account: other,
      returnTo: `${otherOrigin}/`,
    });
    const here = await browser.begin(await newUser(service));
    const answer = await browser.visit(withParameter(here, 'state', parameter(attempt, 'state')));
    return brokenIf(answer.status === 303);
  },

  'an attempt of long ago': async (service) => {
    const browser = new Browser(service);
    const openid = await newUser(service);
    const old = await browser.begin(openid);
    const fresh = await browser.begin(openid);
    const late = browser.at(service.later(601));
    const answer = await late.visit(withParameter(old, 'code', parameter(fresh, 'code')));
    return brokenIf(answer.status === 303);
  },

  /** What stands in front may look at the first of two, the service at the last. */
  'a callback with repeated parameters': async (service) => {
    for (const name of ['code', 'state']) {
      for (const place of ['first', 'last']) {
        const browser = new Browser(service);
        const location = new URL(await browser.begin(await newUser(service)));
        const [query, more] = [location.search.slice(1), `${name}=0decoy`];
        location.search = place === 'first' ? `${more}&${query}` : `${query}&${more}`;
        await browser.visit(location);
        if ((await browser.user()) !== undefined) return 'broken';
      }
    }
    return 'held';
  },

  /** A sibling domain plants the attacker's browser id, and sends the victim to the attacker's callback. */
  'cookie tossing': async (service) => {
    const attacker = await newUser(service);
    const [own, victim] = [new Browser(service), new Browser(service)];
    const lure = await own.begin(attacker);
    for (const [name, { value }] of own.cookies) {
      victim.toss(name, value);
      victim.toss(name.replace('__Host-', ''), value);
    }
    await victim.visit(lure);
    return brokenIf((await victim.user()) === attacker);
  },

  /** The same on a browser that does not know the prefix, and has a cookie of the service already. */
  'a tossed cookie beside the right one': async (service) => {
    const attacker = await newUser(service);
    const [own, victim] = [new Browser(service), new Browser(service, { knowsPrefixes: false })];
    const lure = await own.begin(attacker);
    await victim.begin(await newUser(service));
    for (const [name, { value }] of own.cookies) victim.toss(name, value);
    return brokenIf((await victim.visit(lure)).status === 303);
  },

  'open redirect': async (service) => {
    const browser = new Browser(service);
    const openid = await newUser(service);
    let allowed = 0;
    for (const returnTo of redirectTricks) {
      const started = await browser.request('authorize', { query: { return_to: returnTo } });
      if (started.status !== 302) continue;
      const back = await browser.visit(
        await service.kit.consent(String(started.headers['location']), openid),
      );
      allowed += 1;
      if (!staysHome(String(back.headers['location']), service.kit.origin)) return 'broken';
    }
    // Some of them are the right address in another spelling: whoever refuses all has not looked.
    if (allowed < 10) throw new Error(`Only ${allowed} addresses were allowed.`);
    return 'held';
  },

  'a line break in the Location header': async (service) => {
    const openid = await newUser(service);
    for (const returnTo of redirectTricks.filter((address) => /[\r\n]|%0d/i.test(address))) {
      const browser = new Browser(service);
      const started = await browser.request('authorize', { query: { return_to: returnTo } });
      if (started.status !== 302) continue;
      const back = await browser.visit(
        await service.kit.consent(String(started.headers['location']), openid),
      );
      if (Object.values(back.headers).some((value) => /[\r\n]/.test(String(value)))) return 'broken';
    }
    return 'held';
  },

  /** What a page shows must not carry the code and state of its address elsewhere. */
  'the address of the callback in a Referer header': async (service) => {
    const browser = new Browser(service);
    const answer = await browser.visit(await browser.begin(await newUser(service, { snapshot: true })));
    return brokenIf(answer.headers['referrer-policy'] !== 'no-referrer');
  },

  /** Another site shows the page in a frame, under something that the user would rather tap. */
  'a page in a frame': async (service) => {
    const browser = new Browser(service);
    const pages = [
      await browser.request('authorize', { query: { return_to: '//evil.example' } }),
      await browser.visit('https://keyring.example.com/?code=0c&state=unknown'),
      await browser.visit(await browser.begin(await newUser(service, { snapshot: true }))),
    ];
    const policies = pages.map(({ headers }) => String(headers['content-security-policy']).split('; '));
    // default-src does not speak for it: https://www.w3.org/TR/CSP3/#directive-frame-ancestors
    return brokenIf(!policies.every((policy) => policy.includes("frame-ancestors 'none'")));
  },

  'a snapshot user who gets a session': async (service) => {
    const browser = new Browser(service);
    await browser.logIn(await newUser(service, { snapshot: true }));
    return brokenIf((await browser.user()) !== undefined);
  },
} satisfies Record<string, Attack>;

/** Whether one of the guesses is the victim's session. The victim has one: without it no guess could be right. */
async function opensSession(service: Service, victim: Browser, guesses: readonly string[]): Promise<boolean> {
  if ((await victim.user()) === undefined) throw new Error('The victim is not logged in.');
  for (const guess of new Set(guesses)) {
    const attacker = new Browser(service);
    attacker.plant(`__Host-keyring_${service.kit.account}`, guess);
    if ((await attacker.user()) !== undefined) return true;
  }
  return false;
}
