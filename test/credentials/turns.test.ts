import { describe, expect, test } from '@jest/globals';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential, Need, RefreshOutcome } from '../../shared/credentials/credential.ts';
import { credentialKey } from '../../shared/credentials/read-credential.ts';
import type { RequestRefresh } from '../../shared/credentials/reader.ts';
import { takingTurns } from '../../shared/credentials/turns.ts';
import type { Table } from '../../shared/platform/table.ts';
import { parseAppId, type AppId } from '../../shared/wechat/tokens.ts';
import { standingClock } from '../kit/clock.ts';
import { memoryTables } from '../kit/memory-table.ts';

const account = parseAppId('wx0123456789abcdef');
const other = parseAppId('wxfedcba9876543210');
const missing: Need = { reason: 'missing' };

/** Readers, each a process of its own, on one table. `asked` are the calls of the refresh function that have begun. */
function readers() {
  const clock = standingClock(undefined, 1000);
  const { credentials } = memoryTables();
  const store = new CredentialStore(credentials, 'access_token');
  const asked: {
    at: number;
    appId: AppId;
    need: Need;
    answer: (outcome: RefreshOutcome | Error) => void;
  }[] = [];
  const requestRefresh: RequestRefresh = (appId, need) =>
    new Promise((resolve, reject) => {
      const answer = (outcome: RefreshOutcome | Error) =>
        outcome instanceof Error ? reject(outcome) : resolve(outcome);
      asked.push({ at: clock.now(), appId, need, answer });
    });
  let reads = 0;
  const counted = {
    read: (appId: AppId) => {
      reads += 1;
      return store.read(appId);
    },
  };
  /** As its caller has it, but for the record that comes with the outcome. */
  const reader = (table: Pick<Table, 'update' | 'delete'> = credentials) => {
    const request = takingTurns({
      ...{ credentials: table, kind: 'access_token', store: counted, requestRefresh, clock },
      random: () => 0.5,
    });
    return async (...given: Parameters<RequestRefresh>): Promise<RefreshOutcome> => {
      const { found, ...outcome } = await request(...given);
      seen.push(found);
      return outcome;
    };
  };
  const seen: (Credential | undefined)[] = [];
  const put = (record: Partial<Credential>, appId = account) =>
    credentials.put({ ...credentialKey(appId, 'access_token'), revision: 1, ...record });
  /** Publishes a value, as the refresh function does. */
  const publish = (generation: number) =>
    put({ generation, value: `value-${generation}`, usableUntil: clock.now() + 7000 });
  return { clock, credentials, store, asked, reader, put, publish, seen, reads: () => reads };
}

/** Lets everybody get on who can, without moving the clock. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const usable = (generation: number): RefreshOutcome => ({ state: 'usable', generation });

describe('of those who ask at once', () => {
  test('one calls the refresh function, and the others find what it brings', async () => {
    const { asked, reader, publish } = readers();
    const answers = Array.from({ length: 50 }, () => reader()(account, missing));
    await settled();
    await publish(1);
    asked[0]?.answer(usable(1));
    expect(await Promise.all(answers)).toEqual(answers.map(() => usable(1)));
    expect(asked).toHaveLength(1);
  });

  test('about different accounts each has a call', async () => {
    const { asked, reader } = readers();
    const answers = [reader()(account, missing), reader()(other, missing)];
    await settled();
    expect(asked.map(({ appId }) => appId)).toEqual([account, other]);
    for (const { answer } of asked) answer(usable(1));
    await Promise.all(answers);
  });

  test('the others learn of a failure without a call', async () => {
    const { clock, asked, reader, put } = readers();
    const answers = [reader()(account, missing), reader()(account, missing)];
    await settled();
    const failure = {
      ...{ code: 'ip_not_allowed', message: '', advice: '', needsPerson: true },
      ...{ count: 1, at: clock.now(), retryAt: clock.now() + 300 },
    };
    await put({ failure });
    asked[0]?.answer({ state: 'unavailable', failure });
    expect(await Promise.all(answers)).toEqual(answers.map(() => ({ state: 'unavailable', failure })));
    expect(asked).toHaveLength(1);
  });

  test('those whose value was rejected wait for a verdict that was asked for after they came', async () => {
    const { clock, asked, reader, put } = readers();
    const rejected: Need = { reason: 'rejected', generation: 3 };
    const value = { generation: 3, value: 'value-3', usableUntil: clock.now() + 7000 };
    await put({ ...value, checks: 4, verdict: { check: 4, accepted: true } });
    const answers = [reader()(account, rejected), reader()(account, rejected)];
    await settled();
    expect(asked).toHaveLength(1);
    await put({ ...value, revision: 2, checks: 5, verdict: { check: 5, accepted: true } });
    asked[0]?.answer(usable(3));
    expect(await Promise.all(answers)).toEqual([usable(3), usable(3)]);
    expect(asked).toHaveLength(1);
  });

  test('those whose value was rejected take another one that is there', async () => {
    const { asked, reader, publish } = readers();
    await publish(3);
    const rejected: Need = { reason: 'rejected', generation: 3 };
    const answers = [reader()(account, rejected), reader()(account, rejected)];
    await settled();
    await publish(4);
    asked[0]?.answer(usable(4));
    expect(await Promise.all(answers)).toEqual([usable(4), usable(4)]);
  });
});

describe('the record is read no more often than needed', () => {
  test('who has read it just now does not read it before the call', async () => {
    const { store, asked, reader, reads } = readers();
    void reader()(account, missing, await store.read(account));
    await settled();
    expect(asked).toHaveLength(1);
    expect(reads()).toBe(0);
  });

  test('the answer comes with what was found, for who called and for who waited', async () => {
    const { store, asked, reader, publish, seen } = readers();
    const record = await store.read(account);
    const answers = [reader()(account, missing, record), reader()(account, missing, record)];
    await settled();
    await publish(1);
    asked[0]?.answer(usable(1));
    await Promise.all(answers);
    expect(seen.map((found) => found?.value)).toEqual(['value-1', 'value-1']);
  });
});

describe('nobody waits in vain', () => {
  test('who has looked for two seconds without an answer calls as well', async () => {
    const { clock, asked, reader } = readers();
    const startedAt = clock.now();
    const answers = [reader()(account, missing), reader()(account, missing)];
    while (asked.length < 2) await settled();
    expect(clock.now() - startedAt).toBe(2);
    for (const { answer } of asked) answer(usable(1));
    await Promise.all(answers);
  });

  test('after a turn has ended the next caller has one', async () => {
    const { asked, reader } = readers();
    const first = reader()(account, missing);
    await settled();
    asked[0]?.answer(new Error('The function could not be called.'));
    await expect(first).rejects.toThrow('could not be called');
    const second = reader()(account, missing);
    await settled();
    expect(asked).toHaveLength(2);
    asked[1]?.answer(usable(1));
    await second;
  });

  test('who waits takes the next turn as soon as one has ended that brings no answer for them', async () => {
    const { clock, credentials, asked, reader, put } = readers();
    const rejected: Need = { reason: 'rejected', generation: 3 };
    const value = { generation: 3, value: 'value-3', usableUntil: clock.now() + 7000 };
    await put(value);
    let tries = 0;
    const watched = {
      delete: credentials.delete.bind(credentials),
      update: async (...given: Parameters<Table['update']>) => {
        const isTaken = await credentials.update(...given);
        tries += 1;
        return isTaken;
      },
    };
    const first = reader()(account, rejected);
    await settled();
    // The check is under way when the others come, so it does not answer them.
    await put({ ...value, revision: 2, checks: 1 });
    const startedAt = clock.now();
    const others = [reader(watched)(account, rejected), reader(watched)(account, rejected)];
    while (tries < 2) await new Promise(setImmediate);
    await put({ ...value, revision: 3, checks: 1, verdict: { check: 1, accepted: true } });
    asked[0]?.answer(usable(3));
    await first;
    while (asked.length < 2) await settled();
    expect((asked[1]?.at ?? 0) - startedAt).toBeLessThan(2);
    await put({ ...value, revision: 4, checks: 2, verdict: { check: 2, accepted: true } });
    for (const { answer } of asked) answer(usable(3));
    expect(await Promise.race(others)).toEqual(usable(3));
  });

  test('a turn ends with its call, before the record is read for the answer', async () => {
    const { credentials, store, clock } = readers();
    const done: string[] = [];
    const request = takingTurns({
      ...{ kind: 'access_token', clock },
      credentials: {
        update: credentials.update.bind(credentials),
        delete: (...given) => {
          done.push('ended');
          return credentials.delete(...given);
        },
      },
      store: {
        read: (appId) => {
          done.push('read');
          return store.read(appId);
        },
      },
      requestRefresh: () => {
        done.push('called');
        return Promise.resolve(usable(1));
      },
    });
    await request(account, missing, await store.read(account));
    expect(done).toEqual(['called', 'ended', 'read']);
  });

  test('a turn whose taker is gone is over after two seconds', async () => {
    const { clock, asked, reader } = readers();
    void reader()(account, missing);
    await settled();
    await clock.advance(2);
    void reader()(account, missing);
    await settled();
    expect(asked).toHaveLength(2);
  });

  test('a turn whose taker is gone is removed by DynamoDB some time after its end', async () => {
    const { clock, credentials, reader } = readers();
    void reader()(account, missing);
    await settled();
    const turn = await credentials.get({ appId: `turn#${account}`, kind: 'access_token' });
    expect(turn).toMatchObject({ until: clock.now() + 2, removeAt: clock.now() + 2 });
  });

  test('who ends late does not end the turn of the next', async () => {
    const { clock, asked, reader } = readers();
    const first = reader()(account, missing);
    await settled();
    await clock.advance(2);
    void reader()(account, missing);
    await settled();
    asked[0]?.answer(usable(1));
    await first;
    void reader()(account, missing);
    await settled();
    expect(asked).toHaveLength(2);
  });

  test('who takes the turn, and does not hear of it before the SDK has repeated that, has it', async () => {
    const { credentials, asked, reader } = readers();
    const repeating: Pick<Table, 'update' | 'delete'> = {
      update: async (key, change) => {
        await credentials.update(key, change);
        return credentials.update(key, change);
      },
      delete: credentials.delete.bind(credentials),
    };
    void reader(repeating)(account, missing);
    await settled();
    expect(asked).toHaveLength(1);
  });

  test('where no turn can be written everybody calls', async () => {
    const { asked, reader } = readers();
    const broken = {
      update: () => Promise.reject(new Error('throttled')),
      delete: () => Promise.resolve(true),
    };
    const answers = [reader(broken)(account, missing), reader(broken)(account, missing)];
    await settled();
    expect(asked).toHaveLength(2);
    for (const { answer } of asked) answer(usable(1));
    expect(await Promise.all(answers)).toEqual([usable(1), usable(1)]);
  });

  test('an end of the turn that cannot be written spoils no answer', async () => {
    const { credentials, asked, reader } = readers();
    const forgetful = {
      update: credentials.update.bind(credentials),
      delete: () => Promise.reject(new Error('throttled')),
    };
    const answer = reader(forgetful)(account, missing);
    await settled();
    asked[0]?.answer(usable(1));
    expect(await answer).toEqual(usable(1));
  });

  test('nobody calls where the value is there already', async () => {
    const { asked, reader, publish } = readers();
    await publish(2);
    expect(await reader()(account, missing)).toEqual(usable(2));
    expect(asked).toHaveLength(0);
  });
});
