import { createServer } from 'node:http';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, expect, test } from '@jest/globals';
import { snsAlarms } from '../../shared/credentials/alarms.ts';
import type { CredentialKind, CredentialState } from '../../shared/credentials/credential.ts';
import { describeFailure } from '../../shared/credentials/failure.ts';
import { WeChatApiError } from '../../shared/wechat/errors.ts';
import { close, listen, readBody } from '../../local/aws/http.ts';
import { publish } from '../../local/aws/sns.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const now = Date.UTC(2026, 10, 29, 5, 23) / 1000;
const lines: string[] = [];
let published = new URLSearchParams();
const server = createServer((request, response) => {
  void readBody(request, 10_000).then((body) => {
    published = new URLSearchParams(body?.toString());
    response.end(publish(published, (line) => lines.push(line)));
  });
});
afterEach(async () => {
  lines.length = 0;
  await close(server);
});

async function alarmOf(
  kind: CredentialKind,
  left: CredentialState,
  { place = '--stage staging --region ap-southeast-1', code }: { place?: string; code?: string } = {},
): Promise<string> {
  const client = new SNSClient({
    endpoint: await listen(server),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const account = {
    appId: parseAppId('wx0123456789abcdef'),
    name: 'Tea House',
    mode: 'stable' as const,
    allowedOrigins: [],
    mintBudget: 200,
    dailyLimits: {},
    createdAt: 0,
  };
  const refusal = new WeChatApiError({
    api: '/cgi-bin/ticket/getticket',
    errcode: 40164,
    errmsg: 'invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 0-0-0',
    secrets: [],
  });
  const described = describeFailure(refusal, {}, { now, usesUpMints: false }).failure;
  const failure = { ...described, code: code ?? described.code };
  const about = {
    topicArn: 'arn:aws:sns:us-east-1:000000000000:alarms',
    publicUrl: 'https://keyring.example.com',
    place,
    kind,
  };
  await snsAlarms(client, about).raise(account, failure, { ...left, failure }, new AbortController().signal);
  return lines.join('\n');
}

test('an alarm says which credential of which account it is about, what to do, and the command for its own deployment', async () => {
  expect(await alarmOf('jsapi_ticket', { generation: 0 })).toMatch(
    /^Alarm: The JS-SDK ticket of Tea House \(wx0123456789abcdef\) at https:\/\/keyring\.example\.com could not be refreshed\. .*203\.0\.113\.7.*npm run -s keyring -- refresh wx0123456789abcdef --stage staging --region ap-southeast-1 —/,
  );
});

test('an alarm says the same in Chinese', async () => {
  expect(await alarmOf('jsapi_ticket', { generation: 0 })).toMatch(
    /— https:\/\/keyring\.example\.com 上的公众号 Tea House（wx0123456789abcdef）刷新 JS-SDK ticket 失败。 现状：没有可用的 ticket，调用返回 503。用户已经受到影响。 .*203\.0\.113\.7.* 处理办法：在公众号后台.*这个 IP 是 203\.0\.113\.7。 服务会在北京时间 2026-11-29 13:28:00（5 分钟后）自动重试。处理之后可以运行：npm run -s keyring -- refresh wx0123456789abcdef --stage staging --region ap-southeast-1$/,
  );
});

test.each([
  [
    now + 5190,
    'Now: refresh failing, token usable for 86 min, until 2026-11-29 14:49:00 Beijing time. Users notice nothing until then.',
  ],
  [
    now - 570,
    'Now: no usable token since 2026-11-29 13:13:00 Beijing time (10 min ago), calls answer 503. Users notice it.',
  ],
])(
  'an alarm says as status does whether users notice, and when it is tried again',
  async (usableUntil, words) => {
    const alarm = await alarmOf('access_token', { generation: 3, usableUntil });
    expect(alarm).toContain(words);
    expect(alarm).toContain('tried again by itself at 2026-11-29 13:28:00 Beijing time (in 5 min).');
  },
);

test.each<[string, CredentialKind, CredentialState]>([
  ['down (wechat_ip_not_allowed)', 'access_token', { generation: 0 }],
  ['refresh failing (wechat_ip_not_allowed)', 'access_token', { generation: 3, usableUntil: now + 5190 }],
])('the subject says how the account is: %s', async (words, kind, left) => {
  await alarmOf(kind, left);
  expect(published.get('Subject')).toBe(`WeChat Keyring: wx0123456789abcdef ${words}`);
});

test('a subject is no longer than SNS takes', async () => {
  await alarmOf('access_token', { generation: 0 }, { code: 'c'.repeat(200) });
  expect(published.get('Subject')).toHaveLength(100);
});

test.each<[CredentialKind, string, string]>([
  ['access_token', 'access token', 'token'],
  ['jsapi_ticket', 'JS-SDK ticket', 'ticket'],
  ['wx_card_ticket', 'card ticket', 'ticket'],
])('the English half of an alarm about a %s', async (kind, name, word) => {
  await alarmOf(kind, { generation: 0 }, { place: '' });
  const [english = ''] = published.get('Message')?.split('\n\n—') ?? [];
  expect(english.split('\n\n')).toEqual([
    `The ${name} of Tea House (wx0123456789abcdef) at https://keyring.example.com could not be refreshed.`,
    `Now: no usable ${word}, calls answer 503. Users notice it.`,
    expect.stringMatching(/^wechat_ip_not_allowed: .*40164/),
    expect.stringMatching(/^What to do: .*203\.0\.113\.7/),
    'It is tried again by itself at 2026-11-29 13:28:00 Beijing time (in 5 min). Once you have acted, run: npm run -s keyring -- refresh wx0123456789abcdef',
  ]);
});
