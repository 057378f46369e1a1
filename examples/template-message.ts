import { Keyring } from '../client/index.ts';

/**
 * A back end that sends a template message with the token that all share. In a project of your own the import is
 * `wechat-keyring/client`.
 */

export interface TemplateMessage {
  /** Who gets it: a follower of the account. */
  readonly touser: string;
  readonly template_id: string;
  readonly url?: string;
  readonly data: Readonly<Record<string, { readonly value: string }>>;
}

interface Answer {
  readonly errcode: number;
  readonly errmsg: string;
  readonly msgid?: number;
}

/** WeChat says so of a token that is dead. */
const rejections = [40001, 40014, 42001];

/**
 * Sends it, and once more with another token where WeChat rejects the first. Returns the number of the message.
 *
 * @param keyring has a key with the scope `token:read`
 * @see https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
 */
export async function sendTemplate(
  keyring: Keyring,
  message: TemplateMessage,
  wechat = 'https://api.weixin.qq.com',
): Promise<number | undefined> {
  const send = async (token: string): Promise<Answer> => {
    const url = `${wechat}/cgi-bin/message/template/send?access_token=${token}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(message) });
    return (await answer.json()) as Answer;
  };
  const { access_token: token } = await keyring.token();
  let answer = await send(token);
  if (rejections.includes(answer.errcode)) {
    // A plain second request would bring the same token: the service does not know yet that it is dead.
    const { access_token: next, replaced } = await keyring.reportToken(token);
    if (replaced) answer = await send(next);
  }
  if (answer.errcode !== 0) throw new Error(`WeChat answered ${answer.errcode} ${answer.errmsg}`);
  return answer.msgid;
}

if (import.meta.main) {
  const {
    KEYRING_API: baseUrl = 'http://localhost:8787',
    KEYRING_KEY: apiKey = '',
    WECHAT_API,
  } = process.env;
  const [touser = '', template_id = '', first = ''] = process.argv.slice(2);
  const message = { touser, template_id, data: { first: { value: first } } };
  console.log(await sendTemplate(new Keyring({ baseUrl, apiKey }), message, WECHAT_API));
}
