import { expect, test } from '@jest/globals';
import type { Credential } from '../../shared/credentials/credential.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const now = 1_800_000_000;
const clock = { now: () => now, sleep: () => Promise.resolve() };
const account = parseAppId('wx0123456789abcdef');

function credential(generation: number): Credential {
  return { revision: generation, generation, value: `value-${generation}`, usableUntil: now + 7000 };
}

/** A store whose first read is answered only when `answer` is called, with what was stored when it began. */
function slowAtFirst() {
  let stored = credential(1);
  let answer = (): void => undefined;
  let isFirst = true;
  const read = async () => {
    const seen = stored;
    if (!isFirst) return seen;
    isFirst = false;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return seen;
  };
  const reader = new CredentialReader({
    store: { read },
    clock,
    requestRefresh: () => Promise.reject(new Error('Nothing is to be refreshed.')),
  });
  return { reader, store: (next: Credential) => (stored = next), answer: () => answer() };
}

test('what is stored now is read, and not waited for from a read that began before', async () => {
  const { reader, store, answer } = slowAtFirst();
  const slow = reader.get(account);
  store(credential(2));
  expect(await reader.getStored(account)).toMatchObject({ generation: 2 });
  answer();
  await slow;
});

test('a slow read does not take the place of a newer one in the memory', async () => {
  const { reader, store, answer } = slowAtFirst();
  const slow = reader.get(account);
  store(credential(2));
  await reader.getStored(account);
  answer();
  await slow;
  expect(await reader.get(account)).toMatchObject({ generation: 2 });
});

/** A reader whose clock is `ahead`, of a store with the value that the keeper says is usable. */
function behind({ ahead, usableUntil }: { ahead: number; usableUntil: number }) {
  let asked = 0;
  const reader = new CredentialReader({
    store: { read: () => Promise.resolve({ ...credential(1), usableUntil }) },
    clock: { ...clock, now: () => now + ahead },
    requestRefresh: () => {
      asked += 1;
      return Promise.resolve({ state: 'usable', generation: 1 });
    },
  });
  return { reader, asked: () => asked };
}

test('a value that the keeper has just called usable is handed out, though this clock runs ahead', async () => {
  const { reader, asked } = behind({ ahead: 300, usableUntil: now + 270 });
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
  expect(asked()).toBe(1);
});

test('a failed refresh is told as a sentence with its code, which names no address', async () => {
  const failure = {
    code: 'wechat_ip_not_allowed',
    message: '/cgi-bin/token answered errcode 40164: invalid ip 203.0.113.7',
    advice: 'Allow 203.0.113.7.',
    needsPerson: true,
    count: 1,
    at: now,
    retryAt: now + 300,
  };
  const reader = new CredentialReader({
    clock: { now: () => now, sleep: () => Promise.resolve() },
    store: { read: () => Promise.resolve({ revision: 1, generation: 0, failure }) },
    requestRefresh: () => Promise.resolve({ state: 'unavailable', failure }),
  });
  await expect(reader.get(account)).rejects.toMatchObject({
    detail:
      'The last refresh failed (wechat_ip_not_allowed). The operator finds why, and what to do, in `status`.',
    extras: { retryAfter: 300 },
  });
});

test('a value that stops being usable right after the keeper has called it so is asked for once more', async () => {
  const { reader, asked } = behind({ ahead: 0, usableUntil: 0 });
  await expect(reader.get(account)).rejects.toMatchObject({
    code: 'credential_unavailable',
    extras: { retryAfter: 5 },
  });
  expect(asked()).toBe(2);
});
