import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { close, listen } from '../../local/aws/http.ts';
import { startLocalAws } from '../../local/aws/server.ts';
import type { forwardPush as ForwardPush } from '../../shared/push/forward.ts';
import type { ForwardRules } from '../../shared/push/forward-address.ts';
import { encrypt, sign, toXml } from '../push/sender.ts';
import { Browser } from './browser.ts';
import {
  brokenIf,
  newUser,
  other,
  otherOrigin,
  plain,
  pushSecrets,
  type Attack,
  type Service,
} from './scene.ts';

const { pushToken: token, encodingAesKey: key } = pushSecrets;

interface Push {
  readonly account: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

let counter = 0;
/** A text that no other push has. */
function unique(): string {
  return `${(counter += 1)}`;
}

function signed(
  service: Service,
  by = token,
  { timestamp = `${service.kit.clock.now()}`, nonce = unique() } = {},
): Record<'signature' | 'timestamp' | 'nonce', string> {
  return { signature: sign(by, timestamp, nonce), timestamp, nonce };
}

const fortyDays = 40 * 86_400;

/**
 * Two signed queries, and what else each can be read as in forty days: with time stamp and nonce exchanged, and with the
 * same digits divided at another place.
 */
function ambiguous(service: Service) {
  const now = service.kit.clock.now();
  // Within the window, and with a 1 at the end, which is the first digit of a time.
  const timestamp = `${now - (now % 10) + 1}`;
  // Within the window of then, and another each time.
  const later = `${Number(timestamp) + fortyDays + (Number(unique()) % 200)}`;
  const turned = signed(service, token, { timestamp, nonce: later });
  const split = signed(service, token, { timestamp, nonce: later.slice(1) });
  return [
    { sent: turned, read: { ...turned, timestamp: later, nonce: timestamp } },
    { sent: split, read: { ...split, timestamp: later, nonce: timestamp.slice(0, -1) } },
  ];
}

function event(service: Service, fields: Record<string, string> = {}): string {
  return toXml({
    ToUserName: 'gh_0123456789ab',
    FromUserName: 'oTheUserWhoIsPushedAbout0002',
    CreateTime: service.kit.clock.now(),
    MsgType: 'event',
    Event: 'unsubscribe',
    EventKey: unique(),
    ...fields,
  });
}

function inTheClear(service: Service, body = event(service), query = signed(service)): Push {
  return { account: plain, query, body };
}

/**
 * In safe mode, signed all over, as WeChat would. The ciphertext begins with no digit, so that it stands behind time and
 * nonce where they are sorted: the signature of one that stands between them can be read in one way only.
 */
function encrypted(
  service: Service,
  xml = event(service),
  { appId = service.kit.account, query = signed(service) } = {},
): Push {
  let ciphertext = '';
  while (!/^\D/.test(ciphertext)) ciphertext = encrypt(key, appId, xml);
  const msg_signature = sign(token, query.timestamp, query.nonce, ciphertext);
  return {
    account: service.kit.account,
    query: { ...query, encrypt_type: 'aes', msg_signature },
    body: toXml({ ToUserName: 'gh_0123456789ab', Encrypt: ciphertext }),
  };
}

/** What the endpoint puts on the queue for a push. A server that fails at it has not refused: that throws. */
async function queued(service: Service, ...pushes: Push[]): Promise<string[]> {
  const aws = await startLocalAws({ clock: service.kit.clock });
  try {
    const bodies: string[] = [];
    aws.registerFunction('recorder', (batch) => {
      const { Records } = batch as { Records: { body: string }[] };
      bodies.push(...Records.map(({ body }) => body));
      return Promise.resolve();
    });
    const build = service.with({
      AWS_ENDPOINT_URL_SQS: aws.url,
      KEYRING_PUSH_QUEUE_URL: aws.createQueue('attacked', 'recorder'),
    });
    for (const { account, query, body } of pushes) {
      const headers = { 'content-type': 'text/xml' };
      const { status } = await build.call('receiveEvent', { path: { account }, query, body, headers });
      if (status >= 500) throw new Error(`Answered ${status}.`);
    }
    await aws.settled();
    return bodies;
  } finally {
    await aws.close();
  }
}

async function isTaken(service: Service, push: Push): Promise<boolean> {
  return (await queued(service, push)).length > 0;
}

/** Has the worker handle what the endpoint puts on the queue for a push. */
async function handled(service: Service, push: Push): Promise<void> {
  const bodies = await queued(service, push);
  const Records = bodies.map((body, index) => ({ messageId: `m${index}`, body }));
  await service.invoke('events/handle-events', { Records });
}

/** Forwards a push, as one of WeChat's that was verified, to an address that the operator was talked into. */
async function forwarded(
  service: Service,
  to: { address: string; rules: ForwardRules; query?: object; isBodySigned?: boolean },
): Promise<void> {
  const { forwardPush } = (await service.module('shared/push/forward.ts')) as {
    forwardPush: typeof ForwardPush;
  };
  const { clock, log, metrics } = service.kit.runtime;
  const deliveries = { claimForward: () => Promise.resolve(true) };
  const account = { appId: service.kit.account, secrets: pushSecrets };
  const { address, rules, query = {}, isBodySigned = false } = to;
  const delivery = { id: unique(), delivery: unique() };
  const push = { address, account, query, body: event(service), isBodySigned, delivery };
  await forwardPush({ rules, deliveries, clock, log, metrics }, push, new AbortController().signal);
}

/** Whether something reaches a port of this machine, which stands for what only the function can reach. */
async function reaches(attack: (port: number) => Promise<void>): Promise<boolean> {
  let reached = false;
  const server = createServer((socket) => {
    reached = true;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await attack((server.address() as AddressInfo).port);
    return reached;
  } finally {
    server.close();
  }
}

/** The attack only means something if the same endpoint takes what is right. */
async function requireTaken(service: Service, push: Push): Promise<void> {
  if (!(await isTaken(service, push))) throw new Error('The right push is refused, too.');
}

export const pushAttacks = {
  'a forged push in the clear': async (service) => {
    await requireTaken(service, inTheClear(service));
    const forged = [
      inTheClear(service, undefined, signed(service, 'AnotherToken')),
      inTheClear(service, undefined, { ...signed(service), signature: '0'.repeat(40) }),
      inTheClear(service, undefined, { ...signed(service), nonce: 'another' }),
    ];
    return brokenIf((await queued(service, ...forged)).length > 0);
  },

  /** Somebody has the signed query of a push, from a log, and the ciphertext of another, of long ago. */
  'a ciphertext under the signature of another push': async (service) => {
    const [seen, old] = [encrypted(service), encrypted(service)];
    return brokenIf(await isTaken(service, { ...seen, body: old.body }));
  },

  'a forged push in safe mode': async (service) => {
    await requireTaken(service, encrypted(service));
    const push = encrypted(service);
    const { msg_signature, ...unsigned } = push.query;
    const forged = [
      { ...push, query: { ...push.query, msg_signature: sign('AnotherToken', 'x') } },
      { ...push, query: { ...unsigned, signature: msg_signature ?? '' } },
      { ...push, query: { ...unsigned, signature: sign('AnotherToken', unsigned['nonce'] ?? '') } },
    ];
    return brokenIf((await queued(service, ...forged)).length > 0);
  },

  'a push of an hour ago once more': async (service) => {
    const push = encrypted(service);
    await requireTaken(service, push);
    return brokenIf(await isTaken(service.later(3601), push));
  },

  'another body under a signature that was used': async (service) => {
    const first = inTheClear(service);
    await requireTaken(service, first);
    return brokenIf(await isTaken(service, { ...first, body: event(service) }));
  },

  /** WeChat signs token, time stamp and nonce sorted and joined, so that which is which is not signed. */
  'a signature turned round, with another body': async (service) => {
    const then = service.later(fortyDays);
    const taken = ambiguous(service).map(async ({ sent, read }) => {
      await requireTaken(service, inTheClear(service, undefined, sent));
      return isTaken(then, inTheClear(service, undefined, read));
    });
    return brokenIf((await Promise.all(taken)).includes(true));
  },

  /** Who closed their WeChat account has a new one, and is logged in. */
  'an old message under its signature turned round': async (service) => {
    const then = service.later(fortyDays);
    const openid = await newUser(service);
    const outcomes: boolean[] = [];
    for (const { sent, read } of ambiguous(service)) {
      const fields = { Event: 'user_authorization_cancellation', OpenID: openid };
      const push = encrypted(service, event(service, fields), { query: sent });
      await handled(service, push);
      const browser = new Browser(then);
      await browser.logIn(openid);
      if ((await browser.user()) !== openid) throw new Error('The user is not logged in.');
      await handled(then, { ...push, query: { ...push.query, ...read } });
      outcomes.push((await browser.user()) !== openid);
    }
    return brokenIf(outcomes.includes(true));
  },

  /** The console checks the address with a GET that is signed in the same way. */
  'the signature of a check of the address on a push': async (service) => {
    const query = signed(service);
    const check = { path: { account: plain }, query: { ...query, echostr: 'echo' } };
    if ((await service.call('checkEventsUrl', check)).status !== 200) throw new Error('The check failed.');
    return brokenIf(await isTaken(service, inTheClear(service, undefined, query)));
  },

  /** Two accounts whose operator uses one token for both. */
  "another account's signature, with another body": async (service) => {
    const account = other;
    await service.kit.admin({ command: 'account.set-push', account, pushToken: token });
    try {
      const minute = service.later(61);
      const first = inTheClear(service);
      await requireTaken(service, first);
      return brokenIf(await isTaken(minute, { ...first, account, body: event(service) }));
    } finally {
      await service.kit.admin({ command: 'account.set-push', account, ...pushSecrets });
    }
  },

  /** Somebody holds a signed query that has never come here. In the clear it carries any body. */
  'a forged event that deletes somebody, in the clear': async (service) => {
    const erased: boolean[] = [];
    for (const Event of ['unsubscribe', 'user_authorization_revoke', 'user_authorization_cancellation']) {
      const openid = await newUser(service, { appid: plain, subscribe: true });
      const browser = new Browser(service);
      await browser.logIn(openid, { account: plain, returnTo: `${otherOrigin}/` });
      if ((await browser.user(plain)) !== openid) throw new Error('The user is not logged in.');
      const fields = { Event, FromUserName: openid, OpenID: openid };
      await handled(service, inTheClear(service, event(service, fields)));
      erased.push((await browser.user(plain)) !== openid);
    }
    return brokenIf(erased.includes(true));
  },

  /** Whoever knows the token but not the key leaves the encryption out. */
  'the clear where the account has a key': async (service) =>
    brokenIf(await isTaken(service, { ...inTheClear(service), account: service.kit.account })),

  /** A push to an account whose operator uses the same token and key. */
  'a push for another appid': async (service) => {
    await requireTaken(service, { ...encrypted(service, undefined, { appId: other }), account: other });
    return brokenIf(await isTaken(service, encrypted(service, undefined, { appId: other })));
  },

  "another account's token": async (service) => {
    await service.kit.admin({
      command: 'account.set-push',
      account: other,
      pushToken: 'TheTokenOfTheOther1',
    });
    try {
      const push = inTheClear(service, undefined, signed(service, 'TheTokenOfTheOther1'));
      return brokenIf(await isTaken(service, push));
    } finally {
      await service.kit.admin({ command: 'account.set-push', account: other, ...pushSecrets });
    }
  },

  /** What WeChat asks when an operator sets the address: to answer anybody would be to speak for the account. */
  'a forged check of the address': async ({ call, ...service }) => {
    const query = { ...signed({ call, ...service }, 'AnotherToken'), echostr: '<b>echo</b>' };
    const { status } = await call('checkEventsUrl', { path: { account: plain }, query });
    return brokenIf(status === 200);
  },

  /** The name led to the internet when the operator gave it. */
  'a back end whose name now leads into a private network': async (service) => {
    const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const outcome = await reaches((port) =>
      forwarded(service, { address: `https://backend.example.com:${port}/`, rules: { resolve } }),
    );
    return brokenIf(outcome);
  },

  'a back end at an address of a private network': async (service) =>
    brokenIf(
      await reaches((port) => forwarded(service, { address: `https://127.0.0.1:${port}/`, rules: {} })),
    ),

  'a back end that is reached in the clear': async (service) => {
    const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const rules = { allowsLoopback: true, resolve };
    const address = (port: number) => `http://backend.example.com:${port}/`;
    return brokenIf(await reaches((port) => forwarded(service, { address: address(port), rules })));
  },

  /** In the compatible mode: what stands in the clear beside the ciphertext is not signed. */
  'a push in safe mode that does not say so to the back end': async (service) => {
    let asked = '';
    const server = createHttpServer((request, response) => {
      asked = request.url ?? '';
      response.end('success');
    });
    const url = await listen(server);
    try {
      const query = { signature: 'x', msg_signature: 'y' };
      await forwarded(service, {
        address: `${url}/`,
        rules: { allowsLoopback: true },
        query,
        isBodySigned: true,
      });
      if (asked === '') throw new Error('Nothing was forwarded.');
      return brokenIf(!asked.includes('encrypt_type=aes'));
    } finally {
      await close(server);
    }
  },

  'an XML entity bomb': async (service) => {
    const laugh = 'ha'.repeat(10);
    const dtd = (entities: string, xml: string) => `<!DOCTYPE xml [${entities}]>${xml}`;
    const xml = (text: string) => event(service).replace('</xml>', `<Content>${text}</Content></xml>`);
    const bomb = () => dtd(`<!ENTITY a "${laugh}"><!ENTITY b "&a;&a;&a;">`, xml('&a;&a;&b;'));
    const bodies = await queued(
      service,
      inTheClear(service, bomb()),
      inTheClear(service, `<?xml version="1.0"?>${bomb()}`),
      inTheClear(service, dtd('<!ENTITY f SYSTEM "file:///etc/hostname">', xml('&f;'))),
      encrypted(service, bomb()),
    );
    return brokenIf(bodies.some((body) => body.includes(laugh)));
  },

  'XML of a thousand levels': async (service) => {
    const deep = (levels: number) =>
      event(service).replace('</xml>', `${'<a>'.repeat(levels)}${'</a>'.repeat(levels)}</xml>`);
    await requireTaken(service, inTheClear(service, deep(5)));
    return brokenIf(await isTaken(service, inTheClear(service, deep(1000))));
  },

  'a push of 200 KiB': async (service) =>
    brokenIf(await isTaken(service, inTheClear(service, event(service, { Content: 'x'.repeat(200_000) })))),
} satisfies Record<string, Attack>;
