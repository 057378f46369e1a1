/** What WeChat answers to a call with a token that has ended. */
const ended = [40001, 40014, 42001];

/**
 * A back end that sends template messages with the token that Keyring holds. It keeps the token in memory, and asks for
 * another one when WeChat rejects it.
 *
 * @param {{keyring: string, key: string, wechat?: string}} about where Keyring is, with an API key for `token:read`
 */
exports.createNotifier = function createNotifier({ keyring, key, wechat = 'https://api.weixin.qq.com' }) {
  let token = { value: '', until: 0 };

  async function ask(path, body) {
    const answer = await fetch(`${keyring}/v1/accounts/default${path}`, {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const { access_token, expires_in, replaced, code } = await answer.json();
    if (!answer.ok) throw new Error(`Keyring answered ${answer.status} ${code}.`);
    token = { value: access_token, until: Date.now() + (expires_in - 10) * 1000 };
    return replaced;
  }

  async function send(message) {
    const url = `${wechat}/cgi-bin/message/template/send?access_token=${token.value}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(message) });
    return answer.json();
  }

  /** Sends a template message, and returns its number. */
  return async function notify(openid, templateId, data) {
    const message = { touser: openid, template_id: templateId, data };
    if (Date.now() >= token.until) await ask('/token');
    let answer = await send(message);
    if (ended.includes(answer.errcode) && (await ask('/token/report', { access_token: token.value }))) {
      answer = await send(message);
    }
    if (answer.errcode !== 0) throw new Error(`WeChat answered ${answer.errcode} ${answer.errmsg}`);
    return answer.msgid;
  };
};
