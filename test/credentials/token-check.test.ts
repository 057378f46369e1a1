import { expect, test } from '@jest/globals';
import { tokenCheck } from '../../shared/credentials/token-check.ts';
import { UsageMeter } from '../../shared/usage/meter.ts';
import { UsageStore } from '../../shared/usage/usage-store.ts';
import type { WeChatCall } from '../../shared/wechat/call.ts';
import type { SendOptions } from '../../shared/wechat/client.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { account, Scene, silent, unreachable } from '../model/scene.ts';

const api = '/cgi-bin/get_api_domain_ip';
const answered = (errcode: number) => new WeChatApiError({ api, errcode, errmsg: '', secrets: [] });

function checking(answer: () => Promise<never> | undefined) {
  const scene = new Scene();
  const sent: { api: string; token: string | undefined; until: number | undefined }[] = [];
  const wechat = {
    send: <T>({ api: path, query, parse }: WeChatCall<T>, { until }: SendOptions = {}) => {
      sent.push({ api: path, token: query['access_token'], until });
      return answer() ?? Promise.resolve(parse({ ip_list: [] }));
    },
  };
  const check = tokenCheck(new UsageMeter(wechat, new UsageStore(scene.table), scene.clock, silent));
  return { sent, ask: () => check(account, 'value-1', { until: scene.now + 3 }), until: scene.now + 3 };
}

test('a token is tried in the cheapest call, within its time', async () => {
  const { sent, ask, until } = checking(() => undefined);
  expect(await ask()).toEqual({ state: 'accepted' });
  expect(sent).toEqual([{ api, token: 'value-1', until }]);
});

test.each([40001, 40014, 42001])('a token that is answered %d is rejected', async (errcode) => {
  expect(await checking(() => Promise.reject(answered(errcode))).ask()).toEqual({ state: 'rejected' });
});

test.each([
  ['the quota of the day is used up', answered(45009)],
  ['the quota of the minute is used up', answered(45011)],
  ['the account may not make the call', answered(48001)],
  ['WeChat is busy', answered(-1)],
  ['there is no answer', unreachable()],
])('where %s, nothing is known of the token', async (_, error) => {
  expect(await checking(() => Promise.reject(error)).ask()).toEqual({ state: 'unknown', error });
});

test('a quota that is taken for used up keeps nobody from asking', async () => {
  const { sent, ask } = checking(() => Promise.reject(answered(45009)));
  await ask();
  await ask();
  expect(sent).toHaveLength(2);
});
