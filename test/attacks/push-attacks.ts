import { startLocalAws } from '../../local/aws/server.ts';
import { encrypt, sign, toXml } from '../push/sender.ts';
import { brokenIf, other, plain, pushSecrets, type Attack, type Service } from './scene.ts';

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

function signed(service: Service, by = token): Record<'signature' | 'timestamp' | 'nonce', string> {
  const [timestamp, nonce] = [`${service.kit.clock.now()}`, unique()];
  return { signature: sign(by, timestamp, nonce), timestamp, nonce };
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

/** In safe mode, signed all over, as WeChat would. */
function encrypted(service: Service, xml = event(service), { appId = service.kit.account } = {}): Push {
  const ciphertext = encrypt(key, appId, xml);
  const query = signed(service);
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
