import { beforeEach, expect, test } from '@jest/globals';
import type { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { AvatarWall } from '../../shared/followers/read/avatars.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { account, HandClock } from '../users/rig.ts';

const sharing = 200;

let clock: HandClock;
let wall: AvatarWall;
/** How long WeChat takes, which of its calls it refuses, and how many came. */
let seconds: number;
let errcode: number | undefined;
let calls: number;

beforeEach(async () => {
  clock = new HandClock();
  const { followers } = memoryTables();
  [seconds, errcode, calls] = [0, undefined, 0];
  for (let number = 0; number < sharing; number += 1) {
    const avatar = `https://example.com/${number}/132`;
    await new Profiles(followers).put(account.appId, { openid: `o${number}`, avatar, consentedAt: number });
  }
  const sendWith: AccountCalls['sendWith'] = (_account, build, options) => {
    const call = build(parseGlobalAccessToken('token'));
    calls += 1;
    const until = options?.until ?? 0;
    const isLate = clock.time + seconds > until;
    clock.time = Math.min(until, clock.time + seconds);
    if (isLate) return Promise.reject(new WeChatUnreachableError({ api: call.api, reason: 'timeout' }));
    if (errcode !== undefined) {
      return Promise.reject(new WeChatApiError({ api: call.api, errcode, errmsg: '', secrets: [] }));
    }
    const { user_list: users } = call.body as { user_list: { openid: string }[] };
    const told = users.map(({ openid }) => ({ openid, subscribe: 1 }));
    return Promise.resolve({ answer: call.parse({ user_info_list: told }), generation: 1 });
  };
  const parts = { calls: { sendWith } as unknown as AccountCalls, counted: () => Promise.resolve() };
  wall = new AvatarWall({ ...parts, followers, clock }, 'https://keyring.example');
});

const urls = () => wall.urls(account, { limit: sharing, size: '46' });

test('a wall shows all who share and follow', async () => {
  expect(await urls()).toHaveLength(sharing);
  expect(calls).toBe(2);
});

test('a wall shows within 20 seconds whom a slow WeChat has told of by then', async () => {
  const began = clock.time;
  seconds = 15;
  expect(await urls()).toHaveLength(100);
  expect(clock.time - began).toBeLessThanOrEqual(20);
});

test('a wall says that WeChat has told nothing in time', async () => {
  seconds = 30;
  await expect(urls()).rejects.toMatchObject({ code: 'wechat_timeout' });
});

test('a wall says that the quota is used up', async () => {
  errcode = 45009;
  await expect(urls()).rejects.toMatchObject({ errcode });
});
