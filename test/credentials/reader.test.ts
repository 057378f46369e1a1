import { expect, test } from '@jest/globals';
import type { Credential, Need, RefreshOutcome } from '../../shared/credentials/credential.ts';
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
      'The last refresh failed (wechat_ip_not_allowed). The operator finds why, and what to do, in `status` or the console.',
    extras: { retryAfter: 300 },
  });
});

test('who finds nothing hands on what was read, and takes what comes with the answer without another read', async () => {
  let reads = 0;
  const given: unknown[] = [];
  const nothing = { revision: 0, generation: 0 };
  const reader = new CredentialReader({
    clock,
    store: {
      read: () => {
        reads += 1;
        return Promise.resolve(nothing);
      },
    },
    requestRefresh: (_, need, seen) => {
      given.push(need, seen);
      return Promise.resolve({ state: 'usable', generation: 1, found: credential(1) });
    },
  });
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
  expect(given).toEqual([{ reason: 'missing' }, nothing]);
  expect(reads).toBe(1);
});

test('a value that stops being usable right after the keeper has called it so is asked for once more', async () => {
  const { reader, asked } = behind({ ahead: 0, usableUntil: 0 });
  await expect(reader.get(account)).rejects.toMatchObject({
    code: 'credential_unavailable',
    extras: { retryAfter: 5 },
  });
  expect(asked()).toBe(2);
});

/** A reader of a store, with what was read and asked for. Its clock and what is stored can be changed. */
function reading(stored: Credential, outcome?: RefreshOutcome) {
  const state = {
    now,
    stored,
    reads: 0,
    needs: [] as Need[],
    outcome,
    first: Promise.resolve<unknown>(undefined),
  };
  const reader = new CredentialReader({
    store: {
      read: () => {
        state.reads += 1;
        return Promise.resolve(state.stored);
      },
    },
    clock: { now: () => state.now, sleep: () => Promise.resolve() },
    requestRefresh: async (_, need) => {
      state.needs.push(need);
      if (state.needs.length === 1) await state.first;
      return state.outcome ?? { state: 'unavailable', failure: undefined };
    },
  });
  return { reader, state };
}

test('what was read is remembered for less than a minute', async () => {
  const { reader, state } = reading(credential(1));
  await reader.get(account);
  state.stored = credential(2);
  state.now = now + 59;
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
  expect(state.reads).toBe(1);
  state.now = now + 60;
  expect(await reader.get(account)).toMatchObject({ generation: 2 });
});

test('what is no longer usable is remembered no longer', async () => {
  const { reader, state } = reading({ ...credential(1), usableUntil: now + 40 });
  await reader.get(account);
  state.stored = credential(2);
  state.now = now + 10;
  expect(await reader.get(account)).toMatchObject({ generation: 2 });
});

test('what is out of use is forgotten at once', async () => {
  const { reader, state } = reading(credential(1));
  await reader.get(account);
  state.stored = { ...credential(1), usableUntil: 0 };
  await expect(reader.getStored(account)).rejects.toThrow();
  await expect(reader.get(account)).rejects.toThrow();
  expect(state.needs).toEqual([{ reason: 'missing' }, { reason: 'missing' }]);
});

test('an older value does not take the place of a newer one, but after a minute', async () => {
  const { reader, state } = reading(credential(2));
  await reader.get(account);
  state.stored = credential(1);
  expect(await reader.getStored(account)).toMatchObject({ generation: 1 });
  expect(await reader.get(account)).toMatchObject({ generation: 2 });
  state.now = now + 60;
  await reader.getStored(account);
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
});

test('the same generation with a longer life takes the place of what is remembered', async () => {
  const { reader, state } = reading({ ...credential(1), usableUntil: now + 100 });
  await reader.get(account);
  state.stored = credential(1);
  await reader.getStored(account);
  expect(await reader.get(account)).toMatchObject({ usableUntil: now + 7000 });
});

test('callers that come while the store is read share that', async () => {
  const { reader, state } = reading(credential(1));
  await Promise.all([reader.get(account), reader.get(account)]);
  expect(state.reads).toBe(1);
  state.now = now + 60;
  await reader.get(account);
  expect(state.reads).toBe(2);
});

test('a report of a value that has been replaced is answered with the present one', async () => {
  const { reader, state } = reading(credential(2));
  expect(await reader.replacement(account, 1, reader.moment())).toEqual({
    credential: credential(2),
    unchecked: undefined,
  });
  expect(state.needs).toEqual([]);
});

test('a report of the present value is answered with what the keeper says of it', async () => {
  const outcome = { state: 'usable', generation: 1, unchecked: 'wechat_busy' } as const;
  const { reader, state } = reading(credential(1), outcome);
  expect(await reader.replacement(account, 1, reader.moment())).toEqual({
    credential: credential(1),
    unchecked: 'wechat_busy',
  });
  expect(state.needs).toEqual([{ reason: 'rejected', generation: 1 }]);
});

test('where there is no value, a report asks for one', async () => {
  const { reader, state } = reading({ revision: 1, generation: 0 });
  await expect(reader.replacement(account, 1, reader.moment())).rejects.toThrow();
  expect(state.needs).toEqual([{ reason: 'rejected', generation: 1 }]);
});

test('reports of other accounts and generations are reports of their own', async () => {
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  const sentAt = reader.moment();
  await Promise.all([
    reader.replacement(account, 1, sentAt),
    reader.replacement(parseAppId('wxeeeeeeeeeeeeeeee'), 1, sentAt),
    reader.replacement(account, 1, sentAt),
  ]);
  expect(state.needs).toHaveLength(2);
});

test('reports that come while one is under way share the next one, which begins at its end', async () => {
  const first = Promise.withResolvers<undefined>();
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  state.first = first.promise;
  const underWay = reader.replacement(account, 1, reader.moment());
  const late = [1, 2, 3].map(() => reader.replacement(account, 1, reader.moment()));
  first.resolve(undefined);
  await Promise.all([underWay, ...late]);
  expect(state.needs).toHaveLength(2);
});

test('reports of other generations that come meanwhile wait for none of these', async () => {
  const first = Promise.withResolvers<undefined>();
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  state.first = first.promise;
  const underWay = reader.replacement(account, 1, reader.moment());
  const late = reader.replacement(account, 1, reader.moment());
  const other = parseAppId('wxeeeeeeeeeeeeeeee');
  const others = [1, 2].map(() => reader.replacement(other, 1, reader.moment()));
  first.resolve(undefined);
  await Promise.all([underWay, late, ...others]);
  expect(state.needs).toHaveLength(4);
});

test('a report that comes when the next one has begun has another one after it', async () => {
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  const one = reader.replacement(account, 1, reader.moment());
  await Promise.all([one, reader.replacement(account, 1, reader.moment())]);
  const second = reader.replacement(account, 1, reader.moment());
  await Promise.all([second, reader.replacement(account, 1, reader.moment())]);
  expect(state.needs).toHaveLength(4);
});

test('the next report begins though the one under way fails', async () => {
  const first = Promise.withResolvers<undefined>();
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  state.first = first.promise;
  const underWay = reader.replacement(account, 1, reader.moment());
  const late = reader.replacement(account, 1, reader.moment());
  first.reject(new Error('The refresh function failed.'));
  await expect(underWay).rejects.toThrow('The refresh function failed.');
  expect((await late).credential).toEqual(credential(1));
});

test('a report that is over is joined by nobody', async () => {
  const { reader, state } = reading(credential(1), { state: 'usable', generation: 1 });
  const sentAt = reader.moment();
  await reader.replacement(account, 1, sentAt);
  await reader.replacement(account, 1, sentAt);
  expect(state.needs).toHaveLength(2);
});

test.each([
  [now + 300, 300],
  [now, 1],
  [now - 50, 1],
])('%# it is said after how many seconds to ask again', async (retryAt, retryAfter) => {
  const about = { code: 'c', message: '', advice: '', needsPerson: false, count: 1, at: now };
  const outcome = { state: 'unavailable', failure: { ...about, retryAt } } as const;
  const { reader } = reading({ revision: 1, generation: 0 }, outcome);
  await expect(reader.get(account)).rejects.toMatchObject({ extras: { retryAfter } });
});

test('where nobody knows why there is none, nothing is said of it', async () => {
  const { reader } = reading({ revision: 1, generation: 0 });
  await expect(reader.get(account)).rejects.toMatchObject({ detail: undefined, extras: { retryAfter: 5 } });
});

test('what is remembered for a minute makes way for an account that was registered anew, and is read once', async () => {
  let stored = credential(5);
  let reads = 0;
  let time = now;
  const reader = new CredentialReader({
    store: {
      read: () => {
        reads += 1;
        return Promise.resolve(stored);
      },
    },
    clock: { ...clock, now: () => time },
    requestRefresh: () => Promise.reject(new Error('Nothing is to be refreshed.')),
  });
  await reader.get(account);
  stored = credential(1);
  time += 60;
  reads = 0;
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
  expect(await reader.get(account)).toMatchObject({ generation: 1 });
  expect(reads).toBe(1);
});
