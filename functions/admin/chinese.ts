import type { ChineseTexts } from '../../shared/platform/language.ts';

// What the admin function answers, in Chinese. The words are those of docs/glossary.md.

/** What was done, and what was refused. */
export const answerTexts: ChineseTexts = {
  'The data key {key} seals what is stored from now on, in every process within 5 minutes. The ones before still open what they have sealed, which is over in 30 days.':
    '从现在起保存的数据用密钥 {key} 加密，5 分钟内在所有进程生效。之前的密钥仍能解开它们加密的数据，30 天后就不再需要。',
  'The key {key} signs the tokens of the drop-in from now on, in every process within 5 minutes. Tokens that the one before has signed are good until they end, two hours after they were made. Rotate once more to end them within 5 minutes: SDKs then ask for new ones.':
    '从现在起，给 SDK 的 token 用密钥 {key} 签名，5 分钟内在所有进程生效。之前签发的 token 在发出两小时后到期，到期前仍然有效。要让它们在 5 分钟内失效，请再轮换一次：SDK 会自动重新获取。',
  '{appid} is removed. Its secret can be restored in Secrets Manager for 7 days. What is kept about its followers is deleted in the background, which begins within 5 minutes.':
    '{appid} 已移除。7 天内可以在 Secrets Manager 里恢复它的 AppSecret。关注者数据会在后台删除，5 分钟内开始。',
  "WeChat has set today's quotas of {appid} back. That can be done 10 times a month.":
    '微信已把 {appid} 今天的调用次数清零。每月可以清零 10 次。',
  'Its token could not be refreshed after that: run `refresh`.':
    '之后刷新 token 没有成功：请执行 `refresh`。',
  'Other refreshes of the token were under way all the time.': 'token 一直在被其他操作刷新，这次没有轮到。',
  'Run `refresh`.': '请执行 `refresh`。',
  'Pushes of {appid} are taken at {address}, in the clear.':
    '{appid} 的消息推送在 {address} 接收，使用明文模式。',
  'Pushes of {appid} are taken at {address}, encrypted only.':
    '{appid} 的消息推送在 {address} 接收，只接受加密的推送。',
  'A former token may count for a minute more.': '旧的 Token 还可能有效一分钟。',
  'Pushes of {appid} are forwarded to {address}, in a minute at the latest.':
    '{appid} 的推送会转发到 {address}，最迟一分钟后生效。',
  'Pushes of {appid} are no longer forwarded, in a minute at the latest.':
    '{appid} 的推送不再转发，最迟一分钟后生效。',
  'Give an https address without a user, a password and a fragment.':
    '请写 https 地址，不带用户名、密码和 # 之后的部分。',
  'The address must begin with https://.': '地址要以 https:// 开头。',
  'Give the name of a host: an IP address has no certificate that proves who answers.':
    '请写域名：IP 地址没有能证明对方身份的证书。',
  'The name {host} could not be looked up.': '域名 {host} 解析失败。',
  'The name {host} leads to an address that is not on the internet.': '域名 {host} 指向的地址不在公网上。',
  'pushToken is missing.': '缺少 pushToken。',
  'The key {key} is revoked. It works for half a minute more at the most.':
    'key {key} 已撤销，最多还能用半分钟。',
  'There is no account {text}.': '没有登记 {text} 这个公众号。',
  '`account list` shows those that there are.': '用 `account list` 查看已登记的公众号。',
  'Register it with `account add`, or check its name.': '请用 `account add` 登记，或者检查名称。',
  'The account is already registered.': '这个公众号已经登记过了。',
  'The mode is that of {lender}.': '模式由出借方 {lender} 决定。',
  'Do it at {lender}.': '请在出借方 {lender} 上执行。',
  'Say: followers resume {appid}': '请执行：followers resume {appid}',
  'No key has that id.': '没有这个编号的 key。',
  '`key list` shows the ids.': '用 `key list` 查看编号。',
  'Paths and a daily limit are for keys with the scope dropin:proxy.':
    '只有权限为 dropin:proxy 的 key 才能限制接口路径和每天的调用次数。',
  'Nothing is stored about this user.': '没有这个用户的数据。',
  'Nothing was stored.': '没有保存任何内容。',
  'There is no command of that name.': '没有这个命令。',
  'No sync of this account has ended yet. The operator starts one with `followers sync`; `followers status` tells how far it is.':
    '这个公众号还没有完成过同步。用 `followers sync` 开始，用 `followers status` 查看进度。',
  'The last sync of this account is more than 3 days ago. `followers status` tells the operator why.':
    '这个公众号上次同步已超过 3 天，原因见 `followers status`。',
  'WeChat gave no usable answer.': '微信没有给出可用的响应。',
  'Something went wrong on our side.': '服务自身出错。',
};
