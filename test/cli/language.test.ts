import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { texts } from '../../cli/chinese.ts';
import * as table from '../../cli/command-table.ts';
import { groups } from '../../cli/command.ts';
import { commonOptions, versionOption } from '../../cli/common-options.ts';
import { exitCodeMeanings } from '../../cli/exit-codes.ts';
import { answerTexts } from '../../functions/admin/chinese.ts';
import { languageOf, translator } from '../../shared/platform/language.ts';
import { bundledKeyring } from './bundled.ts';
import { answeringService } from './refusing-service.ts';

const program = await bundledKeyring();

test.each([
  ['zh', { LANG: 'zh_CN.UTF-8' }],
  ['zh', { LANG: 'zh' }],
  ['zh', { LC_ALL: 'zh_TW.UTF-8', LANG: 'en_US.UTF-8' }],
  ['zh', { LC_ALL: '', LC_MESSAGES: 'zh_CN', LANG: 'en_US.UTF-8' }],
  ['en', { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }],
  ['en', { LANG: 'de_DE.UTF-8' }],
  ['en', {}],
])('it speaks %s where the locale is %j', (language, environment) => {
  expect(languageOf(environment)).toBe(language);
});

describe('there is Chinese for', () => {
  const written = readdirSync('cli', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      textsIn(ts.createSourceFile(file, readFileSync(`cli/${file}`, 'utf8'), ts.ScriptTarget.Latest)),
    );

  test.each([...new Set(written)])('%j', (english) => {
    expect(texts).toHaveProperty([english]);
  });

  const commands = Object.values(table);
  const options = commands.map(({ options: each }) => each).concat(commonOptions, versionOption);
  const rules = commands.flatMap(({ args }) => Object.values(args).map(({ rule }) => rule));
  const declared = [
    ...Object.values(groups),
    ...exitCodeMeanings.map(([, meaning]) => meaning),
    ...commands.flatMap(({ summary, notes }) => [summary, ...(notes === undefined ? [] : [notes])]),
    ...options.flatMap((each) =>
      Object.values(each).flatMap(({ about, value }) => [about, ...(value ? [value.rule] : [])]),
    ),
    ...rules,
  ];
  // A text that is made of others has their form. Those that are nothing but form fit everything.
  const forms = Object.keys(texts)
    .filter((key) => /[a-z]{2}/.test(key))
    .map(
      (key) =>
        new RegExp(`^${key.replaceAll(/[$()*+.?[\]|]/g, String.raw`\$&`).replaceAll(/\{\d\}/g, '.+')}$`),
    );

  test.each([...new Set(declared)])('%j', (english) => {
    expect(forms.some((form) => form.test(english))).toBe(true);
  });
});

test('there is Chinese for what the admin function refuses in one sentence', () => {
  const inChinese = translator(answerTexts);
  const details = readdirSync('functions/admin', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(`functions/admin/${file}`, 'utf8').matchAll(/new KeyringError\(\s*'\w+',\s*'([^']+)'/g),
    ])
    .map(([, detail = '']) => detail);
  expect(details).not.toEqual([]);
  expect(details.filter((detail) => inChinese(detail) === undefined)).toEqual([]);
});

/** What say and said are called with, where it stands there. */
function textsIn(node: ts.Node): string[] {
  const here: string[] = [];
  if (ts.isTaggedTemplateExpression(node) && isCalled(node.tag, 'say'))
    here.push(templateText(node.template));
  if (ts.isCallExpression(node) && isCalled(node.expression, 'said'))
    here.push(...node.arguments.flatMap(literals));
  ts.forEachChild(node, (child) => void here.push(...textsIn(child)));
  return here;
}

function isCalled(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function templateText(template: ts.TemplateLiteral): string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return (
    template.head.text +
    template.templateSpans.map(({ literal }, index) => `{${index}}${literal.text}`).join('')
  );
}

function literals(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  return ts.isConditionalExpression(node) ? [...literals(node.whenTrue), ...literals(node.whenFalse)] : [];
}

test.each(Object.entries({ ...texts, ...answerTexts }))(
  '%j has the same values in Chinese',
  (english, chinese) => {
    const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([value]) => value).toSorted();
    expect(values(chinese)).toEqual(values(english));
  },
);

test('a document that is there in Chinese is what a Chinese text names', () => {
  const named = Object.values({ ...texts, ...answerTexts }).flatMap((text) => [
    ...text.matchAll(/\bdocs\/[\w/-]+\.md/g),
  ]);
  const english = named.map(([file]) => file).filter((file) => !file.startsWith('docs/zh/'));
  expect(named.length).toBeGreaterThan(english.length);
  expect(english.filter((file) => existsSync(file.replace('docs/', 'docs/zh/')))).toEqual([]);
});

const now = Date.UTC(2026, 10, 29, 5, 23) / 1000;
const account = {
  account: 'wxabcdefabcdefabcd',
  name: '茶馆',
  aliases: ['default'],
  mode: 'stable',
  allowedOrigins: [],
  domainFiles: [],
  sessionIdleSeconds: 7 * 86_400,
  sessionSeconds: 30 * 86_400,
  mintBudget: 200,
  dailyLimits: {},
  sync: 'details',
  syncShare: 40,
  state: 'degraded',
  usableUntil: now + 5160,
  generation: 13,
  mintedAt: now - 2000,
  refreshAt: now + 300,
  mintsToday: 12,
  earlyEnds: [now - 8 * 86_400, now - 7200],
  failure: {
    code: 'wechat_ip_not_allowed',
    message:
      '/cgi-bin/stable_token answered errcode 40164: invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 0-0-0',
    advice:
      'Add the outgoing IP address of this service to the IP allow-list in the account console; an edit takes some minutes to act. The address is 203.0.113.7.',
    needsPerson: true,
    count: 1,
    at: now - 60,
    retryAt: now + 240,
  },
};

let answer: object;
const service = answeringService(() => answer);

async function keyring(input: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, '--local', ...args], {
    env: { ...process.env, LC_ALL: 'zh_CN.UTF-8', AWS_PORT: service.port(), NODE_OPTIONS: '' },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('with a Chinese locale', () => {
  test('status says how an account is and what to do', async () => {
    answer = { ok: true, result: { now, accounts: [account] } };
    const { out } = await keyring('', 'status');
    expect(out).toBe(
      [
        'wxabcdefabcdefabcd  刷新失败  茶馆',
        '  刷新失败，token 还能用 86 分钟，到北京时间 2026-11-29 14:49:00',
        '  stable 模式，代次 13，今天换取 12 次，上限 200 次',
        '  换取：北京时间 2026-11-29 12:49:40，下次刷新：北京时间 2026-11-29 13:28:00（5 分钟后）',
        '  最近 7 天提前失效 1 次：北京时间 2026-11-29 11:23:00',
        '  有别的程序在为这个公众号换取 token，或者 AppSecret 被重置过，见 docs/zh/runbook.md。',
        '  wechat_ip_not_allowed（连续 1 次，最近一次北京时间 2026-11-29 13:22:00（60 秒前））：/cgi-bin/stable_token 返回错误码 40164：invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 0-0-0。',
        '  处理办法：在公众号后台把本服务的出口 IP 加入 IP 白名单，几分钟后生效。这个 IP 是 203.0.113.7。',
        '  下次重试：北京时间 2026-11-29 13:27:00（4 分钟后）。',
        '',
      ].join('\n'),
    );
  });

  test('the days of an account name what was counted as the console does', async () => {
    const counted = {
      scenes: { ADD_SCENE_SEARCH: 2, ADD_SCENE_OF_TOMORROW: 1 },
      logins: { granted: 3 },
      pushes: { handled: 4 },
    };
    const day = { day: '2026-11-29', joined: 3, left: 0, ...counted };
    answer = { ok: true, result: { now, today: day.day, days: [day] } };
    expect((await keyring('', 'account', 'days', 'default')).out).toBe(
      [
        '2026-11-29  新关注 3 位，取消关注 0 位',
        '  关注渠道：搜索公众号 2，ADD_SCENE_OF_TOMORROW 1',
        '  登录：已授权 3',
        '  推送：已处理 4',
        '',
      ].join('\n'),
    );
  });

  test('the settings of an account say what is synced each day', async () => {
    answer = { ok: true, result: { now, accounts: [{ ...account, sync: 'off' }] } };
    expect((await keyring('', 'account', 'show', 'default')).out).toContain(
      '  同步：每天不同步，最多用每天调用额度的 40 %\n',
    );
  });

  test('a refusal of the service has its code and is Chinese', async () => {
    const detail =
      'Nothing was stored. /cgi-bin/stable_token answered errcode 40125: invalid appsecret rid: 0-0-0 Copy the AppSecret from the account console again: this one is wrong, or has been reset. `account rotate-secret` stores another, or `account add` where the account is not registered yet.';
    answer = { ok: false, problem: { code: 'secret_unproven', title: 'x', detail } };
    expect(await keyring('secret\n', 'account', 'add', 'wxabcdefabcdefabcd')).toEqual({
      code: 1,
      out: '',
      err: [
        `本地服务：http://127.0.0.1:${service.port()}。`,
        'secret_unproven: 没有保存任何内容。/cgi-bin/stable_token 返回错误码 40125：invalid appsecret rid: 0-0-0。AppSecret 不对，或者已被重置。到公众号后台重新复制，用 `account rotate-secret` 更换；如果公众号还没有登记，用 `account add`。',
        '',
      ].join('\n'),
    });
  });

  test('an ended input and a wrong command line are told in Chinese', async () => {
    expect((await keyring('', 'account', 'add', 'wxabcdefabcdefabcd')).err).toContain(
      '还没有回答完，输入就结束了',
    );
    expect((await keyring('', 'status', '--days', '3')).err).toBe(
      [
        'status 没有 --days 这个选项，它属于：account days, usage days, user expiring。',
        '',
        '用法：npm run -s keyring -- status [选项]',
        '详细说明：npm run -s keyring -- status --help',
        '',
      ].join('\n'),
    );
  });

  test('JSON is as it is in English', async () => {
    answer = { ok: true, result: { now, accounts: [account] } };
    const { out } = await keyring('', 'status', '--json');
    expect(JSON.parse(out)).toMatchObject({ result: { accounts: [account] } });
  });
});
