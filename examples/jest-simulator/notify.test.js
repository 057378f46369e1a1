const { startKeyring } = require('wechat-keyring/testing');
const { createNotifier } = require('./notify');

const data = { amount: { value: '12.00' } };
let keyring;
let openid;
let templateId;
let notify;

beforeAll(async () => {
  keyring = await startKeyring();
  const { api, key, simulator } = keyring;
  const headers = { authorization: `Bearer ${key}` };
  const { access_token } = await (await fetch(`${api}/v1/accounts/default/token`, { headers })).json();
  const added = await fetch(
    `${simulator.url}/cgi-bin/template/api_add_template?access_token=${access_token}`,
    {
      method: 'POST',
      body: JSON.stringify({ template_id_short: 'TM00015' }),
    },
  );
  templateId = (await added.json()).template_id;
});
afterAll(() => keyring.close());

beforeEach(async () => {
  const { api, key, simulator } = keyring;
  await simulator.forgetCalls();
  ({ openid } = await simulator.putUser({ nickname: '小明', subscribe: true }));
  notify = createNotifier({ keyring: api, key, wechat: simulator.url });
});

const sent = async () => (await keyring.simulator.calls())['/cgi-bin/message/template/send'];

test('a follower is told', async () => {
  await expect(notify(openid, templateId, data)).resolves.toEqual(expect.any(Number));
});

test('a token that somebody has replaced costs one more call, and nobody hears of it', async () => {
  await notify(openid, templateId, data);
  await keyring.simulator.revoke('access_token');
  await notify(openid, templateId, data);
  expect(await sent()).toBe(3);
});

test('who has left is not told, and the caller hears of it', async () => {
  await keyring.simulator.putUser({ openid, subscribe: false });
  await expect(notify(openid, templateId, data)).rejects.toThrow('43004');
});

test('a used-up quota is no reason to ask for another token', async () => {
  await keyring.simulator.fail({ path: '/cgi-bin/message/template/send', kind: 'errcode', errcode: 45009 });
  await expect(notify(openid, templateId, data)).rejects.toThrow('45009');
  expect(await sent()).toBe(1);
});
