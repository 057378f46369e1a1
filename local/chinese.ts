import { documents } from '../shared/platform/documents.ts';
import { translator } from '../shared/platform/language.ts';

/** What keeps `npm start` or the simulator from running, in Chinese; `undefined` for a text that is not known. */
export const faultInChinese = translator({
  "Unknown option '{option}'.": '没有 {option} 这个选项。',
  "Unexpected argument '{text}'.": '不认识的参数：{text}。',
  "Option '{option} <value>' argument missing.": '{option} 后面要写值。',
  "Option '{text}' does not take an argument.": '{text} 后面不写值。',
  "Option '{option}' argument is ambiguous.\nDid you forget to specify the option argument for '{same}'?\nTo specify an option argument starting with a dash use '{form}'.":
    '{option} 后面要写值；以短横线开头的值写成 {form}。',
  'All options: {text} --help': '全部选项：{text} --help',
  '{option} is a whole number.': '{option} 应为整数。',
  '--mode is stable or classic.': '--mode 应为 stable 或 classic。',
  '--origin is an origin such as http://localhost:5173, without a slash at its end.':
    '--origin 应为 http://localhost:5173 这样的来源，末尾不带斜杠。',
  '--forward is an address such as http://localhost:3000/wechat.':
    '--forward 应为 http://localhost:3000/wechat 这样的地址。',
  'There is no file {text}.': '没有 {text} 这个文件。',
  [`--events is a module such as the one in ${documents}/events.md.`]: `--events 应为一个模块，例子见 ${documents}/zh/events.md。`,
  '{text} exports no function of the name handler.': '{text} 没有导出名为 handler 的函数。',
  'Set both WECHAT_APP_ID and WECHAT_APP_SECRET, or neither.':
    'WECHAT_APP_ID 和 WECHAT_APP_SECRET 要么都设置，要么都不设置。',
  'WECHAT_APP_ID must be wx and 16 hexadecimal digits.': 'WECHAT_APP_ID 应为 wx 加 16 位十六进制数字。',
  'An account needs a secret: --secret or SIM_SECRET.': '公众号需要 AppSecret：--secret 或 SIM_SECRET。',
  '--port or SIM_PORT is a port number from 0 to 65535.': '--port 或 SIM_PORT 应为 0 到 65535 的端口号。',
  '--public-url or SIM_PUBLIC_URL is an address such as http://wechat.example:8788.':
    '--public-url 或 SIM_PUBLIC_URL 应为 http://wechat.example:8788 这样的地址。',
  'Port {port} is in use.': '端口 {port} 已被占用。',
  'Choose another one with {variable}.': '请用 {variable} 换一个端口。',
  'Choose another one with --port or SIM_PORT.': '请用 --port 或 SIM_PORT 换一个端口。',
  '{variable} must be a port number from 0 to 65535, not {text}.':
    '{variable} 应为 0 到 65535 的端口号，不能是 {text}。',
  'Another local stack is using {text}.': '另一个本地服务正在使用 {text}。',
  'Stop it, or choose another folder.': '请停止它，或者换一个目录。',
  'The tables in {folder} cannot be opened: {text}.': '无法打开 {folder} 里的数据表：{text}。',
  'The data folder {folder} cannot be used: {text}.': '数据目录 {folder} 不能使用：{text}。',
  'The tables cannot be written: {text}.': '数据表无法写入：{text}。',
  'Start again when they can.': '请在可以写入之后重新启动。',
  'What was answered before is kept.': '此前已经返回结果的操作都已保存。',
});
