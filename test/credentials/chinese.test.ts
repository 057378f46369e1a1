import { describe, expect, test } from '@jest/globals';
import { SecretUnreadable } from '../../shared/accounts/secrets.ts';
import { failureInChinese, standingInChinese } from '../../shared/credentials/chinese.ts';
import { standingOf } from '../../shared/credentials/credential-state.ts';
import { describeFailure, MintBudgetSpent, RejectedTokenKept } from '../../shared/credentials/failure.ts';
import { LenderError } from '../../shared/credentials/lender-mint.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { meaningOf } from '../../shared/wechat/errcodes.ts';
import {
  WeChatApiError,
  WeChatUnreachableError,
  type UnreachableReason,
} from '../../shared/wechat/errors.ts';

const now = Date.UTC(2026, 10, 29, 5, 23) / 1000;

const apis = [
  '/cgi-bin/token',
  '/cgi-bin/stable_token',
  '/cgi-bin/user/get',
  '/sns/oauth2/access_token',
  '/sns/oauth2/refresh_token',
  '/sns/userinfo',
];
const errcodes = [-1, ...Array.from({ length: 60_000 }, (_, index) => 40_000 + index)];
const advice = new Set(apis.flatMap((api) => errcodes.map((errcode) => meaningOf(errcode, api).advice)));

test.each([...advice])('there is Chinese advice for an errcode: %s', (english) => {
  expect(failureInChinese(english)).toMatch(/^.{0,16}\p{Script=Han}.*。$/u);
});

const reasons = {
  timeout: {},
  late: {},
  refused: { fault: 'ECONNREFUSED' },
  reset: { fault: 'ECONNRESET' },
  dns: {},
  tls: {},
  network: {},
  http_status: { status: 502 },
  empty_body: {},
  not_json: {},
  too_large: {},
  unexpected_shape: { path: 'data.openid[3]' },
} satisfies Record<UnreachableReason, object>;

const api = '/cgi-bin/stable_token';
const origin = 'https://keyring.example.com';
const health = 'Look at the health of the deployment that lends the account, and at the way to it.';
const notAllowed = 'invalid ip 198.51.100.9 ipv6 ::ffff:198.51.100.9, not in whitelist rid: 0-0-0';

const faults: readonly (readonly [string, Error])[] = [
  ...Object.entries(reasons).map(
    ([reason, more]) =>
      [reason, new WeChatUnreachableError({ api, reason: reason as UnreachableReason, ...more })] as const,
  ),
  ['an address', new WeChatApiError({ api, errcode: 40164, errmsg: notAllowed, secrets: [] })],
  [
    'our own address',
    new WeChatApiError({ api, errcode: 40164, errmsg: notAllowed, secrets: [], ownAddress: '198.51.100.9' }),
  ],
  [
    'a wrong address',
    new WeChatApiError({ api, errcode: 40164, errmsg: notAllowed, secrets: [], ownAddress: '203.0.113.7' }),
  ],
  ['a token that is kept', new RejectedTokenKept(now)],
  ['a spent budget', new MintBudgetSpent(200)],
  ['no token', new KeyringError('credential_unavailable')],
  [
    'no token for a reason',
    new KeyringError(
      'credential_unavailable',
      'The last refresh failed (wechat_timeout). The operator finds why, and what to do, in `status` or the console.',
    ),
  ],
  ['no secret', new SecretUnreadable('ResourceNotFoundException')],
  ['a fault of the service', new TypeError('x')],
  [
    'a lender without an answer',
    new LenderError('lender_unreachable', `${origin} gave no usable answer.`, health),
  ],
  [
    'a lender that refuses',
    new LenderError('lender_unreachable', `${origin} answered 500 (internal).`, health),
  ],
];

describe.each(faults)('a failure by %s', (_, fault) => {
  const { failure } = describeFailure(fault, {}, { now, usesUpMints: false });

  test.each(['message', 'advice'] as const)('has its %s in Chinese', (member) => {
    const chinese = failureInChinese(failure[member]);
    expect(chinese).not.toBe(failure[member]);
    expect(chinese).toMatch(/\p{Script=Han}.*[。）]$/u);
  });
});

test('Chinese advice keeps the addresses', () => {
  const { advice: english } = new WeChatApiError({
    api,
    errcode: 40164,
    errmsg: notAllowed,
    secrets: [],
    ownAddress: '203.0.113.7',
  });
  expect(failureInChinese(english)).toBe(
    '在公众号后台把本服务的出口 IP 加入 IP 白名单，几分钟后生效。微信看到的是 198.51.100.9，不是本部署的固定出口 IP 203.0.113.7：请先检查出口（NAT、代理），再决定是否加入白名单。',
  );
});

test('what is not known stays as it is', () => {
  expect(failureInChinese('Some advice of a version to come.')).toBe('Some advice of a version to come.');
});

const failure = describeFailure(new MintBudgetSpent(200), {}, { now, usesUpMints: false }).failure;

test.each([
  [{ generation: 3, usableUntil: now + 7230 }, 'token 还能用 2 小时，到北京时间 2026-11-29 15:23:00'],
  [
    { generation: 3, usableUntil: now + 5190, failure },
    '刷新失败，token 还能用 86 分钟，到北京时间 2026-11-29 14:49:00',
  ],
  [
    { generation: 3, usableUntil: now - 7170, failure },
    '没有可用的 token，从北京时间 2026-11-29 11:23:00（2 小时前）开始，调用返回 503',
  ],
  [{ generation: 0 }, '还没有可用的 token，下一次调用时换取'],
])('how a credential is, in Chinese: %#', (credential, words) => {
  expect(standingInChinese(standingOf(credential, now), 'token', now)).toBe(words);
});
