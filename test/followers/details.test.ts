import { afterEach, describe, expect, test } from '@jest/globals';
import { followerCountsSchema } from '../../shared/followers/mirror/counts.ts';
import { chinaDayEnd } from '../../shared/wechat/quota-day.ts';
import type { Gate } from '../kit/memory-table.ts';
import { until } from '../kit/until.ts';
import { startRig, type Rig } from './rig.ts';

let rig: Rig | undefined;
afterEach(() => rig?.close());

async function start(...given: Parameters<typeof startRig>): Promise<Rig> {
  return (rig = await startRig(...given));
}

const batchget = '/cgi-bin/user/info/batchget';
const list = '/cgi-bin/user/get';

/** Goes on until the run is over, past every wait. */
async function toTheEnd({ finish, status, clock }: Rig) {
  for (;;) {
    await finish();
    const { state, run, now } = await status();
    if (state !== 'waiting') return status();
    await clock.advance(Math.max(1, (run?.resumeAt ?? now) - now));
  }
}

/** Somebody in WeChat's list about whom WeChat answers 40003. */
async function addStranger({ control, listed }: Rig): Promise<string> {
  const openids = await listed();
  const stranger = 'oStrangerOfAnotherAccount000';
  const total = openids.length + 1;
  const page = { total, count: total, data: { openid: [...openids, stranger] }, next_openid: stranger };
  await control('faults', { path: list, kind: 'garbage', body: JSON.stringify(page), times: 1 });
  await control('faults', {
    path: list,
    kind: 'garbage',
    body: JSON.stringify({ total, count: 0, next_openid: '' }),
    times: 1,
  });
  return stranger;
}

describe('fetching details', () => {
  test('finds the one openid that WeChat refuses a whole call for, and says how many there were', async () => {
    const made = await start({ followers: 250 });
    const stranger = await addStranger(made);
    expect(await made.syncAll()).toMatchObject({
      state: 'done',
      run: { details: { queued: 251, done: 251, refused: 1, unanswered: 0 } },
    });
    const bare = made.people().filter(({ subscribedAt }) => subscribedAt === undefined);
    expect(bare).toMatchObject([{ openid: stranger, subscribed: true, refusedAt: expect.any(Number) }]);
  });

  test.each([
    ['is no JSON', { broken_json: true }],
    ['does not say whether they follow', { odd_fields: { subscribe: {} } }],
  ])('finds the one person of whom what WeChat says %s', async (_, odd) => {
    const made = await start({ followers: 250 });
    const [, , someone = ''] = await made.listed();
    await made.control('users', { appid: made.account.appId, openid: someone, ...odd });
    expect(await made.syncAll()).toMatchObject({
      state: 'done',
      run: { details: { queued: 250, done: 250, refused: 0, unanswered: 1 }, detailErrors: 0 },
      queue: { poisoned: 0 },
    });
    const bare = made.people().filter(({ detailAt }) => detailAt === undefined);
    expect(bare).toMatchObject([{ openid: someone, subscribed: true }]);
  });

  test('takes what is right of a person of whom WeChat says something odd', async () => {
    const made = await start({ followers: 250 });
    const [someone = ''] = await made.listed();
    const odd_fields = { tagid_list: {}, subscribe_time: 'yesterday' };
    await made.control('users', { appid: made.account.appId, openid: someone, odd_fields });
    expect(await made.syncAll()).toMatchObject({ run: { details: { done: 250, unanswered: 0 } } });
    const person = made.people().find(({ openid }) => openid === someone);
    expect(person).toMatchObject({ detailAt: expect.any(Number), subscribeScene: expect.any(String) });
    expect(person).not.toHaveProperty('tagIds');
    expect(await made.calls()).toMatchObject({ details: 3 });
  });

  test('leaves somebody new, of whom what WeChat says is no JSON, to the next sync', async () => {
    const made = await start({ followers: 1 });
    const [someone = ''] = await made.listed();
    const account = made.account.appId;
    await made.control('users', { appid: account, openid: someone, broken_json: true });
    const message = { account, queuedAt: made.clock.now(), openids: [someone] };
    expect(await made.processOf().worker.work([{ id: 'm', message }])).toEqual([]);
  });

  test('gives up soon where none of WeChat’s answers is JSON, and takes nobody for odd', async () => {
    const made = await start({ followers: 100 });
    await made.control('faults', { path: batchget, kind: 'garbage', times: 10_000 });
    await made.begin();
    // The run asks about the same people twice more.
    expect(await made.finish()).toMatchObject({ queue: { poisoned: 3 } });
    expect((await made.calls()).details).toBeLessThan(3 * 200);
    await made.control('faults', undefined, 'DELETE');
    await made.clock.advance(86_400);
    expect(await made.syncAll()).toMatchObject({ run: { details: { done: 100, unanswered: 0 } } });
  });

  test('gives nobody the unionid of another where WeChat shifts them', async () => {
    const made = await start({ followers: 50 });
    const { appId: appid } = made.account;
    await made.control('accounts', { appid, options: { batchget_unknown: 'shift' } }, 'PATCH');
    const openids = await made.listed();
    const unionids = new Map<string, unknown>();
    for (const openid of openids) {
      const user = (await made.control('users', { appid, openid })) as { unionid: string };
      unionids.set(openid, user.unionid);
    }
    await addStranger(made);
    expect(await made.syncAll()).toMatchObject({ state: 'done', run: { details: { done: 51 } } });
    const followers = made.people().filter(({ subscribed }) => subscribed === true);
    expect(followers).toHaveLength(50);
    for (const { openid, unionid } of followers) expect(unionid).toBe(unionids.get(openid));
  });

  test('takes answers by openid where WeChat shifts them', async () => {
    const made = await start({ followers: 30 });
    const openids = await made.listed();
    const shifted = openids.map((_, index) => ({
      subscribe: 1,
      openid: openids[(index + 7) % 30],
      subscribe_time: 1_600_000_000 + ((index + 7) % 30),
      tagid_list: [],
    }));
    shifted.push({
      ...shifted[0],
      openid: 'oNobodyAskedFor',
      subscribe: 1,
      subscribe_time: 1,
      tagid_list: [],
    });
    await made.control('faults', {
      path: batchget,
      kind: 'garbage',
      body: JSON.stringify({ user_info_list: shifted }),
      times: 1,
    });
    expect(await made.syncAll()).toMatchObject({ state: 'done', run: { details: { done: 30 } } });
    const people = new Map(made.people().map((person) => [person.openid, person]));
    expect(people.size).toBe(30);
    for (const [index, openid] of openids.entries()) {
      expect(people.get(openid)?.subscribedAt).toBe(1_600_000_000 + index);
    }
  });

  test('asks again for whom WeChat left out', async () => {
    const made = await start({ followers: 40 });
    const openids = await made.listed();
    const some = openids.slice(0, 30).map((openid) => ({ subscribe: 1, openid, tagid_list: [] }));
    const body = JSON.stringify({ user_info_list: some });
    await made.control('faults', { path: batchget, kind: 'garbage', body, times: 1 });
    expect(await made.syncAll()).toMatchObject({ state: 'done', run: { details: { done: 40 } } });
    expect(made.people().filter(({ detailAt }) => detailAt !== undefined)).toHaveLength(40);
  });

  test('says of how many WeChat told nothing, and asks about them the next day', async () => {
    const made = await start({ followers: 3 });
    await made.control('faults', {
      path: batchget,
      kind: 'garbage',
      body: '{"user_info_list":[]}',
      times: 20,
    });
    expect(await made.syncAll()).toMatchObject({ state: 'done', run: { details: { unanswered: 3 } } });
    await made.control('faults', undefined, 'DELETE');
    await made.clock.advance(86_400);
    expect(await made.syncAll()).toMatchObject({ run: { details: { queued: 3, done: 3, unanswered: 0 } } });
  });

  test('puts off to the next day what WeChat has no quota for (45009)', async () => {
    const made = await start({ followers: 1000 });
    await made.begin();
    await made.control('faults', { path: batchget, kind: 'errcode', errcode: 45009, times: 30 });
    expect(await made.finish()).toMatchObject({
      state: 'waiting',
      run: { waitingFor: 'quota', lastDetailError: { code: 'wechat_quota_day (45009)' } },
    });
    await made.control('faults', undefined, 'DELETE');
    expect(await toTheEnd(made)).toMatchObject({ state: 'done', run: { details: { done: 1000 } } });
    expect(made.people().filter(({ detailAt }) => detailAt === undefined)).toEqual([]);
    expect(made.messages.deadLetters).toEqual([]);
  });

  test('asks ever less often, until the day ends, where a quota that is used up stays so', async () => {
    const made = await start({ followers: 1000 });
    const options = { batchget_counts: 'entries', daily_limits: { [batchget]: 600 } };
    await made.control('accounts', { appid: made.account.appId, options }, 'PATCH');
    const endOfDay = chinaDayEnd(made.clock.now());
    await made.begin();
    const waits: number[] = [];
    let resumeAt = 0;
    while ((await made.finish()).state === 'waiting') {
      if (waits.length > 20) throw new Error('The sync does not end.');
      const { run, now } = await made.status();
      resumeAt = run?.resumeAt ?? 0;
      waits.push(Math.round((resumeAt - now) / 60));
      await made.clock.advance(resumeAt - now);
    }
    expect(waits.slice(0, -1)).toEqual([11, 11, 21, 41, 81, 161, 321]);
    expect(resumeAt).toBe(endOfDay + 60);
    expect(made.people().filter(({ detailAt }) => detailAt === undefined)).toEqual([]);
  });

  test('asks again at once where WeChat is busy (-1)', async () => {
    const made = await start({ followers: 100 });
    await made.control('faults', { path: batchget, kind: 'errcode', errcode: -1, times: 2 });
    expect(await made.syncAll()).toMatchObject({
      state: 'done',
      run: { details: { done: 100 }, detailErrors: 0 },
    });
  });

  test('puts messages aside that fail four times, finishes, and asks for the same people the next day', async () => {
    const made = await start({ followers: 100 });
    // Three walks with a message each, which is delivered four times with three calls each.
    await made.control('faults', { path: batchget, kind: 'http', status: 500, times: 36 });
    expect(await made.syncAll()).toMatchObject({
      state: 'done',
      run: {
        details: { queued: 100, done: 0, missing: 100 },
        detailErrors: 12,
        lastDetailError: { code: 'wechat_http_status' },
      },
      queue: { poisoned: 3 },
    });
    await made.clock.advance(86_400);
    await made.syncAll();
    expect(made.people().filter(({ detailAt }) => detailAt === undefined)).toEqual([]);
  });

  /** What a process that is killed takes with it where the queue is its own, after so many messages were worked off. */
  async function loseQueue({ processOf, account, messages }: Rig, workedOff: number): Promise<void> {
    const { sync, worker } = processOf();
    await sync.work(account, () => true);
    for (const { message } of messages.waiting.slice(0, workedOff)) await worker.work([{ id: 'm', message }]);
    messages.waiting.length = 0;
  }

  const detailsAtOf = ({ memory }: Rig) =>
    followerCountsSchema.parse(memory.items().find(({ openid }) => openid === 'counts')).detailsAt;

  test('asks again within the run for those whose messages were lost with their queue', async () => {
    const made = await start({ followers: 3000 });
    await made.begin();
    await loseQueue(made, 5);
    expect(await made.finish()).toMatchObject({
      state: 'done',
      run: { details: { queued: 2500, done: 2500, missing: 0 } },
    });
    expect(made.people().filter(({ detailAt }) => detailAt === undefined)).toEqual([]);
    expect(detailsAtOf(made)).toBeDefined();
  });

  test('says how many are without details where their messages are lost again and again', async () => {
    const made = await start({ followers: 300 });
    await made.begin();
    for (let state = 'running'; state === 'running';) {
      await loseQueue(made, 0);
      ({ state } = await made.status());
    }
    expect(await made.status()).toMatchObject({ state: 'done', run: { details: { done: 0, missing: 300 } } });
    expect(detailsAtOf(made)).toBeUndefined();
    await made.clock.advance(86_400);
    expect(await made.syncAll()).toMatchObject({ run: { details: { done: 300, missing: 0 } } });
    expect(detailsAtOf(made)).toBeDefined();
  });

  test('brings nobody back who has left or was erased meanwhile', async () => {
    const made = await start({ followers: 10 });
    const { processOf, account, clock, messages, memory, begin } = made;
    await begin();
    const running = processOf().sync.work(account, () => true);
    await until('a message waits', () => messages.waiting.length > 0);
    const [left = '', erased = ''] = made.mirrored();
    const { mirror } = processOf();
    await mirror.applyEvent(account.appId, { openid: left, event: 'unsubscribe', createdAt: clock.now() });
    const shard = made.people().find(({ openid }) => openid === erased)?.shard ?? '';
    await memory.table().delete({ shard, openid: erased });
    await made.workOff();
    await running;
    const people = new Map(made.people().map((person) => [person.openid, person]));
    expect(people.get(left)).toMatchObject({ subscribed: false });
    expect(people.get(left)).not.toHaveProperty('detailAt');
    expect(people.has(erased)).toBe(false);
  });

  test('lets somebody leave whom WeChat’s answer says does not follow', async () => {
    const made = await start({ followers: 10 });
    await made.begin();
    const running = made.processOf().sync.work(made.account, () => true);
    await until('a message waits', () => made.messages.waiting.length > 0);
    const [gone = ''] = made.mirrored();
    await made.follow(gone, false);
    await made.workOff();
    await running;
    expect(made.mirrored()).toEqual(await made.listed());
  });
});

describe('listing', () => {
  test('goes on the next day where WeChat has no quota left in the middle (45009)', async () => {
    const made = await start({ followers: 500, pageSize: 100 });
    await made.begin();
    let pages = 0;
    await made.work(() => ++pages <= 2);
    await made.control('faults', { path: list, kind: 'errcode', errcode: 45009, times: 1 });
    expect(await made.finish()).toMatchObject({
      state: 'waiting',
      run: { pages: 2, waitingFor: 'quota', errors: 1, lastError: { code: 'wechat_quota_day (45009)' } },
    });
    expect(await toTheEnd(made)).toMatchObject({ state: 'done', run: { pages: 6, listed: 500 } });
    expect(made.mirrored()).toEqual(await made.listed());
  });

  test('tries again later, ever more seldom, while WeChat fails', async () => {
    const made = await start({ followers: 50 });
    await made.control('faults', { path: list, kind: 'http', status: 502, times: 9 });
    await made.begin();
    const pauses: number[] = [];
    for (let { state, run, now } = await made.finish(); state === 'waiting';) {
      pauses.push((run?.resumeAt ?? 0) - now);
      await made.clock.advance((run?.resumeAt ?? now) - now);
      ({ state, run, now } = await made.finish());
    }
    expect(pauses).toEqual([60, 120, 240]);
    expect(await made.status()).toMatchObject({ state: 'done', run: { errors: 3 } });
  });

  test.each([1, 4, 5])(
    'goes on from before it where WeChat no longer knows the cursor (40003, %i times)',
    async (times) => {
      const made = await start({ followers: 500, pageSize: 100 });
      await made.begin();
      let pages = 0;
      await made.work(() => ++pages <= 2);
      await made.control('faults', { path: list, kind: 'errcode', errcode: 40003, times });
      expect(await made.finish()).toMatchObject({
        state: 'done',
        run: { errors: times, listed: expect.any(Number) },
      });
      expect(made.mirrored()).toEqual(await made.listed());
    },
  );

  test.each([
    ['lists again what it had in hand', 1, 25_000],
    ['goes on from before that, one person twice,', 2, 25_001],
  ])('%s where WeChat no longer knows the end of a full page (40003, %i times)', async (_, times, listed) => {
    const made = await start({ followers: 25_000, account: { sync: 'list' } });
    await made.begin();
    let operations = 0;
    const gate: Gate = async (operate) => {
      operations += 1;
      // While the first page is being stored.
      if (operations === 100) {
        await made.control('faults', { path: list, kind: 'errcode', errcode: 40003, times });
      }
      return operate();
    };
    await made.processOf(gate).sync.work(made.account, () => true);
    expect(await made.status()).toMatchObject({
      state: 'done',
      run: { listed, joined: 25_000, errors: times },
    });
    expect((await made.calls()).list).toBe(4 + times);
    expect(made.mirrored()).toEqual(await made.listed());
  });

  test.each([
    ['two pages', 2, 4],
    ['50 pages', 50, 60],
  ])(
    'has failed for the day where the list goes round %s, and takes nobody for gone',
    async (_, pages, most) => {
      const made = await start({ followers: 100, pageSize: 100 / pages });
      await made.syncAll();
      const mirrored = made.mirrored();
      await made.clock.advance(86_400);
      const { appId: appid } = made.account;
      await made.control('accounts', { appid, options: { list_goes_round: true } }, 'PATCH');
      await made.calls();
      expect(await made.syncAll()).toMatchObject({
        state: 'failed',
        run: { lastError: { code: 'list_endless' }, left: 0 },
      });
      expect((await made.calls()).list).toBeLessThanOrEqual(most);
      expect(made.mirrored()).toEqual(mirrored);
    },
  );

  test('has failed for the day where the account may not list followers (48001)', async () => {
    const made = await start({ followers: 50 });
    await made.control('faults', { path: list, kind: 'errcode', errcode: 48001, times: 1 });
    expect(await made.syncAll()).toMatchObject({
      state: 'failed',
      run: { lastError: { code: 'wechat_not_permitted (48001)' } },
    });
  });
});

test('a DynamoDB that throttles loses nothing', async () => {
  const made = await start({ followers: 3000, pageSize: 500 });
  const throttling = Object.assign(new Error(), { name: 'ProvisionedThroughputExceededException' });
  let operations = 0;
  const gate: Gate = (operate) => {
    operations += 1;
    // Bursts of refusals, in the checkpoint's writes, too.
    return operations % 700 > 690 ? Promise.reject(throttling) : Promise.resolve(operate());
  };
  await made.begin();
  for (let state = 'running'; state !== 'done';) {
    const process = made.processOf(gate);
    await process.sync.work(made.account, () => true);
    await made.workOff(process);
    await made.clock.advance(301);
    ({ state } = await made.status());
    if (operations > 100_000) throw new Error('This does not end.');
  }
  const status = await made.status();
  expect(status.run?.errors).toBeGreaterThan(0);
  expect(status.run?.lastError?.code).toBe('ProvisionedThroughputExceededException');
  expect(made.mirrored()).toEqual(await made.listed());
});
