import { expect, test } from '@jest/globals';
import { describeStanding, standingOf } from '../../shared/credentials/credential-state.ts';
import type { CredentialState } from '../../shared/credentials/credential.ts';

const now = Date.UTC(2026, 10, 29, 5, 23) / 1000;
const failure = {
  code: 'wechat_timeout',
  message: 'x',
  advice: 'y',
  needsPerson: false,
  count: 1,
  at: now,
  retryAt: now + 60,
};

test.each<[string, CredentialState, string, string]>([
  [
    'a good value',
    { generation: 3, usableUntil: now + 7230 },
    'ok',
    'token usable for 2 h, until 2026-11-29 15:23:00 Beijing time',
  ],
  [
    'a failed refresh and a value that is still good',
    { generation: 3, usableUntil: now + 5190, failure },
    'degraded',
    'refresh failing, token usable for 86 min, until 2026-11-29 14:49:00 Beijing time',
  ],
  [
    'a failed refresh and a value that is past',
    { generation: 3, usableUntil: now - 7170, failure },
    'down',
    'no usable token since 2026-11-29 11:23:00 Beijing time (2 h ago), calls answer 503',
  ],
  [
    'a failed refresh and a value that is no longer handed out, shortly before its end',
    { generation: 3, usableUntil: now + 30, failure },
    'down',
    'no usable token since 2026-11-29 13:23:00 Beijing time (0 s ago), calls answer 503',
  ],
  [
    'a value that WeChat rejected',
    { generation: 3, usableUntil: 0, failure },
    'down',
    'no usable token, calls answer 503',
  ],
  ['a first refresh that failed', { generation: 0, failure }, 'down', 'no usable token, calls answer 503'],
  ['no refresh yet', { generation: 0 }, 'waiting', 'no usable token yet, the next call has one made'],
])('of %s', (_, credential, state, words) => {
  const standing = standingOf(credential, now);
  expect(standing.state).toBe(state);
  expect(describeStanding(standing, 'token', now)).toBe(words);
});
