import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createAdmin } from '../../functions/admin/admin.ts';
import { create as createHandle } from '../../functions/events/handle-events.ts';
import { create as createReceive } from '../../functions/events/receive-event.ts';
import { routes } from '../../functions/routes.ts';
import { create as createDeleteMe } from '../../functions/users/delete-me.ts';
import { create as createGetUser } from '../../functions/users/get-user.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit, type Response } from '../kit/kit.ts';
import type { Gate } from '../kit/memory-table.ts';
import { pushMessage } from '../../shared/push/push-message.ts';
import { encrypt, opened, sign, toXml } from '../push/sender.ts';

// What meets an erasure at each of its points takes a while on a busy machine.

const pushToken = 'aTokenForPushes';
const encodingAesKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const csrf = { 'x-keyring-csrf': '1' };

let kit: Kit;
/** Called before each operation on a table, while something is {@link watched}. */
let meetOperation: (() => Promise<void>) | undefined;
beforeAll(async () => {
  const gate: Gate = async (operate) => {
    await meetOperation?.();
    return operate();
  };
  kit = await startKit({ tables: 'memory', gate });
  await kit.admin({ command: 'account.set-push', account: 'default', pushToken, encodingAesKey });
});
afterAll(() => kit.close());

interface Person {
  readonly openid: string;
  readonly unionid: string;
  readonly nickname: string;
  readonly headimgurl: string;
}

let count = 0;
/** Somebody whom nobody else resembles. */
async function newPerson(): Promise<Person> {
  const mark = `${(count += 1)}`.padStart(10, '0');
  const about = {
    openid: `oPersonToBeForgotten${mark}`,
    unionid: `oUnionToBeForgotten${mark}`,
    nickname: `要忘记的人 ${mark}`,
    subscribe: true,
  };
  return (await kit.control('users', { appid: kit.account, ...about })) as Person;
}

/** A login up to where WeChat sends the browser back; what it returns finishes it. */
async function startLogin({ openid }: Person, scope = 'snsapi_userinfo'): Promise<() => Promise<Response>> {
  const started = await kit.call('authorize', { query: { return_to: `${kit.origin}/`, scope } });
  const query = new URL(await kit.consent(String(started.headers['location']), openid)).search.slice(1);
  return () => kit.call('callback', { query, cookies: started.cookies });
}

async function login(person: Person, scope?: string): Promise<readonly string[]> {
  const { status, cookies } = await (await startLogin(person, scope))();
  expect(status).toBe(303);
  return cookies;
}

async function allItems(): Promise<Record<string, unknown>[]> {
  const tables = (['credentials', 'users', 'followers'] as const).map((table) => kit.items(table));
  return (await Promise.all(tables)).flat();
}

/** The stored items that say something of the person, and the rows of sessions, whosesoever they are. */
async function tracesOf({ openid, unionid, nickname, headimgurl }: Person) {
  const items = (await allItems()).map((item) => ({ item, text: JSON.stringify(item) }));
  // The last segment of the address is the size of the picture.
  const marks = [openid, unionid, nickname, headimgurl.replace(/\/\d+$/, '')];
  expect(marks.every((mark) => mark.length > 10)).toBe(true);
  return {
    items: items.filter(({ text }) => marks.some((mark) => text.includes(mark))).map(({ item }) => item),
    sessions: items.filter(({ item }) => item['sk'] === 'session').length,
  };
}

function deleteMe(cookies: readonly string[]): Promise<Response> {
  return kit.call('deleteMe', { cookies, headers: csrf });
}

async function erase({ openid }: Person): Promise<Record<string, number>> {
  const result = await kit.admin({ command: 'user.erase', account: 'default', openid });
  return 'removed' in result ? result.removed : {};
}

async function push(fields: Record<string, string>): Promise<void> {
  const timestamp = String(kit.clock.now());
  const nonce = String((count += 1));
  const about = { ToUserName: 'gh_0', CreateTime: timestamp, MsgType: 'event', EventKey: nonce, ...fields };
  const Encrypt = encrypt(encodingAesKey, kit.account, toXml(about));
  const [signature, msg_signature] = [
    sign(pushToken, timestamp, nonce),
    sign(pushToken, timestamp, nonce, Encrypt),
  ];
  const event = httpEvent(routes.receiveEvent, {
    path: { account: kit.account },
    query: { signature, msg_signature, timestamp, nonce },
    headers: { 'content-type': 'text/xml' },
    body: toXml({ Encrypt }),
  });
  expect(await createReceive(kit.runtime)(event, lambdaContext)).toMatchObject({ body: 'success' });
  await kit.settled();
}

/**
 * Does `work` and lets `meet` have each of its operations on tables, numbered from 0, before it happens. What `meet`
 * itself does is not numbered. Returns how many there were.
 */
async function watched(
  work: () => Promise<unknown>,
  meet: (number: number) => Promise<void>,
): Promise<number> {
  let operations = 0;
  let meeting = false;
  meetOperation = async () => {
    if (meeting) return;
    const number = operations++;
    meeting = true;
    try {
      await meet(number);
    } finally {
      meeting = false;
    }
  };
  try {
    await work();
  } finally {
    meetOperation = undefined;
  }
  return operations;
}

/** Does `work` over and over, and `between` each time before another one of its operations, at last after all. */
async function atEachPoint(
  prepare: () => Promise<{
    work: () => Promise<unknown>;
    between: () => Promise<unknown>;
    check: () => Promise<void>;
  }>,
): Promise<number> {
  let points = 0;
  for (let at = 0; ; at++) {
    const { work, between, check } = await prepare();
    const operations = await watched(work, async (number) => {
      if (number === at) await between();
    });
    if (operations <= at) await between();
    await check();
    if (operations <= at) return points;
    points += 1;
  }
}

/** Does `work` as often as it has operations, and lets each time another one of them be the last. */
async function dyingAtEachPoint(
  prepare: () => Promise<{ work: () => Promise<unknown>; check: () => Promise<void> }>,
): Promise<number> {
  let points = 0;
  for (let at = 0; ; at++) {
    const { work, check } = await prepare();
    const operations = await watched(
      () => work().catch(() => undefined),
      (number) => (number >= at ? Promise.reject(new Error('The process has died.')) : Promise.resolve()),
    );
    await check();
    if (operations <= at) return points;
    points += 1;
  }
}

describe('after a login', () => {
  test('three items name the person: the grant and the shared profile, and none of a session or an attempt', async () => {
    const person = await newPerson();
    await login(person);
    const { items, sessions } = await tracesOf(person);
    expect(items.map(({ sk = 'follower' }) => sk).toSorted()).toEqual(['follower', 'grant']);
    expect(sessions).toBe(1);
    await erase(person);
  });
});

describe('no trace of a person is left', () => {
  test.each<[string, (person: Person, cookies: readonly string[]) => Promise<unknown>]>([
    ['DELETE me', (_, cookies) => deleteMe(cookies)],
    ['user erase', (person) => erase(person)],
    [
      'user_authorization_cancellation',
      ({ openid }) => push({ Event: 'user_authorization_cancellation', FromUserName: 'o1', OpenID: openid }),
    ],
    [
      'user_authorization_revoke',
      ({ openid }) =>
        push({
          Event: 'user_authorization_revoke',
          FromUserName: 'o1',
          OpenID: openid,
          RevokeInfo: '205',
        }),
    ],
  ])('by %s, nor of their sessions', async (_, forget) => {
    const [person, other] = [await newPerson(), await newPerson()];
    const [phone, laptop] = [await login(person), await login(person, 'snsapi_base')];
    const theirs = await login(other);
    expect(await tracesOf(person)).toMatchObject({ sessions: 3 });

    await forget(person, phone);
    expect(await tracesOf(person)).toEqual({ items: [], sessions: 1 });
    for (const cookies of [phone, laptop]) {
      expect(await kit.call('getMe', { cookies })).toMatchObject({
        status: 401,
        body: { code: 'session_expired' },
      });
    }
    expect((await kit.call('getMe', { cookies: theirs })).body).toMatchObject({ openid: other.openid });
    await erase(other);
  });

  test('by an erasure of a grant whose 30 days are over', async () => {
    const person = await newPerson();
    await login(person);
    const clock = { now: () => kit.clock.now() + 31 * 86_400, sleep: () => Promise.resolve() };
    const command = { command: 'user.erase', account: 'default', openid: person.openid };
    await createAdmin({ ...kit.runtime, clock })(command, lambdaContext);
    expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 });
  });
});

test('unsubscribe leaves the openid with the time, so that no older event brings them back, and nothing else', async () => {
  const person = await newPerson();
  const cookies = await login(person);
  await push({ Event: 'unsubscribe', FromUserName: person.openid });
  const { items, sessions } = await tracesOf(person);
  expect(sessions).toBe(0);
  expect(items).toEqual([
    {
      shard: expect.any(String),
      openid: person.openid,
      removeAt: expect.any(Number),
      subscribed: false,
      changedAt: expect.any(Number),
    },
  ]);
  expect((await kit.call('getMe', { cookies })).status).toBe(401);
  expect(await erase(person)).toEqual({ grants: 0, sessions: 0, profiles: 0, followers: 1 });
  expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 });
});

describe('word that comes late', () => {
  const words = [
    ['user_authorization_revoke', (openid: string) => ({ FromUserName: 'o1', OpenID: openid })],
    ['unsubscribe', (openid: string) => ({ FromUserName: openid })],
  ] as const;

  /** What works off a push of an event of this moment, as the queue delivers it, whenever that is. */
  function wordOfNow(Event: string, fields: object): () => Promise<unknown> {
    const about = { MsgType: 'event', Event, CreateTime: `${kit.clock.now()}`, ...fields };
    const body = JSON.stringify(pushMessage(kit.account, opened(about), kit.clock.now()));
    const handle = createHandle(kit.runtime);
    return () => Promise.resolve(handle({ Records: [{ messageId: '1', body }] }, lambdaContext));
  }

  /** A login that somebody makes in a later second than whatever was before. */
  async function laterLogin(person: Person): Promise<readonly string[]> {
    await kit.clock.advance(2);
    return login(person);
  }

  test.each(words)('by %s leaves a login that was made since', async (event, fields) => {
    const person = await newPerson();
    await login(person);
    const late = wordOfNow(event, fields(person.openid));
    const cookies = await laterLogin(person);
    expect(await late()).toEqual({ batchItemFailures: [] });
    expect((await kit.call('getMe', { cookies })).body).toMatchObject({ nickname: person.nickname });
    const { items } = await tracesOf(person);
    expect(items.filter(({ nickname }) => nickname === person.nickname)).toHaveLength(1);
    await erase(person);
  });

  test.each(words)('by %s takes what was granted in the same second', async (event, fields) => {
    const person = await newPerson();
    const cookies = await login(person);
    const { items } = await tracesOf(person);
    const grant = items.find(({ sk }) => sk === 'grant');
    await wordOfNow(event, { ...fields(person.openid), CreateTime: String(grant?.['grantedAt']) })();
    expect((await kit.call('getMe', { cookies })).status).toBe(401);
    expect(JSON.stringify(await tracesOf(person))).not.toContain(person.nickname);
    await erase(person);
  });

  test('takes the picture that was shared before it, of somebody who has logged in silently since', async () => {
    const person = await newPerson();
    await kit.call('logout', { cookies: await login(person), headers: csrf });
    const late = wordOfNow('user_authorization_revoke', { FromUserName: 'o1', OpenID: person.openid });
    const fault = { path: '/sns/oauth2/refresh_token', kind: 'errcode', errcode: 42007, times: 1 };
    await kit.control('faults', fault);
    await kit.clock.advance(3 * 3600);
    const path = { account: 'default', openid: person.openid };
    expect((await kit.call('getUser', { key: kit.apiKey, path, query: { refresh: 'true' } })).status).toBe(
      401,
    );
    const cookies = await login(person, 'snsapi_base');
    await late();
    expect((await kit.call('getMe', { cookies })).status).toBe(200);
    expect(await tracesOf(person)).toMatchObject({ items: [{ sk: 'grant', scopes: ['snsapi_base'] }] });
    await erase(person);
  });

  test('with a login at any point of its work leaves the whole of that login', async () => {
    const points = await atEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      let cookies: readonly string[] = [];
      return {
        work: wordOfNow('user_authorization_revoke', { FromUserName: 'o1', OpenID: person.openid }),
        between: async () => {
          cookies = await laterLogin(person);
        },
        check: async () => {
          const { status, body } = await kit.call('getMe', { cookies });
          expect({ status, body }).toMatchObject({ status: 200, body: { nickname: person.nickname } });
          expect((await tracesOf(person)).items).toHaveLength(2);
          await erase(person);
        },
      };
    });
    expect(points).toBeGreaterThan(4);
  });

  test('by user_authorization_cancellation takes all: the WeChat account is closed', async () => {
    const person = await newPerson();
    const fields = { FromUserName: 'o1', OpenID: person.openid };
    const late = wordOfNow('user_authorization_cancellation', fields);
    await laterLogin(person);
    await late();
    expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 });
  });
});

describe('DELETE me', () => {
  test('says what was deleted, and takes the cookie away', async () => {
    const person = await newPerson();
    await login(person);
    const answer = await deleteMe(await login(person));
    expect(answer).toMatchObject({
      status: 200,
      body: { removed: { grants: 1, sessions: 2, profiles: 1, followers: 1 } },
      cookies: [`__Host-keyring_${kit.account}=`],
    });
  });

  test('is refused without the header that no foreign form can send, and nothing is deleted', async () => {
    const person = await newPerson();
    const cookies = await login(person);
    expect(await kit.call('deleteMe', { cookies })).toMatchObject({
      status: 403,
      body: { code: 'csrf_header_missing' },
    });
    expect((await kit.call('getMe', { cookies })).status).toBe(200);
    expect((await tracesOf(person)).items).toHaveLength(2);
    await erase(person);
  });

  test('is 401 session_expired the second time', async () => {
    const cookies = await login(await newPerson());
    expect((await deleteMe(cookies)).status).toBe(200);
    expect(await deleteMe(cookies)).toMatchObject({ status: 401, body: { code: 'session_expired' } });
  });

  test('is 401 with a session of another account, with one that is none, and without any', async () => {
    const person = await newPerson();
    const [cookie = ''] = await login(person);
    const other = 'wxcccccccccccccccc';
    await kit.control('accounts', { appid: other, secret: kit.secret });
    await kit.admin({
      command: 'account.add',
      account: other,
      name: 'Other',
      mode: 'stable',
      secret: kit.secret,
      allowedOrigins: [kit.origin],
      domainFiles: [],
    });
    const elsewhere = {
      path: { account: other },
      cookies: [cookie.replace(kit.account, other)],
      headers: csrf,
    };
    expect(await kit.call('deleteMe', elsewhere)).toMatchObject({
      status: 401,
      body: { code: 'session_expired' },
    });
    const forged = cookie.replace(/=.*/, `=${'0'.repeat(64)}`);
    expect(await deleteMe([forged])).toMatchObject({ status: 401, body: { code: 'session_expired' } });
    expect(await deleteMe([])).toMatchObject({ status: 401, body: { code: 'session_missing' } });
    expect((await kit.call('getMe', { cookies: [cookie] })).status).toBe(200);
    await erase(person);
  });
});

describe('user erase', () => {
  test('of somebody nobody knows has nothing to delete', async () => {
    expect(await erase(await newPerson())).toEqual({ grants: 0, sessions: 0, profiles: 0, followers: 0 });
  });

  test('is refused a text that is no openid', async () => {
    const command = { command: 'user.erase', account: 'default', openid: 'a b' } as const;
    await expect(kit.admin(command)).rejects.toThrow('invalid_parameter');
  });
});

describe('user export', () => {
  test('has all that is stored of the person, and no token', async () => {
    const person = await newPerson();
    await login(person);
    const [cookie = ''] = await login(person);
    const result = await kit.admin({ command: 'user.export', account: 'default', openid: person.openid });
    const { openid, unionid, nickname } = person;
    const profile = { nickname, avatar: expect.stringMatching(/^http/) };
    expect(result).toMatchObject({
      exported: {
        account: kit.account,
        openid,
        grant: { unionid, scopes: ['snsapi_userinfo'], profile, expiresAt: expect.any(Number) },
        sessions: [1, 2].map(() => ({ createdAt: expect.any(Number), usedAt: expect.any(Number) })),
        follower: { openid, unionid, ...profile },
      },
    });
    const text = JSON.stringify(result);
    const grant = (await tracesOf(person)).items.find(({ sk }) => sk === 'grant');
    const secrets = [
      grant?.['accessToken'],
      grant?.['refreshToken'],
      grant?.['sessions'],
      cookie.split('=')[1],
    ];
    for (const secret of secrets.flat()) {
      expect(String(secret).length).toBeGreaterThan(20);
      expect(text).not.toContain(secret);
    }
    await erase(person);
  });

  test('of somebody nobody knows is openid_unknown', async () => {
    const { openid } = await newPerson();
    await expect(kit.admin({ command: 'user.export', account: 'default', openid })).rejects.toThrow(
      'openid_unknown',
    );
  });
});

describe('an erasure', () => {
  /** Reads the profile anew, with a token that has to be refreshed for it. */
  function refreshAndRead({ openid }: Person): Promise<unknown> {
    const clock = {
      now: () => kit.clock.now() + 3 * 3600,
      sleep: (seconds: number) => kit.clock.sleep(seconds),
    };
    const caller = { key: 'known', keyId: 'test', scopes: 'users:read', accounts: '*' };
    const path = { account: 'default', openid };
    const event = httpEvent(routes.getUser, { path, query: { refresh: 'true' } }, caller);
    return Promise.resolve(createGetUser({ ...kit.runtime, clock })(event, lambdaContext));
  }

  test('at any point of a refresh and a read of the profile leaves nothing behind', async () => {
    const points = await atEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      return {
        work: () => refreshAndRead(person),
        between: () => erase(person),
        check: async () => expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 }),
      };
    });
    // The account and data keys are read as well; at least: grant, lease, its commit, two reads, profile, wall.
    expect(points).toBeGreaterThan(6);
  });

  test('with a refresh and a read of the profile at any point of it leaves nothing behind', async () => {
    await atEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      return {
        work: () => erase(person),
        between: () => refreshAndRead(person),
        check: async () => expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 }),
      };
    });
  });

  test('at any point of a read of the profile, and a silent login after it, leave no profile behind', async () => {
    await atEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      return {
        work: () => refreshAndRead(person),
        between: async () => {
          await erase(person);
          await login(person, 'snsapi_base');
        },
        check: async () => {
          const { items } = await tracesOf(person);
          expect(items).toMatchObject([{ sk: 'grant', scopes: ['snsapi_base'] }]);
          expect(JSON.stringify(items)).not.toContain(person.nickname);
          await erase(person);
        },
      };
    });
  });

  test.each(['nobody', 'somebody'])(
    'at any point of a login by %s known is before or after it, not in the middle',
    async (who) => {
      await atEachPoint(async () => {
        const person = await newPerson();
        if (who === 'somebody') await login(person);
        const finish = await startLogin(person);
        let answer: Response | undefined;
        return {
          work: async () => (answer = await finish()),
          between: () => erase(person),
          check: async () => {
            expect(answer?.status).toBe(303);
            const { items, sessions } = await tracesOf(person);
            const me = await kit.call('getMe', { cookies: answer?.cookies ?? [] });
            if (items.length > 0) expect(me).toMatchObject({ status: 200, body: { openid: person.openid } });
            else expect({ status: me.status, sessions }).toEqual({ status: 401, sessions: 0 });
            await erase(person);
            expect(await tracesOf(person)).toMatchObject({ items: [] });
          },
        };
      });
    },
  );

  test.each([
    ['login', 'snsapi_userinfo'],
    ['silent login', 'snsapi_base'],
  ])('with a %s at any point of it leaves the whole of that login, or nothing', async (_, scope) => {
    const points = await atEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      let cookies: readonly string[] = [];
      return {
        work: () => erase(person),
        between: async () => {
          cookies = await login(person, scope);
        },
        check: async () => {
          const { items, sessions } = await tracesOf(person);
          const { status } = await kit.call('getMe', { cookies });
          expect({ status, items: items.length > 0, sessions }).toEqual(
            status === 200
              ? { status, items: true, sessions: 1 }
              : { status: 401, items: false, sessions: 0 },
          );
          await erase(person);
        },
      };
    });
    expect(points).toBeGreaterThan(4);
  });

  test('that died at any point is completed by another', async () => {
    await dyingAtEachPoint(async () => {
      const person = await newPerson();
      await login(person);
      await login(person);
      return {
        work: () => erase(person),
        check: async () => {
          await erase(person);
          expect(await tracesOf(person)).toEqual({ items: [], sessions: 0 });
        },
      };
    });
  });

  test('finds what a login has left behind that died at any point', async () => {
    await dyingAtEachPoint(async () => {
      const person = await newPerson();
      const finish = await startLogin(person);
      return {
        work: finish,
        check: async () => {
          await erase(person);
          expect((await tracesOf(person)).items).toEqual([]);
        },
      };
    });
  });

  test('by two at once is one', async () => {
    const person = await newPerson();
    const cookies = await login(person);
    const deleted = createDeleteMe(kit.runtime);
    const event = httpEvent(routes.deleteMe, { path: { account: 'default' }, cookies, headers: csrf });
    const answers = await Promise.all([1, 2, 3].map(() => deleted(event, lambdaContext)));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()[0]).toBe(200);
    for (const { statusCode } of answers) expect([200, 401]).toContain(statusCode);
    expect(await tracesOf(person)).toMatchObject({ items: [] });
  });
});

test('nothing that is logged about it names anyone', async () => {
  const person = await newPerson();
  const cookies = await login(person);
  await kit.admin({ command: 'user.export', account: 'default', openid: person.openid });
  await deleteMe(cookies);
  await erase(person);
  const logs = JSON.stringify(kit.logged);
  for (const line of ['A user had their data deleted.', 'A user was erased.', 'A user was exported.']) {
    expect(logs).toContain(line);
  }
  for (const mark of ['oPersonToBeForgotten', 'oUnionToBeForgotten', '要忘记的人']) {
    expect(logs).not.toContain(mark);
  }
});
