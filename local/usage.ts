import { tokenModes } from '../shared/accounts/accounts.ts';
import { documents } from '../shared/platform/documents.ts';
import type { Language } from '../shared/platform/language.ts';
import { programs } from '../shared/platform/programs.ts';

/** What the local stack takes, for `--help`. */
export function startUsage(language: Language): string {
  return language === 'zh' ? startInChinese : startInEnglish;
}

/** What the simulator takes, for `--help`. */
export function simulatorUsage(language: Language): string {
  return language === 'zh' ? simulatorInChinese : simulatorInEnglish;
}

const startInEnglish = `Usage: ${programs.startWith} [options]

  --data <dir>      keep what is stored in this folder (default: in memory)
  --mode <mode>     ${tokenModes.join(' or ')}: how the account's token is minted (default: stable)
  --followers <n>   followers of the simulated account (default: 2000)
  --origin <origin> the origin of a page, beside http://localhost with any port, that may call the API
                    with a session and be returned to after a login; may be given several times
  --events <file>   a module whose export handler gets every push as an event of EventBridge;
                    there is one in ${documents}/events.md
  --forward <url>   forward the account's pushes to this address, such as http://localhost:3000/wechat
  --verbose         log every call to WeChat, too

Environment: PORT (8787), SIM_PORT (8788), AWS_PORT (8789), CONSOLE_PORT (8790); with WECHAT_APP_ID and
WECHAT_APP_SECRET the stack talks to WeChat itself instead of the simulator.
`;

const startInChinese = `用法：${programs.startWith} [选项]

  --data <dir>      数据保存到这个目录（默认只放在内存里）
  --mode <mode>     ${tokenModes.join(' 或 ')}：公众号用哪种模式换取 token（默认 stable）
  --followers <n>   模拟的公众号有多少位关注者（默认 2000）
  --origin <origin> 除了任意端口的 http://localhost，还允许哪个网页来源带会话调用 API、登录后跳回；
                    可以给多个
  --events <file>   一个模块，它导出的 handler 会收到每条推送，格式与 EventBridge 的事件相同；
                    例子见 ${documents}/zh/events.md
  --forward <url>   把公众号的推送转发到这个地址，例如 http://localhost:3000/wechat
  --verbose         对微信的每次调用也写日志

环境变量：PORT（8787）、SIM_PORT（8788）、AWS_PORT（8789）、CONSOLE_PORT（8790）；设置了 WECHAT_APP_ID 和
WECHAT_APP_SECRET 就连接真实的微信，不用模拟器。
`;

const simulatorInEnglish = `Usage: ${programs.simulatorWith} [options]

  --port <n>         the port to listen on; 0 takes any free one (SIM_PORT, default: 8788)
  --host <address>   the address to listen on; anyone who reaches it can steer it (SIM_HOST, default: 127.0.0.1)
  --public-url <url> where browsers reach it (SIM_PUBLIC_URL, default: its own address)
  --push-host <host> a host that pushes may go to, beside this machine; may be given several times
  --seed <n>         the same seed makes the same followers (SIM_SEED, default: 1)
  --appid <appid>    an account that is there from the start (SIM_APPID, default: none)
  --secret <secret>  its AppSecret (SIM_SECRET)
  --followers <n>    how many follow it (SIM_FOLLOWERS, default: 0)
  --quiet            no log

How it is steered is in ${documents}/simulator.md.
`;

const simulatorInChinese = `用法：${programs.simulatorWith} [选项]

  --port <n>         监听的端口；0 表示任选一个空闲端口（SIM_PORT，默认 8788）
  --host <address>   监听的地址；能访问它的人都可以控制模拟器（SIM_HOST，默认 127.0.0.1）
  --public-url <url> 浏览器访问它的地址（SIM_PUBLIC_URL，默认就是它自己的地址）
  --push-host <host> 除本机外，推送还可以发往哪台主机；可以给多个
  --seed <n>         种子相同，生成的关注者就相同（SIM_SEED，默认 1）
  --appid <appid>    启动时就有的公众号（SIM_APPID，默认没有）
  --secret <secret>  它的 AppSecret（SIM_SECRET）
  --followers <n>    它有多少位关注者（SIM_FOLLOWERS，默认 0）
  --quiet            不写日志

控制的方法见 ${documents}/zh/simulator.md。
`;
