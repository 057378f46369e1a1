import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const { KEYRING_URL, KEYRING_KEY_SECRET } = process.env;
const secrets = new SecretsManagerClient();
let key;

/** Sends `{openid, template, data}` with the token that Keyring holds. */
export async function handler({ openid, template, data }) {
  key ??= (await secrets.send(new GetSecretValueCommand({ SecretId: KEYRING_KEY_SECRET }))).SecretString;
  const answer = await fetch(`${KEYRING_URL}/v1/accounts/default/token`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const { access_token, code } = await answer.json();
  if (!answer.ok) throw new Error(`Keyring answered ${answer.status} ${code}.`);
  const url = `https://api.weixin.qq.com/cgi-bin/message/template/send?access_token=${access_token}`;
  const body = JSON.stringify({ touser: openid, template_id: template, data });
  const { errcode, errmsg } = await (await fetch(url, { method: 'POST', body })).json();
  if (errcode !== 0) throw new Error(`WeChat answered ${errcode} ${errmsg}`);
}
