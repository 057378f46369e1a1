import { helpTexts } from './chinese-help.ts';

// What the command line says in Chinese, by what it says in English. The words are those of docs/glossary.md.

/** The texts of say and said in language.ts. What is put in stands there as `{0}`, `{1}` and so on. */
export const texts: Readonly<Record<string, string>> = {
  ...helpTexts,

  // What is wrong with the command line.
  '{0} {1}.': '{0} {1}。',
  '{0} {1}. Say: {2}': '{0} {1}。写法：{2}',
  'The command line is wrong.': '命令写错了。',
  'Which command do you want to run?': '要执行哪个命令？',
  'There is no command {0}.': '没有 {0} 这个命令。',
  'There is no command {0}. {1}': '没有 {0} 这个命令。{1}',
  ' Did you mean: {0}?': '是不是想输入：{0}？',
  '{0} alone is no command. {1}': '只写 {0} 不是完整的命令。{1}',
  'There are: {0}.': '可用的有：{0}。',
  '{0} takes {1} once, and it is given twice.': '{0} 的 {1} 只能写一次，现在写了两次。',
  '--local and --{0} are two places. Give one of them.': '--local 和 --{0} 指的是两个地方，只能写一个。',
  'does not know the option {0}': '没有 {0} 这个选项',
  'does not know the option {0}, which belongs to: {1}': '没有 {0} 这个选项，它属于：{1}',
  'takes no value for {0}': '的 {0} 不带值',
  'needs a value for {0}: {1} {2}': '的 {0} 要带值：{1} {2}',
  'needs a value for {0}; one that begins with a dash is said as {1}={2}':
    '的 {0} 要带值；以短横线开头的值写成 {1}={2}',
  'takes no argument': '不带参数',
  'takes nothing after {0}': '在 {0} 之后不能再有参数',
  'needs {0}': '缺少 {0}',
  '{0} Add --yes if that is what you want.': '{0}确定要这样做，请加上 --yes。',
  'What is to be set? Give at least one of the options.': '要修改什么？至少写一个选项。',
  '{0} and {1} contradict each other. Give one of them.': '{0} 和 {1} 互相矛盾，只能写一个。',
  'What is the key for? --name <name>': '这个 key 的用途是什么？--name <name>',
  '--scope {0}.': '--scope {0}。',
  'The name in --out ends in none of: {0}. Say with --format what is to be written.':
    '--out 里的扩展名不是其中之一：{0}。请用 --format 指定格式。',
  'npm has taken --{0} for itself. Put -- before what is for the command: {1} {2} {3}':
    'npm 把 --{0} 当成了自己的选项。请在它前面写 --：{1} {2} {3}',
  'a local stack runs here, and npm hides a --local that has no -- before it. Say which one you mean:':
    '本机正运行着本地服务，而 npm 会吞掉前面没有 -- 的 --local。请写明要操作哪一个：',

  // Questions, and where a command acts.
  'AppSecret: ': 'AppSecret：',
  'API key: ': 'API key：',
  'New secret: ': '新的 AppSecret 或 API key：',
  '{0} Type yes to go on: ': '{0}输入 yes 继续：',
  'Interrupted. Nothing was changed.': '已中断，没有做任何修改。',
  'The input ended before all answers. Nothing was changed.': '还没有回答完，输入就结束了，没有做任何修改。',
  'This deletes everything stored about {0}. You cannot undo it.': '将删除 {0} 的全部数据，无法恢复。',
  'This removes {0}, its credentials and its followers.': '将移除 {0}，包括它的凭证和关注者数据。',
  'WeChat allows this 10 times a month.': '微信每月只允许 10 次。',
  'The local stack at {0}.': '本地服务：{0}。',
  'Stage {0} in {1}.': '环境 {0}，区域 {1}。',
  'no region: your AWS configuration names none': '未指定：你的 AWS 配置里没有区域',

  // What did not work.
  'It did not work. {0}': '没有成功。{0}',
  'There is no folder {0}.': '没有 {0} 这个目录。',
  '{0} {1}': '{0} {1}',
  'Nothing was deleted.': '没有删除任何数据。',
  'The admin function failed; see its log.': '管理函数出错，请查看它的日志。',
  'The stack {0} has no output AdminFunctionName.': 'stack {0} 没有 AdminFunctionName 这个输出。',
  'Is `{0}` running, and AWS_PORT the one it was started with?': '`{0}` 在运行吗？AWS_PORT 与启动时一致吗？',
  'Check your AWS credentials, --region and --stage. For the local stack add --local.':
    '请检查 AWS 凭证、--region 和 --stage。要操作本地服务，请加 --local。',

  // The console.
  'The console is at {0}. The address works once. Ctrl-C ends the console.':
    '控制台地址：{0}。地址只能用一次。按 Ctrl-C 结束。',

  // How accounts are.
  'No account is registered yet.': '还没有登记公众号。',
  'mode {0}': '{0} 模式',
  'borrowed from {0}': '借自 {0}',
  '  {0}, generation {1}, {2} of {3} mints today': '  {0}，代次 {1}，今天换取 {2} 次，上限 {3} 次',
  'minted {0}': '换取：{0}',
  'next refresh {0}': '下次刷新：{0}',
  '  pushes forwarded to {0}': '  推送转发到 {0}',
  ', ': '，',
  '  {0} ({1} in a row, the last {2}): {3}': '  {0}（连续 {1} 次，最近一次{2}）：{3}',
  '  What to do: {0}': '  处理办法：{0}',
  '  Next try: {0}.': '  下次重试：{0}。',
  '  aliases: {0}': '  别名：{0}',
  '  origins: {0}': '  网页来源：{0}',
  '  domain files: {0}': '  域名校验文件：{0}',
  '  sessions: end after {0} unused, and at the latest after {1}': '  会话：闲置 {0}后结束，最多保留 {1}',
  '  sync: {0}, up to {1} % of the quotas of a day': '  同步：{0}，最多用每天调用额度的 {1} %',
  '  daily limits that are not the usual: {0}': '  与默认值不同的每日调用上限：{0}',
  none: '无',
  '{0} h': '{0} 小时',
  '{0} min': '{0} 分钟',

  '  ended before its time {0} × in the last 7 days: {1}': '  最近 7 天提前失效 {0} 次：{1}',
  '  Something else mints for this account, or its AppSecret was reset: docs/runbook.md has more.':
    '  有别的程序在为这个公众号换取 token，或者 AppSecret 被重置过，见 docs/zh/runbook.md。',

  // How a sync is.
  '  begun {0}': '  开始于{0}',
  '  begun {0}, ended {1}': '  开始于{0}，结束于{1}',
  '  list: {0} of {1} in {2} pages, {3} joined, {4} left':
    '  列表：{1} 位中的 {0} 位，共 {2} 页，新增 {3} 位，离开 {4} 位',
  '    {0} in it had left by then, as events say': '    其中 {0} 位按事件推送已经取消关注',
  '  details: {0} of {1}': '  详情：{1} 位中的 {0} 位',
  '    {0} with an openid that WeChat does not know': '    {0} 位的 openid 微信不认识',
  '    {0} without an answer from WeChat': '    {0} 位的详情微信没有返回',
  '    {0} put off to tomorrow': '    {0} 位推迟到明天',
  '    {0} never came: the next sync asks for them again': '    {0} 位没有取到，下次同步会再取',
  'done, {0} without details': '完成，{0} 位没有详情',
  error: '错误',
  'failed delivery of details': '获取详情失败',
  '{0} × {1}, the last {2}: {3}': '{1} {0} 次，最近一次{2}：{3}',
  '  goes on {0}': '  继续于{0}',
  '  spent today: {0} of {1} calls for the list, {2} of {3} for details':
    '  今天用掉：列表 {0} 次，上限 {1} 次；详情 {2} 次，上限 {3} 次',
  '  queue: {0} messages (all accounts)': '  队列：{0} 条消息（所有公众号）',
  '  poisoned: {0} messages put aside after the last try (all accounts)':
    '  死信：{0} 条消息在最后一次重试后搁置（所有公众号）',
  done: '完成',
  failed: '失败',
  listing: '读取列表',
  comparing: '与列表比对',
  details: '获取详情',
  counting: '统计人数',
  '{0} begins': '开始{0}',
  '{0} {1} of {2}': '{0} {1}/{2}',
  '{0} left': '还要 {0}',
  'no daily sync': '没有每天的同步',
  'no sync yet': '还没有同步过',
  'paused: no other begins before `followers resume`': '已暂停：执行 `followers resume` 之前不会再同步',
  'paused after the last sync has ended: no other begins before `followers resume`':
    '上次同步结束后已暂停：执行 `followers resume` 之前不会再同步',
  'waiting for its quota': '等待调用额度恢复',
  'waiting to try again': '等待重试',

  // Followers, users, keys and calls.
  '{0} followers exported.': '已导出 {0} 位关注者。',
  '{0} followers': '{0} 位关注者',
  'Nobody follows.': '没有关注者。',
  'at a time that is not known': '关注时间未知',
  'The key {0} ({1}). This is the only time it is shown.': 'key 的编号是 {0}（{1}）。key 只显示这一次。',
  'There are no keys yet.': '还没有 key。',
  'all accounts': '所有公众号',
  'no account any more': '已移除的公众号',
  '  {0} for {1}, made {2}': '  {0}，用于{1}，创建于{2}',
  '{0} calls': '{0} 次',
  '{0} calls of {1}': '{0} 次，上限 {1}',
  'The service itself, and keys that are revoked: {0} calls': '本服务自身，以及已撤销的 key：{0} 次',
  '  only {0}': '  只能调用 {0}',
  'The former limits may count for half a minute more.': '原来的限制最多还会沿用半分钟。',
  '  no use is on record': '  没有使用记录',
  '  last used on {0}': '  最后一次使用：{0}',
  '  at most {0} calls a day for each account': '  每个公众号每天最多调用 {0} 次',
  '{0} of {1} used today, {2} remain': '今天用了 {0} 次，上限 {1} 次，还剩 {2} 次',
  ' of {0}': '，上限 {0}',
  '{0}, a day in China': '{0}（北京时间）',
  '  no calls': '  没有调用',
  'At this rate, the {0} calls to {1} are used up {2}': '按今天的速度，{1} 的 {0} 次额度将用完：{2}',
  'Nothing has been counted yet.': '还没有统计数据。',
  '{0} joined, {1} left': '新关注 {0} 位，取消关注 {1} 位',
  'how they came': '关注渠道',
  logins: '登录',
  pushes: '推送',
  '  {0}: {1}': '  {0}：{1}',

  // The history of tokens and tickets.
  'There has been no token yet.': '还没有过 token。',
  'generation {0}': '代次 {0}',
  'ends {0}': '到期：{0}',
  '{0} mints today': '今天换取 {0} 次',
  '  {0}  minted {1}, {2}; {3} {4}': '  {0}  换取：{1}，{2}；{3}：{4}',
  '  somebody was told of {0} {1}': '  已通知运维人员：{0}，{1}',
  'on time': '按时刷新',
  'since there was none': '因为没有可用的',
  'after a rejection': '被微信拒绝后换取',
  'by force': '强制刷新',
  'by hand': '手动刷新',
  replaced: '被新的取代',
  'rejected by WeChat': '被微信拒绝',
  'ended, and no other was there,': '到期时还没有新的',
  'the grant with its tokens': '授权及其 token',
  '{0} sessions': '{0} 个会话',
  '1 session': '1 个会话',
  'the shared profile': '授权过的用户资料',
  'the record as a follower': '关注者记录',
  'Nothing was stored about this user.': '没有这个用户的数据。',
  'Deleted: {0}.': '已删除：{0}。',
  'There may be more: --from {0}': '可能还有更多：--from {0}',
  'No grant ends so soon.': '没有即将到期的授权。',
  '{0}  {1}, granted {2}, ends {3}': '{0}  {1}，授权于{2}，到期于{3}',
};

/** What the daily sync brings, by the values of `--sync`. */
export const syncModes: Readonly<Record<string, string>> = {
  off: '每天不同步',
  list: '每天只取列表',
  details: '每天取列表和详情',
};
