import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { EventBridgeEvent } from 'aws-lambda';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Keyring } from '../../client/index.ts';
import { createHandler, type Push } from '../../examples/event-consumer.ts';
import { followers, Refusal } from '../../examples/followers.ts';
import { sendTemplate } from '../../examples/template-message.ts';
import { createHandler as createWelcome, type NewFollower } from '../../examples/welcome.ts';
import { close, listen } from '../../local/aws/http.ts';
import type { LambdaHandler } from '../../local/aws/lambda.ts';
import { startStack, type LocalStack } from '../../local/stack.ts';

const quiet = () => undefined;
let stack: LocalStack;
let forgotten: string[][];
let welcomed: NewFollower[];

beforeAll(async () => {
  const forget = createHandler((...who) => Promise.resolve(void forgotten.push(who)));
  const welcome = createWelcome((who) => Promise.resolve(void welcomed.push(who)));
  const handler = async (event: EventBridgeEvent<string, Push>) => {
    await forget(event);
    await welcome(event);
  };
  stack = await startStack({
    ports: { api: 0, simulator: 0, aws: 0 },
    log: { info: quiet, warn: quiet, error: quiet },
    followers: 7,
    eventConsumer: handler as LambdaHandler,
  });
});
beforeEach(() => {
  forgotten = [];
  welcomed = [];
});
afterAll(() => stack.close());

test('the back end reads each follower once, over several pages', async () => {
  const { api, apiKey: key } = stack;
  const openids = await Array.fromAsync(followers({ api, key }, 3));
  expect(openids).toHaveLength(7);
  expect(new Set(openids).size).toBe(7);
  expect(await Array.fromAsync(followers({ api, key }))).toEqual(openids);
});

test('the back end is told why it is refused', async () => {
  const reading = Array.fromAsync(followers({ api: stack.api, key: 'wk_nobody' }));
  await expect(reading).rejects.toBeInstanceOf(Refusal);
  await expect(reading).rejects.toMatchObject({ status: 401, code: 'key_unknown' });
});

async function push(event: Record<string, string>): Promise<void> {
  const url = `http://127.0.0.1:${new URL(stack.api).port}/v1/accounts/default/events`;
  const body = JSON.stringify({ appid: stack.account, url, event, safe_mode: true });
  const answer = await fetch(`${stack.simulator ?? ''}/_sim/push`, { method: 'POST', body });
  expect(answer.status).toBe(200);
  await stack.settled();
}

test('the consumer of events forgets who unsubscribes, and the user whose authorization ends', async () => {
  await push({ FromUserName: 'oWhoUnsubscribes', Event: 'unsubscribe', EventKey: '' });
  const event = 'user_authorization_cancellation';
  await push({ FromUserName: 'oOfThePlatform', OpenID: 'oWhoCloses', Event: event, RevokeInfo: '' });
  expect(forgotten).toEqual([
    [stack.account, 'oWhoUnsubscribes'],
    [stack.account, 'oWhoCloses'],
  ]);
});

test('the consumer of events leaves alone who scans a code', async () => {
  await push({ FromUserName: 'oWhoScans', Event: 'SCAN', EventKey: '7' });
  expect(forgotten).toEqual([]);
});

test('the consumer of subscribe events learns who follows, and through which code', async () => {
  await push({ FromUserName: 'oWhoFollows', Event: 'subscribe', EventKey: '' });
  await push({ FromUserName: 'oWhoScans', Event: 'subscribe', EventKey: 'qrscene_shop-7' });
  await push({ FromUserName: 'oWhoScans', Event: 'SCAN', EventKey: 'shop-7' });
  expect(welcomed).toEqual([
    { account: stack.account, openid: 'oWhoFollows' },
    { account: stack.account, openid: 'oWhoScans', code: 'shop-7' },
  ]);
});

test('the back end sends a template message, although the token has died since the one before', async () => {
  const simulator = stack.simulator ?? '';
  const keyring = new Keyring({ baseUrl: stack.api, apiKey: stack.apiKey });
  const { access_token: token } = await keyring.token();
  const made = await fetch(`${simulator}/cgi-bin/template/api_add_template?access_token=${token}`, {
    method: 'POST',
    body: JSON.stringify({ template_id_short: 'TM00015', keyword_name_list: ['first'] }),
  });
  const { template_id } = (await made.json()) as { template_id: string };
  const [touser = ''] = await Array.fromAsync(followers({ api: stack.api, key: stack.apiKey }));
  const message = { touser, template_id, data: { first: { value: '你好' } } };
  const first = await sendTemplate(keyring, message, simulator);
  await fetch(`${simulator}/_sim/revoke`, {
    method: 'POST',
    body: JSON.stringify({ appid: stack.account, what: 'access_token' }),
  });
  expect(await sendTemplate(keyring, message, simulator)).toBe((first ?? 0) + 1);
  const toNobody = sendTemplate(keyring, { ...message, touser: 'oNobody' }, simulator);
  await expect(toNobody).rejects.toThrow('WeChat answered 40003');
});

test('the program in docs/broker.md gets a call through although its token has died', async () => {
  const [, program = ''] =
    /```js\n(.*?)```/s.exec(readFileSync(new URL('../../docs/broker.md', import.meta.url), 'utf8')) ?? [];
  const local = program
    .replace('https://keyring.example.com', stack.api)
    .replace('process.env.KEYRING_KEY', JSON.stringify(stack.apiKey));
  const { callWeChat } = (await import(`data:text/javascript,${encodeURIComponent(local)}`)) as {
    callWeChat: (send: (token: string) => Promise<unknown>) => Promise<unknown>;
  };
  const used: string[] = [];
  const listFollowers = async (token: string) => {
    used.push(token);
    const answer = await fetch(`${stack.simulator ?? ''}/cgi-bin/user/get?access_token=${token}`);
    return answer.json();
  };
  expect(await callWeChat(listFollowers)).toMatchObject({ total: 7 });
  const body = JSON.stringify({ appid: stack.account, what: 'access_token' });
  await fetch(`${stack.simulator ?? ''}/_sim/revoke`, { method: 'POST', body });
  expect(await callWeChat(listFollowers)).toMatchObject({ total: 7 });
  expect(used[1]).toBe(used[0]);
  expect(used[2]).not.toBe(used[0]);
  expect(used).toHaveLength(3);
});

const eventsPage = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');

test('the function in docs/events.md answers a message with the token of the account', async () => {
  const sent: { token: string | null; body: unknown }[] = [];
  const wechat = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const token = new URL(request.url ?? '', 'http://x').searchParams.get('access_token');
      sent.push({ token, body: JSON.parse(body) });
      response.end(JSON.stringify({ errcode: sent.length === 1 ? 0 : 45015 }));
    });
  });
  const [, program = ''] = /```js\n(const \{ KEYRING_URL.*?)```/s.exec(eventsPage) ?? [];
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(15);
  const local = program
    .replace('process.env', JSON.stringify({ KEYRING_URL: stack.api, KEYRING_KEY: stack.apiKey }))
    .replace('https://api.weixin.qq.com', await listen(wechat));
  const { handler } = (await import(`data:text/javascript,${encodeURIComponent(local)}`)) as {
    handler: (event: object) => Promise<void>;
  };
  const detail = { account: stack.account, openid: 'oSomebody', fields: { Content: '你好' } };
  await handler({ detail });
  const read = await fetch(`${stack.api}/v1/accounts/default/token`, {
    headers: { authorization: `Bearer ${stack.apiKey}` },
  });
  const { access_token: token } = (await read.json()) as { access_token: string };
  const text = { content: 'You wrote: 你好' };
  expect(sent).toEqual([{ token, body: { touser: 'oSomebody', msgtype: 'text', text } }]);
  await expect(handler({ detail })).rejects.toThrow('WeChat answered 45015.');
  await close(wechat);
});
