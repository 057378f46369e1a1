const { startSimulator } = require('wechat-keyring/simulator');

// The platform by itself, for code that mints its own tokens.
test('a stable token is the same until its last five minutes, and works two hours', async () => {
  const wechat = await startSimulator();
  const { appid, secret } = wechat.account;
  const mint = async () => {
    const answer = await fetch(`${wechat.url}/cgi-bin/stable_token`, {
      method: 'POST',
      body: JSON.stringify({ grant_type: 'client_credential', appid, secret }),
    });
    return (await answer.json()).access_token;
  };
  const use = async (token) => {
    const answer = await fetch(`${wechat.url}/cgi-bin/user/get?access_token=${token}`);
    return answer.json();
  };

  const token = await mint();
  expect(await mint()).toBe(token);
  expect(await use(token)).toMatchObject({ total: 30 });
  await wechat.advance(7200);
  expect(await use(token)).toMatchObject({ errcode: 42001 });
  expect(await mint()).not.toBe(token);
  await wechat.close();
});
