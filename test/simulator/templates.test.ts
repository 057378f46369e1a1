import { afterEach, expect, test } from '@jest/globals';

import { start, stopAll, text } from './harness.ts';

afterEach(stopAll);

/** An account with one template, and short ways to use it. */
async function startWithTemplate() {
  const wechat = await start();
  await wechat.account();
  const access_token = await wechat.token();
  const ask = (path: string, body: unknown) => wechat.post(`${path}?access_token=${access_token}`, body);
  const { template_id } = await ask('/cgi-bin/template/api_add_template', { template_id_short: 'TM00015' });
  const send = (touser: unknown, message: Record<string, unknown> = {}) =>
    ask('/cgi-bin/message/template/send', {
      touser,
      template_id,
      data: { first: { value: 'Noon' }, amount: { value: 12 } },
      ...message,
    });
  const templates = async () =>
    (await wechat.get('/cgi-bin/template/get_all_private_template', { access_token }))['template_list'];
  return { ...wechat, ask, send, templates, template_id };
}

test('a template message to a follower is sent, each under a number of its own', async () => {
  const wechat = await startWithTemplate();
  const { openid } = await wechat.user({ subscribe: true });
  const first = await wechat.send(openid);
  expect(first).toEqual({ errcode: 0, errmsg: 'ok', msgid: expect.any(Number) });
  expect((await wechat.send(openid))['msgid']).not.toBe(first['msgid']);
});

test('a template message to someone who does not follow is refused', async () => {
  const wechat = await startWithTemplate();
  const { openid } = await wechat.user({ subscribe: false });
  expect(await wechat.send(openid)).toMatchObject({ errcode: 43004 });
});

test('a template message to nobody is refused', async () => {
  const wechat = await startWithTemplate();
  expect(await wechat.send('nobody')).toMatchObject({ errcode: 40003 });
});

test.each([
  ['a template that the account does not have', { template_id: 'strange' }, 40037],
  ['data that is no object', { data: 'Noon' }, 47001],
])('%s is refused', async (_, message, errcode) => {
  const wechat = await startWithTemplate();
  const { openid } = await wechat.user({ subscribe: true });
  expect(await wechat.send(openid, message)).toMatchObject({ errcode });
});

test('templates are listed and removed', async () => {
  const wechat = await startWithTemplate();
  const { template_id } = wechat;
  expect(await wechat.templates()).toMatchObject([{ template_id, title: 'TM00015' }]);
  const removal = { template_id: text(template_id) };
  expect(await wechat.ask('/cgi-bin/template/del_private_template', removal)).toMatchObject({ errcode: 0 });
  expect(await wechat.templates()).toEqual([]);
  expect(await wechat.ask('/cgi-bin/template/del_private_template', removal)).toMatchObject({
    errcode: 40037,
  });
});

test('an account has 25 templates at most', async () => {
  const wechat = await startWithTemplate();
  const add = () => wechat.ask('/cgi-bin/template/api_add_template', { template_id_short: 'TM00016' });
  for (let count = 1; count < 25; count += 1) await add();
  expect(await add()).toMatchObject({ errcode: 45026 });
});
