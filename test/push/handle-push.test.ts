import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DetailsMessage } from '../../shared/followers/sync/details-queue.ts';
import type { FollowEvent, Mirror } from '../../shared/followers/mirror/mirror.ts';
import { Deliveries } from '../../shared/push/deliveries.ts';
import { handlePush, type PushOutcome } from '../../shared/push/handle-push.ts';
import { pushMessage, type PushMessage, type UserEvent } from '../../shared/push/push-message.ts';
import { GrantStore } from '../../shared/users/grant-store.ts';
import { account as registered, before, rig, type Rig } from '../users/rig.ts';
import { opened } from './sender.ts';

const { appId: account } = registered;
const openid = 'oUser';

let parts: Rig;
let queued: DetailsMessage[];
let applied: FollowEvent[];
let passed: PushMessage[];
/** What the mirror says to an event. */
let isNews: boolean;
let accounts: string[];
/** What WeChat is asked to confirm, and what it says. */
let asked: [string, UserEvent][];
let isConfirmed: boolean;
beforeEach(async () => {
  parts = rig();
  [queued, applied, passed, asked] = [[], [], [], []];
  isConfirmed = true;
  isNews = true;
  accounts = [account];
  const now = parts.clock.now();
  await parts.store.grant(
    account,
    openid,
    {
      accessToken: 'sealed',
      refreshToken: 'sealed',
      accessTokenExpiresAt: now + 7200,
      scopes: ['snsapi_userinfo'],
      grantedAt: now,
      removeAt: now + 86_400,
      unionid: 'u',
      profile: { nickname: '小明', fetchedAt: now },
    },
    'session',
  );
  await parts.profiles.put(account, { openid, nickname: '小明', consentedAt: now });
});

function handle(message: PushMessage, passOn: boolean | Error = true): Promise<PushOutcome> {
  const { store: grants, sessions, profiles, clock, log, tables } = parts;
  const mirror = {
    applyEvent: (_: string, event: FollowEvent) => {
      applied.push(event);
      return Promise.resolve(isNews);
    },
  } as unknown as Mirror;
  return handlePush(
    {
      grants,
      sessions,
      profiles,
      clock,
      log,
      mirror,
      confirmation: { hasLeft: asks('hasLeft'), hasWithdrawn: asks('hasWithdrawn') },
      deliveries: new Deliveries(tables.users, clock),
      detailsQueue: { send: (asked) => Promise.resolve(void queued.push(asked)) },
      isRegistered: (name) => Promise.resolve(accounts.includes(name)),
      passOn:
        passOn === false
          ? undefined
          : (sent) => {
              if (passOn !== true) return Promise.reject(passOn);
              passed.push(sent);
              return Promise.resolve();
            },
    },
    message,
  );
}

function asks(what: string) {
  return (about: UserEvent) => {
    asked.push([what, about]);
    return Promise.resolve(isConfirmed);
  };
}

function event(Event: string, fields: Record<string, string> = {}): PushMessage {
  const now = parts.clock.now();
  const about = { MsgType: 'event', Event, FromUserName: openid, CreateTime: String(now), ...fields };
  return pushMessage(account, opened(about), now);
}

/** The same, not signed by WeChat. */
function inTheClear(Event: string): PushMessage {
  return { ...event(Event, { OpenID: openid }), isSigned: false };
}

/** What of the user is kept. */
async function kept() {
  const grant = await parts.store.stored(account, openid);
  const profile = await parts.profiles.stored(account, openid);
  return { grant: grant !== undefined, profile: profile?.['nickname'] !== undefined };
}

/** What the log says was done. */
const done = () => parts.log.lines.map(({ fields }) => (fields as { done?: string }).done);

describe('a push', () => {
  test('is passed on, and noted with what was done', async () => {
    const message = event('VIEW');
    await handle(message);
    expect(passed).toEqual([message]);
    expect(parts.log.lines).toEqual([
      {
        level: 'info',
        message: 'A push was handled.',
        fields: { account, type: 'event', event: 'VIEW', done: 'nothing', passedOn: true },
      },
    ]);
  });

  test('is handled where nobody listens', async () => {
    await handle(event('VIEW'), false);
    expect(parts.log.lines).toMatchObject([{ fields: { passedOn: false } }]);
  });

  test('that comes once more is noted and not handled', async () => {
    await handle(event('unsubscribe'));
    await handle(event('unsubscribe'));
    expect(passed).toHaveLength(1);
    expect(applied).toHaveLength(1);
    expect(parts.log.lines.at(-1)).toEqual({
      level: 'info',
      message: 'A push came once more.',
      fields: { account, type: 'event', event: 'unsubscribe' },
    });
  });

  test('that could not be passed on is handled again when it is tried again', async () => {
    const message = event('VIEW');
    await expect(handle(message, new Error('no bus'))).rejects.toThrow('no bus');
    await handle(message);
    expect(passed).toEqual([message]);
  });

  test('about which nothing is done may be of nobody', async () => {
    await handle(event('VIEW', { FromUserName: 'not an openid' }));
    expect(passed).toHaveLength(1);
  });

  test('that is an event without a name does nothing', async () => {
    await handle({ ...event('unsubscribe'), event: undefined });
    expect(await kept()).toEqual({ grant: true, profile: true });
    expect(done()).toEqual(['nothing']);
  });

  test.each([
    ['that is no event does nothing, whatever it calls its event', openid],
    ['that is no event does nothing, even if it does not say of whom', undefined],
  ])('%s', async (_, who) => {
    await handle({ ...event('unsubscribe'), type: 'text', openid: who });
    expect(await kept()).toEqual({ grant: true, profile: true });
    expect(done()).toEqual(['nothing']);
    expect(passed).toHaveLength(1);
  });
});

describe('subscribe', () => {
  test('is mirrored, and the follower’s details are asked for', async () => {
    await handle(event('subscribe'));
    expect(applied).toEqual([{ openid, event: 'subscribe', createdAt: parts.clock.now() }]);
    expect(queued).toEqual([{ account, queuedAt: parts.clock.now(), openids: [openid] }]);
    expect(done()).toEqual(['noted']);
    expect(await kept()).toEqual({ grant: true, profile: true });
  });

  test('that a later event has overtaken asks for nothing', async () => {
    isNews = false;
    await handle(event('subscribe'));
    expect(queued).toEqual([]);
    expect(done()).toEqual(['overtaken']);
  });

  test('of an account that was removed leaves nothing behind', async () => {
    accounts = [];
    await handle(event('subscribe'));
    expect(applied).toEqual([]);
    expect(queued).toEqual([]);
    expect(done()).toEqual(['nothing']);
  });
});

describe('unsubscribe', () => {
  test('is mirrored, and all that was granted goes', async () => {
    await handle(event('unsubscribe'));
    expect(applied).toEqual([{ openid, event: 'unsubscribe', createdAt: parts.clock.now() }]);
    expect(await kept()).toEqual({ grant: false, profile: false });
    expect(done()).toEqual(['user erased']);
  });

  test('of an account that was removed is not mirrored, and erases all the same', async () => {
    accounts = [];
    await handle(event('unsubscribe'));
    expect(applied).toEqual([]);
    expect(await kept()).toEqual({ grant: false, profile: false });
  });

  test('that comes after a new login erases nothing', async () => {
    await handle(event('unsubscribe', { CreateTime: String(parts.clock.now() - 1) }));
    expect(await kept()).toEqual({ grant: true, profile: true });
  });
});

describe('SCAN', () => {
  test('is noted, and changes nothing', async () => {
    await handle(event('SCAN'));
    expect(applied).toEqual([]);
    expect(await kept()).toEqual({ grant: true, profile: true });
    expect(done()).toEqual(['noted']);
  });
});

describe('user_info_modified', () => {
  test('has the profile fetched anew, and keeps the rest', async () => {
    await handle(event('user_info_modified', { OpenID: openid }));
    expect(await parts.store.stored(account, openid)).toMatchObject({
      accessToken: 'sealed',
      unionid: 'u',
      profile: { nickname: '小明', fetchedAt: 0 },
    });
    expect(done()).toEqual(['profile marked stale']);
  });

  test.each([
    ['who has granted nothing', 'oNobody'],
    ['whose profile was never read', 'oBare'],
  ])('of a user %s does nothing', async (_, OpenID) => {
    const { store, clock } = parts;
    const now = clock.now();
    await store.grant(
      account,
      'oBare',
      {
        accessToken: 'sealed',
        refreshToken: 'sealed',
        accessTokenExpiresAt: now + 7200,
        scopes: ['snsapi_base'],
        grantedAt: now,
        removeAt: now + 86_400,
        unionid: undefined,
        profile: undefined,
      },
      'session',
    );
    await handle(event('user_info_modified', { OpenID }));
    expect(done()).toEqual(['nothing']);
    expect(await store.stored(account, 'oBare')).not.toHaveProperty('profile');
  });

  test('of a user whose grant goes in between does nothing', async () => {
    const { tables, clock } = parts;
    const users = before(tables.users, 'update', () =>
      tables.users.delete({ pk: `${account}#${openid}`, sk: 'grant' }),
    );
    parts = { ...parts, store: new GrantStore(users, clock) };
    await handle(event('user_info_modified', { OpenID: openid }));
    expect(done()).toEqual(['nothing']);
  });

  test('that does not say of whom is told', async () => {
    await handle(event('user_info_modified'));
    expect(parts.log.lines[0]).toEqual({
      level: 'warn',
      message: 'An event about a user does not say which.',
      fields: { account, event: 'user_info_modified' },
    });
    expect(done().at(-1)).toBe('nothing');
  });
});

describe('user_authorization_revoke', () => {
  const revoke = (RevokeInfo?: string, CreateTime = String(parts.clock.now())) =>
    event('user_authorization_revoke', {
      OpenID: openid,
      CreateTime,
      ...(RevokeInfo !== undefined && { RevokeInfo }),
    });

  test.each([['205'], ['201,205'], ['2051'], ['none at all'], [''], [undefined]])(
    'of %s erases the user',
    async (info) => {
      await handle(revoke(info));
      expect(await kept()).toEqual({ grant: false, profile: false });
      expect(done()).toEqual(['user erased']);
    },
  );

  test.each([['201'], ['202'], ['203'], ['204'], ['206'], ['207'], ['201,207'], ['[206]']])(
    'of %s leaves what is stored under something else',
    async (info) => {
      await handle(revoke(info));
      expect(await kept()).toEqual({ grant: true, profile: true });
      expect(done()).toEqual(['nothing']);
    },
  );

  test('is not mirrored, and leaves a later grant', async () => {
    await handle(revoke('205', String(parts.clock.now() - 1)));
    expect(applied).toEqual([]);
    expect(await kept()).toEqual({ grant: true, profile: true });
  });
});

describe('a deletion that does not say of whom', () => {
  test.each([
    ['user_authorization_revoke', {}],
    ['user_authorization_cancellation', {}],
    ['unsubscribe', { FromUserName: 'not an openid' }],
  ])('by %s is told, passed on, and fails each time, so that somebody looks', async (Event, fields) => {
    const message = event(Event, fields);
    for (let tries = 0; tries < 2; tries++) {
      await expect(handle(message)).rejects.toMatchObject({
        name: 'UserlessPushError',
        message: 'An event deletes somebody and does not say whom.',
      });
    }
    expect(passed).toEqual([message, message]);
    expect(parts.log.lines).toEqual(
      [1, 2].map(() => ({
        level: 'warn',
        message: 'An event about a user does not say which.',
        fields: { account, event: Event },
      })),
    );
    expect(await kept()).toEqual({ grant: true, profile: true });
  });
});

describe('user_authorization_cancellation', () => {
  test('erases the user whole, even what was granted later', async () => {
    const CreateTime = String(parts.clock.now() - 1);
    await handle(event('user_authorization_cancellation', { OpenID: openid, CreateTime }));
    expect(await parts.store.stored(account, openid)).toBeUndefined();
    expect(await parts.profiles.stored(account, openid)).toBeUndefined();
    expect(applied).toEqual([]);
    expect(done()).toEqual(['user erased']);
  });

  test('erases the user even if a RevokeInfo names only what is not stored here', async () => {
    await handle(event('user_authorization_cancellation', { OpenID: openid, RevokeInfo: '201' }));
    expect(await kept()).toEqual({ grant: false, profile: false });
  });
});

describe('in the clear', () => {
  test('a revocation of what is not stored here is not asked about', async () => {
    await handle({ ...inTheClear('user_authorization_revoke'), revoked: '206' });
    expect(asked).toEqual([]);
    expect(done()).toEqual(['nothing']);
    expect(passed).toHaveLength(1);
  });

  const deletions = [
    ['unsubscribe', 'hasLeft'],
    ['user_authorization_revoke', 'hasWithdrawn'],
    ['user_authorization_cancellation', 'hasWithdrawn'],
  ] as const;

  test.each(deletions)('%s erases the user once WeChat confirms it', async (Event, question) => {
    const message = inTheClear(Event);
    await handle(message);
    expect(asked).toEqual([[question, message]]);
    expect(await kept()).toEqual({ grant: false, profile: false });
    expect(passed).toEqual([message]);
  });

  test('an unsubscribe that WeChat does not confirm changes nothing and is not passed on', async () => {
    isConfirmed = false;
    await handle(inTheClear('unsubscribe'));
    expect(applied).toEqual([]);
    expect(await kept()).toEqual({ grant: true, profile: true });
    expect(passed).toEqual([]);
    expect(parts.log.lines.at(-1)?.fields).toMatchObject({ done: 'not confirmed', passedOn: false });
  });

  test.each([['user_authorization_revoke'], ['user_authorization_cancellation']])(
    'a %s that WeChat does not confirm fails each time, so that somebody looks',
    async (Event) => {
      isConfirmed = false;
      const message = inTheClear(Event);
      for (let tries = 0; tries < 2; tries++) {
        await expect(handle(message)).rejects.toMatchObject({
          name: 'UnconfirmedPushError',
          message: 'WeChat has not confirmed that a user withdrew a grant.',
        });
      }
      expect(await kept()).toEqual({ grant: true, profile: true });
      expect(passed).toEqual([]);
    },
  );

  test.each([['subscribe'], ['user_info_modified'], ['VIEW']])('%s is believed', async (Event) => {
    await handle(inTheClear(Event));
    expect(asked).toEqual([]);
    expect(passed).toHaveLength(1);
  });

  test.each(deletions.map(([Event]) => [Event]))(
    'a signed %s is believed without a question',
    async (Event) => {
      await handle({ ...inTheClear(Event), isSigned: true });
      expect(asked).toEqual([]);
      expect(await kept()).toEqual({ grant: false, profile: false });
    },
  );
});

test('a push is remembered until its signature is over', async () => {
  const signatureEnd = parts.clock.now() + 7200;
  await handle({ ...event('VIEW'), signatureEnd });
  parts.clock.time += 7199;
  await handle({ ...event('VIEW'), id: passed[0]?.id ?? '', delivery: 'later', signatureEnd });
  expect(passed).toHaveLength(1);
});
