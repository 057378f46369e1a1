import type { Account } from '../accounts/accounts.ts';
import { beijingTime, beijingTimeFrom, duration } from '../platform/beijing-time.ts';
import { translator, type ChineseTexts } from '../platform/language.ts';
import type { Standing } from './credential-state.ts';
import type { CredentialKind, Failure } from './credential.ts';

// What operators read about a failed refresh, in Chinese. The words are those of docs/glossary.md.

/** How an account is, in a word. */
export const stateNames = { ok: '正常', waiting: '等待中', degraded: '刷新失败', down: '不可用' };

/** What a failure says and advises: that of WeChat's errcodes, of calls without an answer, and of the service itself. */
export const failureTexts: ChineseTexts = {
  // What WeChat answered.
  '{api} answered errcode {errcode}: {text}': '{api} 返回错误码 {errcode}：{text}。',
  '{api} gave no complete answer in time': '{api} 没有在时限内给出完整的响应。',
  '{api} was not called, as there was no time left': '没有调用 {api}：时间已用完。',
  '{api} accepted no connection': '{api} 拒绝连接。',
  '{api} broke the connection': '{api} 中断了连接。',
  '{api} could not be found by name': '{api} 的域名解析失败。',
  '{api} showed no valid certificate': '{api} 的证书无效。',
  '{api} could not be talked to': '与 {api} 通信失败。',
  '{api} answered with an HTTP error': '{api} 返回了 HTTP 错误。',
  '{api} answered with an empty body': '{api} 的响应是空的。',
  '{api} answered something other than JSON': '{api} 的响应不是 JSON。',
  '{api} answered more than is taken in': '{api} 的响应过大。',
  '{api} answered JSON of an unexpected shape': '{api} 的响应格式与文档不符。',
  '({text})': '（{text}）',

  // What to do about errcodes.
  'Nothing: WeChat is busy, and the call is repeated a little later.': '不用处理：微信繁忙，稍后会自动重试。',
  'Nothing, if it happens now and then: the token is renewed and the call repeated. If it goes on, something else mints tokens for this account; let it ask this service instead.':
    '偶尔出现不用处理：token 会刷新，调用会重试。反复出现说明还有别的程序在换取这个公众号的 token，让它改为到本服务来取。',
  'Copy the AppSecret from the account console again: this one is wrong, or has been reset. `account rotate-secret` stores another, or `account add` where the account is not registered yet.':
    'AppSecret 不对，或者已被重置。到公众号后台重新复制，用 `account rotate-secret` 更换；如果公众号还没有登记，用 `account add`。',
  'Check that the appid is the one that the account console shows.': '请核对 appid 是否与公众号后台一致。',
  'Store the AppSecret again with `account rotate-secret`: the appid or the AppSecret arrived empty.':
    'appid 或 AppSecret 为空。用 `account rotate-secret` 重新保存 AppSecret。',
  'Log in to the account console: WeChat restricts this account, and its notices say why and how to appeal.':
    '微信限制了这个公众号。请登录公众号后台，通知里有原因和申诉办法。',
  'Report this as a fault of the software: the call was malformed.':
    '这是软件的问题，请报告：调用的格式有误。',
  'Check the rid: it is kept for 7 days, and only its own account may look it up.':
    '请核对 rid：它只保留 7 天，并且只有所属的公众号能查询。',
  'Send the user through the authorization page again; the stored grant is of no more use.':
    '请让用户重新授权：已保存的授权不能再用。',
  "Nothing: the user's token is renewed from the grant. It says nothing about the account's own token.":
    '不用处理：用户 token 会用授权刷新，与公众号自己的 token 无关。',
  'Add the outgoing IP address of this service to the IP allow-list in the account console; an edit takes some minutes to act.':
    '在公众号后台把本服务的出口 IP 加入 IP 白名单，几分钟后生效。',
  'Report this as a fault of the software: the grant_type was not accepted.':
    '这是软件的问题，请报告：grant_type 不被接受。',
  'Unfreeze the AppSecret in the account console; it takes about 10 minutes to act.':
    '在公众号后台解冻 AppSecret，约 10 分钟后生效。',
  "Let the account's administrator answer the request in WeChat: the confirmation of the IP address is still open. Until then do not repeat the call.":
    '请公众号管理员在微信里处理 IP 确认请求。确认之前不要重复调用。',
  "Let the account's administrator confirm the IP address in WeChat, or add it to the IP allow-list in the account console. Until then do not repeat the call.":
    '请公众号管理员在微信里确认这个 IP，或者在公众号后台把它加入 IP 白名单。确认之前不要重复调用。',
  'The administrator refused this IP address twice, and WeChat blocks it for 24 hours. Settle it with the administrator, then wait.':
    '管理员两次拒绝了这个 IP，微信会封禁它 24 小时。请先与管理员沟通，再等待解封。',
  'The administrator refused this IP address, and WeChat blocks it for 1 hour. Settle it with the administrator, then wait.':
    '管理员拒绝了这个 IP，微信会封禁它 1 小时。请先与管理员沟通，再等待解封。',
  "The calls of the day are used up until midnight in China. Find what spends them; the account console can reset the count 10 times a month, and the quota is shared with everything else that uses the account's appid.":
    '当天的调用次数已用完，北京时间零点恢复。请查清是什么用掉的：使用这个 appid 的所有程序共用这个额度。公众号后台每月可以清零 10 次。',
  'Call more slowly: the count of the minute is used up, and starts anew with the next.':
    '请放慢调用：这一分钟的次数已用完，下一分钟重新计数。',
  'The 10 quota resets of this month are used up; wait for the next day.':
    '本月的 10 次清零机会已用完，请等到第二天。',
  'Check in the account console that the account has this API: it needs a verified account of the right type.':
    '请在公众号后台确认有这个接口的权限：需要类型符合并且已认证的公众号。',
  'Check in the account console that this API is granted to the account.':
    '请在公众号后台确认已获得这个接口的权限。',
  'Check the state of the account in its console: it is frozen, migrated or cancelled.':
    '请在公众号后台查看公众号的状态：可能已冻结、迁移或注销。',
  'Check the openid: it is not one of this account. Every account knows the same person by another openid.':
    '请核对 openid：它不属于这个公众号。同一个人在每个公众号里的 openid 都不同。',
  'Send the user through the authorization page again for a new code.': '请让用户重新授权，得到新的 code。',
  'Send the user through the authorization page again; the code was exchanged moments ago, often because the browser called back twice.':
    '请让用户重新授权：code 刚刚用过，多半是浏览器回调了两次。',
  'Send the user through the authorization page again: the code was missing.':
    '请让用户重新授权：缺少 code。',
  'Send the user through the authorization page again: the code had expired.':
    '请让用户重新授权：code 已过期。',
  'Set the WeChat base URL to https.': '请把微信接口的地址设为 https。',
  'Set the message push URL in the account console first.': '请先在公众号后台设置消息推送的 URL。',
  'Check the API path: it begins with a slash, without host and query.':
    '请检查接口路径：以斜杠开头，不含域名和查询参数。',
  'This account may not ask about this API path.': '这个公众号不能查询这个接口路径。',
  'WeChat is asked again every 10 minutes. Reset the count: quota clear, 10 times a month. Or change to classic mode, which has a count of its own, if nothing else mints for this account: account set-mode <account> classic.':
    '服务每 10 分钟会再问一次微信。可以清零：quota clear，每月 10 次。如果没有别的程序为这个公众号换取 token，也可以改用单独计数的经典模式：account set-mode <account> classic。',
  'Ask for the scope snsapi_userinfo: the user granted snsapi_base only, which does not open the profile.':
    '授权时请使用 snsapi_userinfo：用户只授予了 snsapi_base，不能读取用户资料。',
  'Look the errcode up in the WeChat documentation, with the rid at hand.':
    '请备好 rid，在微信文档里查找这个错误码。',
  'Send the user through the authorization page again: the exchange is never repeated, as even a failed one may have spent the code.':
    '请让用户重新授权：code 即使换取失败也可能已失效，所以不会重试。',

  // Which address to allow.
  'The address is {address}.': '这个 IP 是 {address}。',
  "The address is {address}, this deployment's fixed address.":
    '这个 IP 是 {address}，即本部署的固定出口 IP。',
  "WeChat saw {seen}, which is not this deployment's fixed address {own}: check the way out (NAT, proxy) before you allow it.":
    '微信看到的是 {seen}，不是本部署的固定出口 IP {own}：请先检查出口（NAT、代理），再决定是否加入白名单。',

  // What to do about calls without an answer.
  'If this goes on, check the outgoing network (NAT, route, DNS) and the WeChat base URL.':
    '如果一直这样，请检查出口网络（NAT、路由、DNS）和微信接口的地址。',
  'Check that the WeChat base URL points at WeChat, and that no proxy answers in its place. If it does, report this as a fault of the software.':
    '请确认微信接口的地址指向微信，并且没有代理代替它响应。如果都没问题，就是软件的问题，请报告。',

  // The service itself.
  'WeChat hands back the very value that it rejects, and no forced refresh is allowed now.':
    '微信返回的还是它拒绝过的那个值，而现在不能强制刷新。',
  'Wait: WeChat is asked again every few minutes whether it accepts the token, and it is refreshed by force as soon as that is allowed.':
    '请等待：服务每隔几分钟会向微信确认一次 token 是否有效，一旦允许就强制刷新。',
  'The forced refreshes of the day are used up. WeChat is asked again every few minutes whether it accepts the token. Or change to classic mode, if nothing else mints for this account: account set-mode <account> classic.':
    '当天的强制刷新次数已用完。服务每隔几分钟会向微信确认一次 token 是否有效。如果没有别的程序为这个公众号换取 token，也可以改用经典模式：account set-mode <account> classic。',
  'The budget of {budget} mints a day is spent.': '每天 {budget} 次的换取次数上限已用完。',
  'Find out what keeps replacing the token: another system that mints it, most likely. A refresh by hand works all the same.':
    '请查清是什么在反复更换 token，多半是另一个系统也在换取。手动刷新不受影响。',
  'It is tried again by itself.': '服务会自动重试。',
  'It is tried again by itself. If it lasts, look into the log of the refresh function.':
    '服务会自动重试。如果一直不恢复，请查看刷新函数的日志。',
  "The account's secret could not be read: {text}.": '读不到公众号的 AppSecret：{text}。',
  'Check that the secret exists and that the refresh function may read it.':
    '请确认这个 secret 存在，并且刷新函数有权读取。',
  'The service itself failed ({name}).': '服务自身出错（{name}）。',
  'credential_unavailable: There is no valid access token for this account at the moment.':
    'credential_unavailable：这个公众号暂时没有有效的 token。',
  'credential_unavailable: The last refresh failed ({code}). The operator finds why, and what to do, in `status` or the console.':
    'credential_unavailable：上一次刷新失败（{code}）。原因和处理办法见 `status` 或控制台。',

  // The deployment that lends an account.
  '{origin} was not asked: there was no time left.': '没有询问 {origin}：时间已用完。',
  '{origin} gave no usable answer.': '{origin} 没有给出可用的响应。',
  '{origin} answered something other than a deployment of this service does.':
    '{origin} 的响应不像是本服务的部署。',
  '{origin} answered {status} ({text}).': '{origin} 返回 {status}（{text}）。',
  'Make a key with the scope token:read for this account at the deployment that lends it, and give it to `account rotate-secret` here, or to `account add` where the account is not registered yet.':
    '请在出借方的部署上为这个公众号创建一个带 token:read 的 key，然后在这里用 `account rotate-secret` 保存；如果公众号还没有登记，用 `account add`。',
  'Look at the health of the deployment that lends the account, and at the way to it.':
    '请检查出借方的部署是否正常，以及到它的网络。',
};

let translate: ReturnType<typeof translator> | undefined;

/** What a failure says, in Chinese. A text that is not known stays as it is. */
export function failureInChinese(english: string): string {
  translate ??= translator(failureTexts);
  return translate(english) ?? english;
}

/** How a credential is, for people, in Chinese. `what` is its name, such as `token`. */
export function standingInChinese(
  { state, usableUntil, unusableSince }: Standing,
  what: string,
  now: number,
): string {
  if (usableUntil !== undefined) {
    const usable = `${what} 还能用 ${duration(usableUntil - now, 'zh')}，到${beijingTime(usableUntil, 'zh')}`;
    return state === 'degraded' ? `刷新失败，${usable}` : usable;
  }
  if (state === 'waiting') return `还没有可用的 ${what}，下一次调用时换取`;
  const since = unusableSince === undefined ? '' : `，从${beijingTimeFrom(unusableSince, now, 'zh')}开始`;
  return `没有可用的 ${what}${since}，调用返回 503`;
}

const names = {
  access_token: 'token',
  jsapi_ticket: 'JS-SDK ticket',
  wx_card_ticket: '卡券 ticket',
} satisfies Record<CredentialKind, string>;

/** The text of an alarm in Chinese: what happened, whether users notice, what to do, and what happens until then. */
export function alarmInChinese({
  kind,
  account,
  failure,
  standing,
  publicUrl,
  command,
}: {
  readonly kind: CredentialKind;
  readonly account: Pick<Account, 'appId' | 'name'>;
  readonly failure: Failure;
  readonly standing: Standing;
  readonly publicUrl: string;
  readonly command: string;
}): string {
  const { at, code, message, advice, retryAt } = failure;
  const words = standingInChinese(standing, kind === 'access_token' ? 'token' : 'ticket', at);
  const noticed = standing.state === 'down' ? '用户已经受到影响。' : '在此之前用户不受影响。';
  return [
    `${publicUrl} 上的公众号 ${account.name}（${account.appId}）刷新 ${names[kind]} 失败。`,
    `现状：${words}。${noticed}`,
    `${code}：${failureInChinese(message)}`,
    `处理办法：${failureInChinese(advice)}`,
    `服务会在${beijingTimeFrom(retryAt, at, 'zh')}自动重试。处理之后可以运行：${command}`,
  ].join('\n\n');
}
