import { expect, test } from '@jest/globals';
import type { Credential, RefreshOutcome } from '../../shared/credentials/credential.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { reportRejected } from '../../shared/credentials/report.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const now = 1_800_000_000;
const account = parseAppId('wx0123456789abcdef');

/** Reports that WeChat rejected `value` while `first` is stored; a refresh stores another and says so. */
function report(value: string, refresh: () => RefreshOutcome) {
  let generation = 1;
  const read = (): Promise<Credential> =>
    Promise.resolve({ revision: generation, generation, value: `v${generation}`, usableUntil: now + 7000 });
  const reader = new CredentialReader({
    store: { read },
    clock: { now: () => now, sleep: () => Promise.resolve() },
    requestRefresh: () => {
      const outcome = refresh();
      if (outcome.state === 'usable') generation = outcome.generation;
      return Promise.resolve(outcome);
    },
  });
  return reportRejected(reader, account, value);
}

const nobody = () => {
  throw new Error('Nobody is to be asked.');
};

test('a value that is out of date is answered with the present one, and nobody is asked', async () => {
  expect(await report('v0', nobody)).toMatchObject({ credential: { value: 'v1' }, replaced: true });
});

test('the present value is replaced when WeChat rejects it', async () => {
  const outcome = await report('v1', () => ({ state: 'usable', generation: 2 }));
  expect(outcome).toMatchObject({ credential: { value: 'v2' }, replaced: true });
});

test('the present value stays when WeChat accepts it', async () => {
  const outcome = await report('v1', () => ({ state: 'usable', generation: 1 }));
  expect(outcome).toMatchObject({ credential: { value: 'v1' }, replaced: false });
});

test('while WeChat cannot be asked, the reporter is told so, and why', async () => {
  const unchecked = () => ({ state: 'usable', generation: 1, unchecked: 'wechat_unreachable' }) as const;
  await expect(report('v1', unchecked)).rejects.toMatchObject({
    code: 'wechat_unreachable',
    message: expect.stringContaining('(wechat_unreachable)'),
  });
});
