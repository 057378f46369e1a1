import { afterEach, expect, test } from '@jest/globals';
import { create as createAdmin } from '../../functions/admin/admin.ts';
import { create as createEvents } from '../../functions/events/handle-events.ts';
import { create as createSync } from '../../functions/followers/sync-followers.ts';
import { secretsOf, tablesOf } from '../../functions/parts.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { Profiles } from '../../shared/followers/mirror/profiles.ts';
import { Removals } from '../../shared/followers/mirror/removal.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { listedByWeChat, mirrored, sync } from '../followers/kit.ts';
import { keep } from '../followers/rows.ts';
import { lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit | undefined;
afterEach(() => kit?.close());

const other = 'wxeeeeeeeeeeeeeeee';
const about = { command: 'account.add', name: 'Test', mode: 'stable' } as const;
const none = { allowedOrigins: [], domainFiles: [] };

/** Two accounts whose followers are mirrored; to `default`, people with less or more in their items are added. */
async function start(): Promise<Kit> {
  const made = (kit = await startKit({ tables: 'memory', sync: 'details', followers: 40 }));
  await made.control('accounts', { appid: other, secret: made.secret, followers: 7 });
  await made.admin({ ...about, ...none, account: other, secret: made.secret });
  await sync(made);
  await made.admin({ command: 'followers.sync', account: other });
  await made.settled();
  const { followers } = tablesOf(made.runtime);
  const shared = { openid: 'oSharesOnly', nickname: '小明', consentedAt: made.clock.now() };
  await new Profiles(followers).put(made.account, shared);
  await keep(followers, made.account, [{ openid: 'oNothingKnown' }]);
  return made;
}

/** The keys of all there is in the table of followers. */
async function stored(made: Kit): Promise<string[]> {
  const items = await made.items('followers');
  return items.map(({ shard, openid }) => `${String(shard)} ${String(openid)}`).sort();
}

const remove = (made: Kit) => made.admin({ command: 'account.remove', account: made.account });

/** Lets the sweeps of half an hour come. */
async function sweeps(made: Kit): Promise<void> {
  for (let count = 0; count < 6; count += 1) {
    await made.clock.advance(300);
    await made.settled();
  }
}

test('the followers of a removed account go by themselves, and another account keeps its own', async () => {
  const made = await start();
  const others = (await stored(made)).filter((key) => key.startsWith(other));
  expect(others.length).toBeGreaterThan(7);
  expect(await remove(made)).toMatchObject({ done: expect.stringContaining('deleted in the background') });
  expect((await stored(made)).length).toBeGreaterThan(others.length + 40);
  await made.clock.advance(300);
  await made.settled();
  // What remains of it says that it was removed.
  expect((await stored(made)).filter((key) => !key.startsWith(other))).toEqual([`removals ${made.account}`]);
  await sweeps(made);
  expect(await stored(made)).toEqual(others);
  expect(made.logged).toContainEqual(
    expect.objectContaining({ message: 'The followers of a removed account are deleted.' }),
  );
});

test('a removal that was cut short can be repeated', async () => {
  const made = await start();
  // As far as the command came.
  await new Removals(tablesOf(made.runtime).followers).note(made.account, made.clock.now());
  await secretsOf(made.runtime).remove(made.account);
  expect(await remove(made)).toMatchObject({ done: expect.stringContaining('is removed') });
  await expect(made.admin({ command: 'account.show', account: made.account })).rejects.toThrow(
    'account_unknown',
  );
});

test('of several removed accounts the sweep begins with those that have waited longest', async () => {
  const made = (kit = await startKit());
  const removals = new Removals(tablesOf(made.runtime).followers);
  const [a, b, c] = [
    parseAppId('wx000000000000000a'),
    parseAppId('wx000000000000000b'),
    parseAppId('wx000000000000000c'),
  ];
  for (const account of [a, b, c]) await removals.note(account, 1000);
  const begun = await removals.take(a, 1000);
  if (begun) await removals.putOff(begun, 1020);
  await removals.note(b, 1010);
  expect(await removals.due(1019)).toEqual([c, b]);
  expect(await removals.due(1020)).toEqual([c, b, a]);
});

test('an account that is registered again has its followers with the next sync', async () => {
  const made = await start();
  await remove(made);
  await made.clock.advance(60);
  await made.admin({ ...about, ...none, account: made.account, secret: made.secret });
  await sync(made);
  await sweeps(made);
  expect(await mirrored(made)).toEqual(await listedByWeChat(made));
  expect((await stored(made)).filter((key) => key.startsWith('removals'))).toEqual([]);
});

test.each(['subscribe', 'unsubscribe'])(
  'a late %s of a removed account leaves nothing behind',
  async (event) => {
    const made = await start();
    await remove(made);
    await made.clock.advance(60);
    await sweeps(made);
    const before = await stored(made);
    const openid = 'oComesTooLate';
    const createdAt = made.clock.now();
    const push = { account: made.account, type: 'event', event, openid, createdAt, fields: {} };
    const body = JSON.stringify({ ...push, id: 'late', delivery: 'only' });
    const answer = await createEvents(made.runtime)({ Records: [{ messageId: '1', body }] }, lambdaContext);
    await made.settled();
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(made.logged).toContainEqual(expect.objectContaining({ message: 'A push was handled.' }));
    expect(await stored(made)).toEqual(before);
  },
);

test('a call for an account that was not removed deletes nothing', async () => {
  const made = await start();
  const before = await stored(made);
  const context = { ...lambdaContext, getRemainingTimeInMillis: () => 900_000 };
  await createSync(made.runtime)({ kind: 'forget', account: made.account }, context);
  expect(await stored(made)).toEqual(before);
});

test('a removal that failed in the middle can be repeated', async () => {
  const { runtime, account } = (kit = await startKit({ tables: 'memory', followers: 1 }));
  const tables = tablesOf(runtime);
  let fails = true;
  const credentials = {
    ...tables.credentials,
    delete: (...given: Parameters<typeof tables.credentials.delete>) => {
      if (!fails || given[0]['kind'] !== 'access_token') return tables.credentials.delete(...given);
      fails = false;
      return Promise.reject(new Error('throttled'));
    },
  };
  const run = createAdmin({ ...runtime, tables: { ...tables, credentials } });
  const removed = () => run({ command: 'account.remove', account }, lambdaContext);
  await removed().catch(() => undefined);
  await removed().catch(() => undefined);
  expect((await new CredentialStore(tables.credentials, 'access_token').read(account)).value).toBeUndefined();
});
