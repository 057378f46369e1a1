import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeSync, progressLine } from '../../cli/sync-progress.ts';
import { environmentOf } from '../../functions/environment.ts';
import { awsClientConfig } from '../../functions/runtime.ts';
import { randomUUID } from 'node:crypto';
import { startKit, type Kit, type KitOptions } from '../kit/kit.ts';
import { sign, toXml } from '../push/sender.ts';
import { everyone, listedByWeChat, mirrored, statusOf, sync } from './kit.ts';

let kit: Kit | undefined;
afterEach(() => kit?.close());

async function start(options: KitOptions): Promise<Kit> {
  return (kit = await startKit({ sync: 'details', ...options }));
}

const day = 86_400;
const pushToken = 'PushToken';

describe('on an embedded DynamoDB, through the queue', () => {
  test('a sync mirrors everyone, with details', async () => {
    const made = await start({ followers: 130, accountOptions: { page_size: 50 } });
    expect(await sync(made)).toMatchObject({
      state: 'done',
      run: { pages: 4, listed: 130, joined: 130, details: { queued: 130, done: 130 } },
      spent: { list: { calls: 4, most: 200 }, details: { calls: 2 } },
      queue: { waiting: 0, poisoned: 0 },
    });
    expect(await mirrored(made)).toEqual(await listedByWeChat(made));
    expect((await everyone(made)).every(({ subscribedAt }) => subscribedAt !== undefined)).toBe(true);
  });

  test('a token that dies in the middle is replaced, and the sync goes on', async () => {
    const made = await start({ followers: 60, accountOptions: { page_size: 20 } });
    await made.control('revoke', { appid: made.account, what: 'access_token' });
    expect(await sync(made)).toMatchObject({ state: 'done', run: { listed: 60, errors: 0 } });
  });

  test('a message that nobody can read is put aside, and shows in the status', async () => {
    const made = await start({ followers: 5 });
    const sqs = new SQSClient(awsClientConfig(made.runtime, 'SQS'));
    const { QueueUrl } = environmentOf(made.runtime, { QueueUrl: 'KEYRING_DETAILS_QUEUE_URL' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"account":' }));
    const status = await sync(made);
    expect(status).toMatchObject({ state: 'done', run: { details: { done: 5 } }, queue: { poisoned: 1 } });
    expect(describeSync(status)).toContain('poisoned: 1 message');
    expect(made.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'A message about details could not be read.' }),
    );
    sqs.destroy();
  });
});

// On tables in memory: these tests play days.
describe('through days', () => {
  test('the schedule syncs every account once a day, and none whose sync is off', async () => {
    const made = await start({ tables: 'memory', followers: 20 });
    await made.clock.advance(600);
    await made.settled();
    const first = await statusOf(made);
    expect(first).toMatchObject({ state: 'done', run: { listed: 20 } });
    await made.clock.advance(day);
    await made.settled();
    const second = await statusOf(made);
    expect(second.state).toBe('done');
    expect(second.run?.runId).not.toBe(first.run?.runId);
    await made.admin({ command: 'account.set', account: 'default', sync: 'off' });
    await made.clock.advance(day);
    await made.settled();
    expect((await statusOf(made)).run?.runId).toBe(second.run?.runId);
  });

  test('a pause holds until it is resumed', async () => {
    const made = await start({ tables: 'memory', followers: 5 });
    await made.admin({ command: 'followers.pause', account: 'default' });
    await expect(sync(made)).rejects.toThrow('sync_paused');
    await made.clock.advance(day);
    await made.settled();
    expect(await statusOf(made)).toMatchObject({ state: 'paused' });
    await made.admin({ command: 'followers.resume', account: 'default' });
    await made.clock.advance(600);
    await made.settled();
    expect(await statusOf(made)).toMatchObject({ state: 'done' });
  });

  test('an openid never comes into a log', async () => {
    const made = await start({ tables: 'memory', followers: 10 });
    await made.control('faults', { path: '/cgi-bin/user/get', kind: 'http', status: 502, times: 3 });
    await sync(made);
    await made.clock.advance(day);
    await made.settled();
    const openids = await mirrored(made);
    expect(openids).toHaveLength(10);
    const logs = JSON.stringify(made.logged);
    for (const openid of openids) expect(logs).not.toContain(openid);
  });
});

describe('events', () => {
  /** Pushed in the clear, as WeChat signs it. */
  async function event(made: Kit, name: string, openid: string): Promise<void> {
    const [timestamp, nonce] = [String(made.clock.now()), randomUUID()];
    const { status } = await made.call('receiveEvent', {
      query: { timestamp, nonce, signature: sign(pushToken, timestamp, nonce) },
      headers: { 'content-type': 'text/xml' },
      body: toXml({
        ToUserName: 'gh_0123456789ab',
        FromUserName: openid,
        CreateTime: made.clock.now(),
        MsgType: 'event',
        Event: name,
        EventKey: '',
      }),
    });
    expect(status).toBe(200);
    await made.settled();
  }

  test('change the mirror at once, and somebody new gets details', async () => {
    const made = await start({ followers: 5 });
    await made.admin({ command: 'account.set-push', account: 'default', pushToken });
    await sync(made);
    const user = (await made.control('users', { appid: made.account, subscribe: true })) as {
      openid: string;
    };
    await event(made, 'subscribe', user.openid);
    const people = new Map((await everyone(made)).map((person) => [person.openid, person]));
    expect(people.get(user.openid)).toMatchObject({
      subscribed: true,
      subscribeScene: 'ADD_SCENE_SEARCH',
      detailAt: expect.any(Number),
    });
    await made.clock.advance(5);
    await made.control('users', { appid: made.account, openid: user.openid, subscribe: false });
    await event(made, 'unsubscribe', user.openid);
    expect(await mirrored(made)).toEqual(await listedByWeChat(made));
  });
});

describe('what the operator sees', () => {
  const about = {
    account: 'wx0123456789abcdef',
    sync: 'details',
    now: 1_800_000_000,
    spent: { day: '2027-01-15', list: { calls: 26, most: 200 }, details: { calls: 0, most: 200_000 } },
    queue: { waiting: 0, poisoned: 0 },
  } as const;
  const run = {
    runId: 'r',
    phase: 'listing',
    startedAt: 1_799_999_990,
    pages: 25,
    listed: 250_000,
    total: 1_000_000,
    joined: 250_000,
    left: 0,
    passedOver: 0,
    details: { queued: 0, done: 0, refused: 0, unanswered: 0, owed: 0, missing: 0 },
    perSecond: 2500,
    secondsLeft: 300,
    errors: 1,
    lastError: { code: 'wechat_busy (-1)', at: 1_799_999_995 },
    detailErrors: 0,
  } as const;

  test('is a bar with the share, the rate and the time left', () => {
    expect(progressLine({ ...about, state: 'running', run })).toBe(
      '[#######.......................]  25%  listing 250000 of 1000000  2500/s  5 min left',
    );
  });

  test('is what was spent, and what went wrong', () => {
    const text = describeSync({ ...about, state: 'running', run });
    expect(text).toContain('spent today: 26 of 200 calls for the list, 0 of 200000 for details');
    expect(text).toContain('1 × error, the last 2027-01-15 15:59:55 Beijing time: wechat_busy (-1)');
  });

  test('is how many the details of a sync that has ended never came for', () => {
    const details = { ...run.details, queued: 3000, done: 500, missing: 2500 };
    const ended = {
      ...run,
      phase: 'counting',
      details,
      perSecond: undefined,
      secondsLeft: undefined,
    } as const;
    const text = describeSync({ ...about, state: 'done', run: ended });
    expect(text).toContain('100%  done, 2500 without details');
    expect(text).toContain('details: 500 of 3000\n    2500 never came: the next sync asks for them again');
  });

  test('is that there was no sync yet', () => {
    expect(describeSync({ ...about, state: 'never' })).toContain('no sync yet');
  });
});
