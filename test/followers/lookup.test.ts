import { beforeEach, describe, expect, test } from '@jest/globals';
import type { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { countsKey } from '../../shared/followers/mirror/counts.ts';
import { FollowerLookup } from '../../shared/followers/read/lookup.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { parseAppId, parseGlobalAccessToken } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { account, HandClock } from '../users/rig.ts';
import { keep } from './rows.ts';

const api = '/cgi-bin/user/info/batchget';
const people = (count: number, name = 'o') => Array.from({ length: count }, (_, index) => `${name}${index}`);

let clock: HandClock;
let followers: ReturnType<typeof memoryTables>['followers'];
let lookup: FollowerLookup;
/** Who was asked about, call by call, and how many calls were under way at once. */
let asked: string[][];
let underWay: number;
/** Whom WeChat knows, how long it takes to answer, and what else it says. */
let known: Set<string>;
let seconds: number;
let fault: ((openids: readonly string[]) => Error | undefined) | undefined;

beforeEach(() => {
  clock = new HandClock();
  followers = memoryTables().followers;
  [asked, known, seconds, fault, underWay] = [[], new Set(people(1000)), 0, undefined, 0];
  const sendWith: AccountCalls['sendWith'] = async (_account, build, options) => {
    const call = build(parseGlobalAccessToken('token'));
    const answer = await tell(call, options?.until ?? 0);
    return { answer, generation: 1 };
  };
  lookup = new FollowerLookup({
    followers,
    clock,
    calls: { sendWith } as unknown as AccountCalls,
    counted: () => Promise.resolve(),
  });
});

async function tell<T>(call: WeChatCall<T>, until: number): Promise<T> {
  const { user_list: users } = call.body as { user_list: { openid: string }[] };
  const openids = users.map(({ openid }) => openid);
  asked.push(openids);
  underWay += 1;
  await Promise.resolve();
  underWay -= 1;
  // As the client does: what has not come by then is given up.
  const isLate = clock.time + seconds > until;
  clock.time = Math.min(until, clock.time + seconds);
  if (isLate) throw new WeChatUnreachableError({ api, reason: 'timeout' });
  const failure = fault?.(openids);
  if (failure) throw failure;
  if (openids.some((openid) => !known.has(openid))) throw refusal(40003);
  return call.parse({ user_info_list: openids.map((openid) => ({ openid, subscribe: 1 })) });
}

function refusal(errcode: number): WeChatApiError {
  return new WeChatApiError({ api, errcode, errmsg: '', secrets: [] });
}

/** A mirror that has these, without their details, so that WeChat is asked. */
async function mirror(openids: readonly string[]): Promise<void> {
  const counted = { run: 'r', syncedAt: clock.now(), subscribed: 1, withProfile: 0, tags: {}, scenes: {} };
  await followers.put({ ...countsKey(account.appId), ...counted });
  await keep(
    followers,
    account.appId,
    openids.map((openid) => ({ openid })),
  );
}

describe('a lookup', () => {
  test('with one stranger among 300 mirrored followers takes one call more', async () => {
    await mirror(people(300));
    const { followers: found, unknown } = await lookup.find(account, ['oStranger', ...people(300)]);
    expect([found.length, unknown]).toEqual([300, ['oStranger']]);
    expect(asked.map(({ length }) => length).sort()).toEqual([1, 100, 100, 100]);
  });

  test.each([
    ['with a mirror', true, 100],
    ['without a mirror', false, 200],
  ])('of 10,000 strangers %s ends soon, with what was found so far', async (_, isMirrored, most) => {
    if (isMirrored) await mirror([]);
    const wanted = people(10_000, 'oStranger');
    const { followers: found, unknown, unfinished } = await lookup.find(account, wanted);
    expect(asked.length).toBeLessThanOrEqual(most);
    expect(found).toEqual([]);
    expect(unfinished?.error).toMatchObject({ code: 'strangers_too_many', status: 429 });
    expect([...unknown, ...(unfinished?.rest ?? [])].sort()).toEqual(wanted.toSorted());
  });

  test('finds whom the mirror knows however many strangers there are', async () => {
    await mirror(people(50));
    const { followers: found } = await lookup.find(account, [...people(500, 'oStranger'), ...people(50)]);
    expect(found).toHaveLength(50);
  });

  test('asks about no stranger again for ten minutes, unless it is to be fresh', async () => {
    await mirror([]);
    const ask = (refresh = false) => lookup.find(account, ['oStranger'], { refresh });
    await ask();
    clock.time += 599;
    expect(await ask()).toEqual({ followers: [], unknown: ['oStranger'] });
    expect(asked).toHaveLength(1);
    await ask(true);
    expect(asked).toHaveLength(2);
    clock.time += 600;
    await ask();
    expect(asked).toHaveLength(3);
  });

  test('shows somebody whom WeChat did not know a moment ago once the mirror has met them', async () => {
    await mirror([]);
    await lookup.find(account, ['oNew']);
    known.add('oNew');
    await mirror(['oNew']);
    expect(await lookup.find(account, ['oNew'])).toMatchObject({ unknown: [] });
  });

  test('of an account does not take for unknown who was so to another', async () => {
    await mirror([]);
    await lookup.find(account, ['oStranger']);
    await lookup.find({ ...account, appId: parseAppId('wx00000000000000dd') }, ['oStranger']);
    expect(asked).toHaveLength(2);
  });

  test('is answered within 20 seconds however slow WeChat is, and leaves nothing under way', async () => {
    const began = clock.time;
    seconds = 7;
    const wanted = people(1000);
    const { followers: found, unfinished } = await lookup.find(account, wanted);
    expect(clock.time - began).toBeLessThanOrEqual(20);
    expect(unfinished?.error).toMatchObject({
      code: 'lookup_too_slow',
      status: 503,
      extras: { retryAfter: 5 },
    });
    expect(found.length).toBeGreaterThan(0);
    expect(found.length + (unfinished?.rest.length ?? 0)).toBe(1000);
    const calls = asked.length;
    await new Promise(setImmediate);
    expect([underWay, asked.length]).toEqual([0, calls]);
  });

  test('whose quota is used up on the way says so, with what was found before', async () => {
    fault = (openids) => (asked.length > 7 && openids.length > 1 ? refusal(45009) : undefined);
    const { followers: found, unfinished } = await lookup.find(account, people(1000));
    expect(found.length).toBeGreaterThan(0);
    expect(unfinished?.error).toMatchObject({ errcode: 45009 });
    expect(asked.length).toBeLessThanOrEqual(10);
  });
});
