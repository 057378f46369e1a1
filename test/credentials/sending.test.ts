import { describe, expect, test } from '@jest/globals';
import { AccountCalls } from '../../shared/credentials/account-calls.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import type { WeChatClient } from '../../shared/wechat/client.ts';
import { WeChatApiError, WeChatUnreachableError } from '../../shared/wechat/errors.ts';
import { getApiDomainIp } from '../../shared/wechat/quota.ts';
import { standingClock } from '../kit/clock.ts';
import { memoryTables } from '../kit/memory-table.ts';
import { account, silent } from '../model/scene.ts';

const api = '/cgi-bin/get_api_domain_ip';
const blank = { status: 200, headers: {}, body: new Uint8Array(), plain: new Uint8Array() };
const rejection = new WeChatApiError({ api, errcode: 40001, errmsg: '', secrets: [] });

/**
 * Calls of a process that remembers the value of generation 1. What becomes of a value is what `fates` says; others are
 * accepted. A refresh brings the next generation.
 */
async function caller({ unchecked }: { unchecked?: string } = {}) {
  const clock = standingClock();
  const fates = new Map<string, Error>();
  const sent: string[] = [];
  const reports: { generation: number; sent: number }[] = [];
  let stored = 1;
  let held = Promise.resolve();
  let isReplacing = true;
  const wechat: WeChatClient = {
    send: (call, { onSend } = {}) => {
      onSend?.();
      const isPassed = 'target' in call;
      const value = isPassed ? call.target : String(call.query['access_token']);
      sent.push(value);
      const fate = fates.get(value);
      if (fate) return Promise.reject(fate);
      return Promise.resolve(isPassed ? call.read(blank) : call.parse({ ip_list: [] }));
    },
  };
  const credential = () => ({
    ...{ revision: stored, generation: stored, value: `value-${stored}`, usableUntil: clock.now() + 7000 },
  });
  const reader = new CredentialReader({
    store: { read: () => Promise.resolve(credential()) },
    clock,
    requestRefresh: async (_, need) => {
      if (need.reason === 'rejected') reports.push({ generation: need.generation, sent: sent.length });
      await held;
      if (isReplacing) stored += 1;
      return { state: 'usable', generation: stored, unchecked };
    },
  });
  const meter = new UsageMeter(wechat, new UsageStore(memoryTables().credentials), clock, silent);
  const calls = new AccountCalls(reader, meter);
  await calls.send(account, getApiDomainIp);
  sent.length = 0;
  return {
    ...{ calls, fates, sent, reports },
    publish: (generation: number) => {
      stored = generation;
    },
    /** WeChat accepts what is reported from now on. */
    accept: () => {
      isReplacing = false;
    },
    /** Keeps refreshes from ending until what it returns is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      held = promise.then(() => undefined);
      return () => resolve(undefined);
    },
  };
}

test('what the ledger knows is read while the token is', async () => {
  const { credentials } = memoryTables();
  const read: string[] = [];
  const clock = standingClock();
  const reader = new CredentialReader({
    store: {
      read: async () => {
        read.push('token');
        await new Promise(setImmediate);
        read.push('token is there');
        return { revision: 1, generation: 1, value: 'value-1', usableUntil: clock.now() + 7000 };
      },
    },
    clock,
    requestRefresh: () => Promise.resolve({ state: 'usable', generation: 1 }),
  });
  const ledger = new UsageStore({
    ...credentials,
    get: (key) => {
      read.push('ledger');
      return credentials.get(key);
    },
  });
  const wechat: WeChatClient = {
    send: (call) => Promise.resolve('read' in call ? call.read(blank) : call.parse({ ip_list: [] })),
  };
  await new AccountCalls(reader, new UsageMeter(wechat, ledger, clock, silent)).send(account, getApiDomainIp);
  expect(read.toSorted()).toEqual(['ledger', 'token', 'token is there']);
  expect(read.at(-1)).toBe('token is there');
});

test('a call whose token WeChat rejects is sent again with the replacement', async () => {
  const { calls, fates, sent, reports } = await caller();
  fates.set('value-1', rejection);
  expect(await calls.sendWith(account, getApiDomainIp)).toMatchObject({ generation: 2 });
  expect(sent).toEqual(['value-1', 'value-2']);
  expect(reports).toEqual([{ generation: 1, sent: 1 }]);
});

test('a call whose remembered token WeChat rejects is sent with the one that is stored, and nothing is reported', async () => {
  const { calls, fates, sent, reports, publish } = await caller();
  fates.set('value-1', rejection);
  publish(2);
  expect(await calls.sendWith(account, getApiDomainIp)).toMatchObject({ generation: 2 });
  expect(sent).toEqual(['value-1', 'value-2']);
  expect(reports).toEqual([]);
});

test('a stored token that WeChat rejects, too, is reported', async () => {
  const { calls, fates, sent, reports, publish } = await caller();
  fates.set('value-1', rejection).set('value-2', rejection);
  publish(2);
  expect(await calls.sendWith(account, getApiDomainIp)).toMatchObject({ generation: 3 });
  expect(sent).toEqual(['value-1', 'value-2', 'value-3']);
  expect(reports).toEqual([{ generation: 2, sent: 2 }]);
});

test.each([
  ['an errcode about something else', new WeChatApiError({ api, errcode: 45009, errmsg: '', secrets: [] })],
  ['no answer', new WeChatUnreachableError({ api, reason: 'timeout' })],
])('%s is thrown as it is, and nothing is reported', async (_, fault) => {
  const { calls, fates, reports } = await caller();
  fates.set('value-1', fault);
  await expect(calls.send(account, getApiDomainIp)).rejects.toBe(fault);
  expect(reports).toEqual([]);
});

test('a rejection is reported on its own where its call was sent after a report of the same value had begun', async () => {
  const { calls, fates, sent, reports, hold, accept } = await caller();
  fates.set('value-1', rejection);
  accept();
  const release = hold();
  const first = calls.send(account, getApiDomainIp);
  while (reports.length < 1) await new Promise(setImmediate);
  const second = calls.send(account, getApiDomainIp);
  while (sent.length < 2) await new Promise(setImmediate);
  release();
  await Promise.allSettled([first, second]);
  expect(reports).toHaveLength(2);
});

test('rejections of calls that were sent before are reported once', async () => {
  const { calls, fates, reports } = await caller();
  fates.set('value-1', rejection);
  await Promise.all([calls.send(account, getApiDomainIp), calls.send(account, getApiDomainIp)]);
  expect(reports).toHaveLength(1);
});

describe('whose call is passed on', () => {
  /** A call as it is passed on for others, and what they hear of rejections. */
  function passing({ calls }: Awaited<ReturnType<typeof caller>>, mayCheck?: boolean) {
    const heard: string[] = [];
    const rejections = {
      onRejected: () => void heard.push('rejected'),
      onRefuted: () => void heard.push('refuted'),
      ...(mayCheck !== undefined && { mayCheck: () => mayCheck }),
    };
    const about = { api, method: 'GET', idempotent: false, secrets: [], headers: {} } as const;
    const sent = calls.pass(
      account,
      (token) => ({ ...about, target: token, body: blank.body, read: () => 'answer' }),
      rejections,
    );
    return { heard, sent };
  }

  test('hears nothing where the token is accepted', async () => {
    const { heard, sent } = passing(await caller(), false);
    expect(await sent).toBe('answer');
    expect(heard).toEqual([]);
  });

  test('hears that it was rejected, and of no verdict where there is another token', async () => {
    const about = await caller();
    about.fates.set('value-1', rejection);
    const { heard, sent } = passing(about);
    await sent;
    expect(heard).toEqual(['rejected']);
  });

  test('hears that WeChat accepts the token after all', async () => {
    const about = await caller();
    about.accept();
    about.fates.set('value-1', rejection);
    const { heard, sent } = passing(about, true);
    await expect(sent).rejects.toBe(rejection);
    expect(heard).toEqual(['rejected', 'refuted']);
  });

  test('hears of no verdict where WeChat gave none', async () => {
    const about = await caller({ unchecked: 'wechat_busy' });
    about.accept();
    about.fates.set('value-1', rejection);
    const { heard, sent } = passing(about);
    await expect(sent).rejects.toBe(rejection);
    expect(heard).toEqual(['rejected']);
  });

  test('has the rejection where WeChat may not be asked', async () => {
    const about = await caller();
    about.fates.set('value-1', rejection);
    const { sent } = passing(about, false);
    await expect(sent).rejects.toBe(rejection);
    expect(about.reports).toEqual([]);
  });
});
