/** What the help says in Chinese, and what the command line must be like, by what it says in English. */
export const helpTexts: Readonly<Record<string, string>> = {
  // Help.
  'Usage: {0} {1}': '用法：{0} {1}',
  'Usage: {0} {1} {2}': '用法：{0} {1} {2}',
  'More: {0} {1} --help': '详细说明：{0} {1} --help',
  'All commands: {0} --help': '全部命令：{0} --help',
  'Help for a command: {0} {1} {2}--help': '某个命令的用法：{0} {1} {2}--help',
  '<command>': '<命令>',
  '[options]': '[选项]',
  '<command> [options]': '<命令> [选项]',
  Options: '选项',
  'Options of every command': '所有命令都有的选项',
  'Exit codes': '退出码',
  'Beside these': '另外还有',
  'the whole service on this machine': '在本机运行整个服务',
  'the simulator of WeChat alone': '只运行微信平台的模拟器',
  'Also: {0}': '也可以写：{0}',
  '{0} (also: {1})': '{0}（也可以写：{1}）',
  '{0}.': '{0}。',
  '{0}; repeat for more': '{0}；可以给多个',
  'commands of {0}': '{0} 的各个命令',
  'Accounts (<account> is an appid or an alias such as default)':
    '公众号（<account> 是 appid，或者 default 这样的别名）',
  'Followers (docs/followers.md)': '关注者（docs/zh/followers.md）',
  'Usage and quotas': '调用次数和额度',
  Users: '用户',
  'API keys': 'API key',
  'Console (docs/console.md)': '控制台（docs/zh/console.md）',
  Shell: '命令行',
  'done; with --wait the sync has ended': '完成；带 --wait 时表示同步已结束',
  'refused, or failed; with --wait the sync has not ended, or lacks details':
    '服务拒绝或执行失败；带 --wait 时表示同步没有结束，或缺少详情',
  'the command line is wrong; nothing was sent': '命令写错了，没有发送任何请求',
  'status --check: a refresh is failing, and users notice nothing yet':
    'status --check：刷新失败，用户还没有受到影响',
  'status --check: an account has no usable token, and its calls answer 503':
    'status --check：有公众号没有可用的 token，调用返回 503',
  'interrupted by Ctrl-C, or the input ended at a question; nothing was changed':
    '被 Ctrl-C 中断，或者提问时输入已结束；没有做任何修改',
  'the local stack (set AWS_PORT if its port is not 8789)': '本地服务（端口不是 8789 时用 AWS_PORT）',
  'the deployed stage (default: prod), with your own AWS credentials':
    '已部署的环境（默认 prod），使用你自己的 AWS 凭证',
  'its region (default: that of your AWS configuration)': '所在区域（默认取 AWS 配置里的）',
  'print the answer, or the error, as JSON': '用 JSON 输出结果或错误',
  'show this help': '显示用法',
  'the version of this command line': '命令行的版本',

  // What each command does, and takes.
  'followers, logins and pushes by the day': '按天显示关注者、登录和推送',
  'how many of the last days in China (1 to 366, default 14)': '最近多少天，按北京时间（1 到 366，默认 14）',
  'how many of the last days in China (1 to 14, default 14)': '最近多少天，按北京时间（1 到 14，默认 14）',
  'its token and tickets, and their earlier values': '它的 token 和 ticket，以及之前的各个值',
  "calls to WeChat by the day, and when today's quota will be used up":
    '按天显示调用微信接口的次数，以及今天的额度何时用完',
  'register an Official Account; asks for its AppSecret, and tries it first':
    '登记公众号；会提示输入 AppSecret，验证后才保存',
  'From a pipe, the AppSecret or the API key is the first line of the input.':
    '通过管道输入时，第一行是 AppSecret 或 API key。',
  'what people call it (default: the appid)': '公众号的名称（默认用 appid）',
  'what people call it': '公众号的名称',
  'borrow its token from another deployment of this service; asks for an API key with the scope token:read there instead, and no AppSecret is kept':
    '向另一个部署借用 token；这时提示输入的是那边带 token:read 的 API key，这里不保存 AppSecret',
  'how its token is minted (default: stable)': '用哪种模式换取 token（默认 stable）',
  'how its token is minted; the command refreshes it to try': '用哪种模式换取 token；会立即刷新来验证',
  'an origin to which logins may return': '登录后可以返回的网页来源',
  "WeChat's MP_verify_<id>.txt, or the id in its name": '微信的 MP_verify_<id>.txt，或者文件名里的 id',
  'automatic mints a day (default: 200)': '每天自动换取的次数上限（默认 200）',
  "calls a day, where WeChat's console shows another number":
    '公众号后台显示的每日调用上限与默认值不同时填写',
  "a user's session ends after this long without use (default: 168)": '用户会话闲置这么久就结束（默认 168）',
  'and at the latest after this long (default and maximum: 720)':
    '用户会话最多保留这么久（默认和上限都是 720）',
  'what the daily sync of followers brings (default: details)': '每天的关注者同步到什么程度（默认 details）',
  "the share of each day's quota that syncs may spend (default: 40)":
    '同步最多用掉每天调用额度的百分之几（默认 40）',
  'remove an account, and in the background its followers (needs --yes)':
    '移除公众号，并在后台删除它的关注者数据（必须加 --yes）',
  'required: the command does not ask': '必须加上：不会再询问',
  'store a new AppSecret, or API key for the lender; asks for it, and stores it only if it works':
    '更换 AppSecret，或者访问出借方用的 API key；会提示输入，验证后才保存',
  'change settings of an account': '修改公众号的设置',
  '--origin replaces all origins, --domain-file adds one. Other settings stay.':
    '--origin 替换全部来源，--domain-file 增加一个文件。没有写的设置保持不变。',
  'change to stable or classic mode': '改为 stable 或 classic 模式',
  "receive WeChat's pushes; asks for the Token and the EncodingAESKey of the account console; leave the latter empty for plain mode":
    '接收微信的消息推送；会提示输入公众号后台里的 Token 和 EncodingAESKey，明文模式时后者留空',
  'With either option it asks for nothing: Token and EncodingAESKey stay as they are.':
    '写了其中一个选项就不再提示输入：Token 和 EncodingAESKey 保持不变。',
  'forward each push as it came, and return the answer to WeChat':
    '把每条推送原样转发到这个地址，并用它的响应回复微信',
  'stop forwarding pushes': '不再转发推送',
  'the state and the settings of one account': '一个公众号的状态和设置',
  'the state of every account, and whether users notice': '每个公众号的状态，以及用户是否受影响',
  'exit with 3 or 4 if an account is degraded or down, for monitors':
    '有公众号为 degraded 或 down 时，退出码为 3 或 4，供监控使用',
  'refresh its token now, even during a back-off or with a spent budget':
    '立即刷新 token，不管是否在等待重试或次数已满',
  'serve the console on this machine only, and open it in a browser':
    '启动只供本机访问的控制台，并用浏览器打开',
  'The address works in one browser, until Ctrl-C. docs/console.md has more.':
    '地址只能在一个浏览器里使用，按 Ctrl-C 结束。详见 docs/zh/console.md。',
  'print the address and open no browser': '只显示地址，不打开浏览器',
  'print a script that completes commands and options': '输出补全命令和选项的脚本',
  'docs/operations.md says how to set it up.': '设置方法见 docs/zh/operations.md。',
  'encrypt grants with a new key from now on': '从现在起用新的密钥加密授权',
  'write all followers of the mirror, page by page': '把镜像里的全部关注者逐页导出',
  '(default: by the ending of --out, or ndjson)': '格式（默认按 --out 的扩展名，否则为 ndjson）',
  'by when they followed (default: an order that nothing changes)': '按关注时间排序（默认是固定不变的顺序）',
  'or s3://<bucket>/<key>; without it, standard output': '或者 s3://<bucket>/<key>；不写就输出到标准输出',
  'the first followers of the mirror, by when they followed': '按关注时间列出镜像里的前若干位关注者',
  'how many (default: 20)': '列出多少位（默认 20）',
  'who comes first (default: newest)': '谁排在前面（默认 newest）',
  'stop the sync after its current step, and start no other': '做完当前这一步就暂停同步，也不再开始新的',
  'continue after a pause': '暂停之后继续同步',
  'show the progress of the sync until it ends': '显示同步进度，直到结束',
  'how far the sync is, what it has spent, and what went wrong': '同步的进度、用掉的额度和错误',
  'update the mirror of followers now': '立即同步关注者',
  'accept a list from WeChat that is much shorter than before': '微信的列表明显变短时也照样采用',
  'make an API key and print it once; its id goes to standard error':
    '创建 API key，只显示这一次；编号写到标准错误输出',
  'what it is for (required)': '用途（必填）',
  'what it may do (required)': '权限（必填）',
  'an account it may be used for (default: all)': '可用于哪个公众号（默认全部）',
  'sign the tokens of the drop-in with a new key from now on': '从现在起用新的密钥签发给 SDK 的 token',
  'how many of them each drop-in key made': '其中每个接入用的 key 各调用了多少次',
  'for dropin:proxy: a WeChat path it may call (default: all)':
    '权限为 dropin:proxy 时：可以调用哪个微信接口路径（默认全部）',
  'for dropin:proxy: calls a day in China for each account (default: no limit)':
    '权限为 dropin:proxy 时：每个公众号每天（北京时间）最多调用多少次（默认不限）',
  'is a path such as /cgi-bin/user/get, or /cgi-bin/message/* for all below':
    '应为接口路径，例如 /cgi-bin/user/get；/cgi-bin/message/* 表示其下的全部路径',
  'all API keys, without the keys themselves': '列出所有 API key，不显示 key 本身',
  'change the limits of an API key, which stays the same': '修改 API key 的限制，key 本身不变',
  '--account and --path replace all that there are. What is not named stays. What it may do cannot be changed.':
    '--account 和 --path 替换原有的全部值。没有写的设置保持不变。权限不能修改。',
  'an account it may be used for': '可用于哪个公众号',
  'it may be used for all accounts': '可用于所有公众号',
  'for dropin:proxy: a WeChat path it may call': '权限为 dropin:proxy 时：可以调用哪个微信接口路径',
  'it may call all WeChat paths': '可以调用所有微信接口路径',
  'for dropin:proxy: calls a day in China for each account':
    '权限为 dropin:proxy 时：每个公众号每天（北京时间）最多调用多少次',
  'it may make any number of calls': '不限调用次数',
  'revoke an API key': '撤销 API key',
  "make WeChat reset today's quotas; 10 times a month (needs --yes)":
    '让微信把今天的调用次数清零；每月 10 次（必须加 --yes）',
  'the quota of one API, as WeChat counts it, such as /cgi-bin/user/get':
    '向微信查询某个接口的额度，例如 /cgi-bin/user/get',
  "today's calls to WeChat, and their limits": '今天调用微信接口的次数和上限',
  'another day in China': '北京时间的另一天',
  'delete everything stored about a user; asks first, unless you give --yes':
    '删除一个用户的全部数据；会先确认，除非加 --yes',
  'do not ask': '不再询问',
  'users whose grants end soon': '列出授权即将到期的用户',
  'Reads the whole Users table. If it says that there may be more, continue with --from.':
    '会读取整个 Users 表；提示可能还有更多时，用 --from 继续。',
  'within this many days (1 to 30, default 7)': '多少天之内（1 到 30，默认 7）',
  'continue from here': '从这里继续',
  'print everything stored about a user, except tokens, as JSON':
    '用 JSON 输出一个用户的全部数据，不含 token',

  // What the command line must be like: "<option> <rule>."
  'is wx and 16 hexadecimal digits': '应为 wx 加 16 位十六进制数字',
  'is a text of 1 to 100 characters': '应为 1 到 100 个字符的文本',
  'is a text of 1 to 128 characters without blanks': '应为 1 到 128 个字符，不含空格',
  'is a text of 3 to 32 letters and digits': '应为 3 到 32 个字母或数字',
  'is a text of 43 letters and digits': '应为 43 个字母或数字',
  'is an origin that begins with https://': '应为以 https:// 开头的来源',
  'is an address such as https://backend.example.com/wechat':
    '应为 https://backend.example.com/wechat 这样的地址',
  'is an origin such as https://www.example.com': '应为 https://www.example.com 这样的来源',
  'is a file MP_verify_<id>.txt, or its id': '应为 MP_verify_<id>.txt 这样的文件名，或者其中的 id',
  'is such as /cgi-bin/user/get=1000': '应写成 /cgi-bin/user/get=1000 这样',
  'is such as /cgi-bin/user/get': '应写成 /cgi-bin/user/get 这样',
  'is a whole number {0}': '应为{0}的整数',
  'from 1 to 100': ' 1 到 100 ',
  'from 1 to 1000': ' 1 到 1000 ',
  'from 1 to 14': ' 1 到 14 ',
  'from 1 to 30': ' 1 到 30 ',
  'from 1 to 366': ' 1 到 366 ',
  'from 1 to 100000000': ' 1 到 100000000 ',
  'is a whole number of hours from 1 to 720': '应为 1 到 720 的整数，单位是小时',
  'is a text': '应为文本',
  'is 1 to 64 letters, digits, - and _': '应为 1 到 64 个字符，由字母、数字、- 和 _ 组成',
  'is one of: {0}': '应为其中之一：{0}',
  'is one or more of: {0}': '应为其中的一个或多个：{0}',
  'is a file, or such as s3://bucket/followers.csv': '应为文件名，或者 s3://bucket/followers.csv 这样的地址',
  'is a day such as 2026-11-29': '应为 2026-11-29 这样的日期',
  'The AppSecret': 'AppSecret',
  'The API key': 'API key',
  'The secret': '新的 AppSecret 或 API key',
  'The Token': 'Token',
  'The EncodingAESKey': 'EncodingAESKey',
};
