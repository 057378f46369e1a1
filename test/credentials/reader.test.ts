import { expect, test } from '@jest/globals';
import type { Credential } from '../../shared/credentials/credential.ts';
import { CredentialReader } from '../../shared/credentials/reader.ts';

const now = 1_800_000_000;
const clock = { now: () => now, sleep: () => Promise.resolve() };
const account = 'wx0123456789abcdef';

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
