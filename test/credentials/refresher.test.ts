import { expect, jest, test } from '@jest/globals';
import type { Account } from '../../shared/accounts/accounts.ts';
import { credentialStores } from '../../shared/credentials/credential-store.ts';
import type { CredentialKind, Need } from '../../shared/credentials/credential.ts';
import type { Mint } from '../../shared/credentials/mint.ts';
import { Refresher } from '../../shared/credentials/refresher.ts';
import { noticeSeconds } from '../../shared/credentials/timing.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import { account, answered, failing, manual, Scene } from '../model/scene.ts';

/** A refresher of the account, whose tickets are got with a token, and what it had started. */
function setUp() {
  const scene = new Scene();
  const reads: unknown[] = [];
  const stores = credentialStores({
    ...scene.table,
    get: (key, attributes) => {
      reads.push(key['kind']);
      return scene.table.get(key, attributes);
    },
    update: (key, change) => {
      reads.push('lease');
      return scene.table.update(key, change);
    },
  });
  const started: [CredentialKind, Need][] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const byHand: AppId[] = [];
  const logged: unknown[] = [];
  const note = (...line: unknown[]) => void logged.push(line);
  const registered: Account = account;
  const states = { isRegistered: true, isReadable: true, starts: true };
  const state = { ...states, account: registered, mint: scene.mint, ticket: scene.mint };
  const refresher = new Refresher({
    accounts: {
      get: () =>
        state.isReadable
          ? Promise.resolve(state.isRegistered ? state.account : undefined)
          : Promise.reject(new Error('DynamoDB is out of reach.')),
    },
    stores,
    keeperOf: (kind, requestToken, onSuccess) => {
      const ticket: Mint = async (...given) => {
        const token = await requestToken(account.appId, { reason: 'missing' });
        const { value, expiresIn } = await state.ticket(...given);
        if (state.account.lender !== undefined) return { value, expiresIn };
        return { value, expiresIn, tokenGeneration: token.state === 'usable' ? token.generation : -1 };
      };
      const mint: Mint = (...given) => state.mint(...given);
      return scene.keeper({ onSuccess, store: stores[kind], mint: kind === 'access_token' ? mint : ticket });
    },
    start: (kind, _, need, signal) => {
      started.push([kind, need]);
      signals.push(signal);
      return state.starts ? Promise.resolve() : Promise.reject(new Error('Lambda is out of reach.'));
    },
    onManual: (appId) => void byHand.push(appId),
    clock: scene.clock,
    log: { info: note, warn: note, error: note },
  });
  return { scene, stores, reads, started, signals, byHand, logged, state, refresher };
}

test('the credential of an account that is removed during its refresh is forgotten', async () => {
  const { scene, stores, state, refresher } = setUp();
  state.mint = (...given) => {
    state.isRegistered = false;
    return scene.mint(...given);
  };
  expect(await refresher.refresh('access_token', account.appId, manual)).toEqual({
    state: 'unavailable',
    failure: undefined,
  });
  expect((await stores.access_token.read(account.appId)).revision).toBe(0);
});

test('a token that could be had is told, and tickets follow it, though it cannot be read whether the account is still there', async () => {
  const { scene, started, logged, state, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  state.mint = (...given) => {
    state.isReadable = false;
    return scene.mint(...given);
  };
  expect(await refresher.refresh('access_token', account.appId, manual)).toEqual({
    state: 'usable',
    generation: 2,
  });
  expect(started).toEqual([['jsapi_ticket', manual]]);
  expect(logged).toEqual([
    [
      'It could not be read whether an account is still registered.',
      { account: account.appId, error: 'Error' },
    ],
  ]);
});

test('for an account that is not registered nothing is asked, and the log says so', async () => {
  const { scene, logged, byHand, state, refresher } = setUp();
  state.isRegistered = false;
  expect(await refresher.refresh('access_token', account.appId, manual)).toStrictEqual({
    state: 'unavailable',
    failure: undefined,
  });
  expect(scene.mints).toEqual([]);
  expect(byHand).toEqual([]);
  expect(logged).toEqual([
    ['A refresh of an account that is no longer registered was passed over.', { account: account.appId }],
  ]);
});

test('a refresh by hand is told before it, and no other', async () => {
  const { byHand, refresher } = setUp();
  await refresher.refresh('access_token', account.appId, { reason: 'missing' });
  expect(byHand).toEqual([]);
  await refresher.refresh('access_token', account.appId, manual);
  expect(byHand).toEqual([account.appId]);
});

test('tickets do not follow a token that could not be had', async () => {
  const { started, state, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  state.mint = failing(() => answered(40125));
  await refresher.refresh('access_token', account.appId, manual);
  expect(started).toEqual([]);
});

test('tickets do not follow a token that another run has brought', async () => {
  const { started, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  await refresher.refresh('access_token', account.appId, { reason: 'missing' });
  expect(started).toEqual([]);
});

test('a ticket that nobody could get yet follows the next token', async () => {
  const { scene, started, state, refresher } = setUp();
  state.ticket = failing(() => answered(48001));
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  scene.now += 300;
  await refresher.refresh('access_token', account.appId, manual);
  expect(started).toEqual([['jsapi_ticket', manual]]);
});

test('the tickets in use follow a new token, each in a run of its own', async () => {
  const { started, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  await refresher.refresh('access_token', account.appId, manual);
  expect(started).toEqual([['jsapi_ticket', { reason: 'manual' }]]);
});

test('a borrowed ticket, which names no token, follows one that has changed, and none that came back the same', async () => {
  const { scene, started, state, refresher } = setUp();
  state.account = { ...account, mode: 'stable', lender: 'https://keyring.example.com' };
  let value = 'of the lender';
  state.mint = () => Promise.resolve({ value, expiresIn: 1000 });
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  scene.now += 800;
  await refresher.refresh('access_token', account.appId, { reason: 'due' });
  expect(started).toEqual([]);
  value = 'of the lender, renewed';
  scene.now += 800;
  await refresher.refresh('access_token', account.appId, { reason: 'due' });
  expect(started).toEqual([['jsapi_ticket', { reason: 'due', tokenGeneration: 2 }]]);
});

test('a ticket does not follow the token that its own refresh has asked for', async () => {
  const { started, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  await refresher.refresh('wx_card_ticket', account.appId, { reason: 'missing' });
  expect(started).toEqual([]);
});

test('nor does one in use that its own refresh has asked for, after its end', async () => {
  const { scene, stores, started, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  await refresher.refresh('wx_card_ticket', account.appId, { reason: 'missing' });
  scene.now += 7200;
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  expect((await stores.jsapi_ticket.read(account.appId)).generation).toBe(2);
  expect(started).toEqual([['wx_card_ticket', { reason: 'due', tokenGeneration: 2 }]]);
});

test.each(['access_token', 'jsapi_ticket'] as const)(
  'the record of the %s is read once before its lease is taken',
  async (kind) => {
    const { reads, refresher } = setUp();
    await refresher.refresh(kind, account.appId, { reason: 'missing' });
    expect(reads.slice(0, reads.indexOf('lease')).filter((read) => read === kind)).toHaveLength(1);
  },
);

test('a ticket that cannot be started fails no refresh of the token, and the log says so', async () => {
  const { started, logged, state, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  state.starts = false;
  expect(await refresher.refresh('access_token', account.appId, manual)).toMatchObject({ state: 'usable' });
  expect(started).toHaveLength(1);
  expect(logged).toEqual([
    [
      'A ticket could not follow its token; the sweep will find it.',
      { account: account.appId, error: 'Error' },
    ],
  ]);
});

test('a ticket that was refused a short while ago does not follow the token before its pause is over', async () => {
  const { scene, started, state, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  state.ticket = () => Promise.reject(answered(48001));
  await refresher.refresh('jsapi_ticket', account.appId, manual);
  const refreshToken = async () => {
    const { generation } = await scene.read();
    await refresher.refresh('access_token', account.appId, { reason: 'rejected', generation });
  };
  await refreshToken();
  expect(started).toEqual([]);
  scene.now += 300;
  await refreshToken();
  expect(started).toEqual([['jsapi_ticket', { reason: 'due', tokenGeneration: 3 }]]);
});

test('who waits for a token waits for the start of a ticket no longer than for any notice', async () => {
  const { signals, refresher } = setUp();
  await refresher.refresh('jsapi_ticket', account.appId, { reason: 'missing' });
  const isOver = AbortSignal.abort();
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(isOver);
  await refresher.refresh('access_token', account.appId, manual);
  expect(timeout).toHaveBeenLastCalledWith(noticeSeconds * 1000);
  expect(signals).toEqual([isOver]);
  timeout.mockRestore();
});
