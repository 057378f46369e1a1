import { describe, expect, test } from '@jest/globals';
import { tableSchemas } from '../../local/aws/dynamodb.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import { mintStableToken } from '../../shared/wechat/access-token.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import { chinaDayEnd } from '../../shared/wechat/quota-day.ts';
import { MemoryTable } from '../kit/memory-table.ts';
import { account, answered, silent, start } from '../model/scene.ts';

const midnight = chinaDayEnd(start);
const yesterday = '2027-01-15';
const today = '2027-01-16';

/** A meter on a table in memory, with a WeChat that answers as the test says. */
function metering() {
  const state = {
    now: start,
    reads: true,
    writes: true,
    answer: (): Promise<unknown> => Promise.resolve('ok'),
  };
  const table = new MemoryTable(tableSchemas.credentials).table();
  const add: typeof table.add = (...given) =>
    state.writes ? table.add(...given) : Promise.reject(new Error('DynamoDB'));
  const get: typeof table.get = (...given) =>
    state.reads ? table.get(...given) : Promise.reject(new Error('DynamoDB'));
  const store = new UsageStore({ ...table, get, add });
  const sent: string[] = [];
  const wechat = {
    send: async <T>(call: WeChatCall<T>) => {
      sent.push(call.api);
      return (await state.answer()) as T;
    },
  };
  const clock = { now: () => state.now, sleep: () => Promise.resolve() };
  const meter = new UsageMeter(wechat, store, clock, silent);
  const call = (api = '/cgi-bin/user/info'): WeChatCall<unknown> => ({
    api,
    method: 'GET',
    query: {},
    idempotent: true,
    secrets: [],
    parse: (answer) => answer,
  });
  return {
    state,
    sent,
    meter,
    send: (api?: string) => meter.send(account, call(api)),
    countOf: async (day: string, api = '/cgi-bin/user/info') =>
      (await store.read(account.appId, day)).calls.get(api) ?? 0,
  };
}

describe('a process that lives beyond midnight in China', () => {
  test('writes what it has counted by then for the day that has ended', async () => {
    const { state, meter, send, countOf } = metering();
    state.now = midnight - 5;
    for (let call = 0; call < 5; call++) await send();
    state.now = midnight + 5;
    await send();
    await meter.written();
    expect(await countOf(yesterday)).toBe(5);
    expect(await countOf(today)).toBe(1);
  });

  test('counts a call for the day on which it was sent', async () => {
    const { state, meter, send, countOf } = metering();
    state.now = midnight - 1;
    await send();
    let answer = (): void => undefined;
    state.answer = () => new Promise<void>((resolve) => (answer = resolve));
    const late = send();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    state.now = midnight + 1;
    answer();
    await late;
    await meter.written();
    expect(await countOf(yesterday)).toBe(2);
    expect(await countOf(today)).toBe(0);
  });

  test('takes no harm from a day that could not be read', async () => {
    const { state, meter, send, countOf } = metering();
    state.now = midnight - 5;
    state.reads = false;
    const lost = send();
    state.now = midnight + 5;
    const next = send();
    await expect(lost).rejects.toThrow('DynamoDB');
    await expect(next).rejects.toThrow('DynamoDB');
    state.reads = true;
    await send();
    await meter.written();
    expect(await countOf(yesterday)).toBe(0);
    expect(await countOf(today)).toBe(1);
  });

  test('writes later what could not be written at midnight', async () => {
    const { state, meter, send, countOf } = metering();
    state.now = midnight - 5;
    for (let call = 0; call < 5; call++) await send();
    state.writes = false;
    state.now = midnight + 5;
    await send();
    await meter.written();
    state.writes = true;
    state.now = midnight + 20;
    await send();
    await meter.written();
    expect(await countOf(yesterday)).toBe(5);
    state.now = midnight + 40;
    await send();
    await meter.written();
    expect(await countOf(yesterday)).toBe(5);
    expect(await countOf(today)).toBe(3);
  });
});

describe('a quota that WeChat refuses', () => {
  const secret = 'secret';
  const stable = (forceRefresh: boolean) => mintStableToken({ appId: account.appId, secret, forceRefresh });

  test.each([45009, 45011])('of forced refreshes (%d) leaves the ordinary ones alone', async (errcode) => {
    const { state, meter, sent, countOf } = metering();
    state.answer = () => Promise.reject(answered(errcode));
    await expect(meter.send(account, stable(true))).rejects.toThrow();
    state.answer = () => Promise.resolve('token');
    expect(await meter.send(account, stable(false))).toBe('token');
    // The forced one is believed of itself, and nothing is sent.
    await expect(meter.send(account, stable(true))).rejects.toMatchObject({ code: 'wechat_quota' });
    expect(sent).toHaveLength(2);
    state.now += 600;
    expect(await meter.send(account, stable(true))).toBe('token');
    await meter.written();
    expect(await countOf(yesterday, '/cgi-bin/stable_token')).toBe(3);
  });
});
