import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { snsAlarms } from '../../shared/credentials/alarms.ts';
import { schedulerBookings } from '../../shared/credentials/bookings.ts';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import type { Credential, Failure } from '../../shared/credentials/credential.ts';
import { noticeSeconds } from '../../shared/credentials/timing.ts';
import { lambdasWith } from '../../shared/platform/lambdas.ts';
import type { LeaseTable } from '../../shared/platform/lease.ts';
import type { LogSink } from '../../shared/platform/log.ts';
import { account, answered, manual, minted, type Scene, start } from '../model/scene.ts';
import { startRecorder, type Recorder } from '../platform/recorder.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** Has each deadline be over at once, and tells which ones were set, in milliseconds. */
function deadlinesPass(): number[] {
  const set: number[] = [];
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    set.push(ms);
    return AbortSignal.abort(Object.assign(new Error(), { name: 'TimeoutError' }));
  });
  return set;
}

/** A call to AWS that gets no answer, and ends with its deadline alone. */
const hangs = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
  });

function noting(): { lines: [string, unknown][]; log: LogSink } {
  const lines: [string, unknown][] = [];
  const note: LogSink['info'] = (message, fields) => void lines.push([message, fields]);
  return { lines, log: { info: note, warn: note, error: note } };
}

test('a booking that hangs keeps nobody waiting and fails nothing', async () => {
  const { scene, of } = await minted();
  const { lines, log } = noting();
  const deadlines = deadlinesPass();
  const keeper = scene.keeper({ log, bookings: { book: (_, __, signal) => hangs(signal) } });
  expect(await keeper.refresh(of, manual)).toEqual({ state: 'usable', generation: 2 });
  expect(deadlines).toEqual([noticeSeconds * 1000]);
  expect(lines).toContainEqual([
    'The next refresh could not be booked; the sweep will find it.',
    { account: of.appId, error: 'TimeoutError' },
  ]);
});

test('an alarm that hangs keeps nobody waiting, fails nothing, and rings at the next failure', async () => {
  const { scene, of } = await minted();
  const { lines, log } = noting();
  const deadlines = deadlinesPass();
  const mint = () => Promise.reject(answered(40164));
  const alarms = { raise: (_: unknown, __: unknown, ___: unknown, signal: AbortSignal) => hangs(signal) };
  const outcome = await scene.keeper({ mint, log, alarms }).refresh(of, manual);
  expect(outcome).toEqual({ state: 'usable', generation: 1 });
  expect(deadlines).toEqual([noticeSeconds * 1000, noticeSeconds * 1000]);
  expect(lines).toContainEqual([
    'An alarm could not be raised.',
    { account: of.appId, code: 'wechat_ip_not_allowed', error: 'TimeoutError' },
  ]);
  await scene.keeper({ mint }).refresh(of, manual);
  expect(scene.raised).toHaveLength(1);
});

describe('that a person was told', () => {
  const needsPerson = () => Promise.reject(answered(40164));

  /** A person is told of a failure; each time that is to be noted, `meanwhile` comes first. */
  async function tell(meanwhile: (scene: Scene, notes: number) => Promise<unknown>) {
    const { scene, of } = await minted('stable');
    const { lines, log } = noting();
    let notes = 0;
    const update: LeaseTable['update'] = async (key, change) => {
      if (change.set?.['told'] !== undefined) await meanwhile(scene, (notes += 1));
      return scene.table.update(key, change);
    };
    const keeper = scene.keeper({ log, mint: needsPerson, table: { ...scene.table, update } });
    await keeper.refresh(of, manual);
    return { scene, lines, notes: () => notes, left: await scene.read() };
  }
  const change = async (scene: Scene, set: Partial<Credential>) => {
    const store = new CredentialStore(scene.table, 'access_token');
    await store.amend(account.appId, await scene.read(), set, { now: scene.now });
  };

  test('is noted though something else changes meanwhile, beside what was told before', async () => {
    const { left, notes } = await tell((scene, n) =>
      n === 1 ? change(scene, { told: ['wechat_busy'] }) : Promise.resolve(),
    );
    expect(left.told).toEqual(['wechat_busy', 'wechat_ip_not_allowed']);
    expect(notes()).toBe(2);
  });

  test('is noted alone where nothing was told before', async () => {
    const { left } = await tell(() => Promise.resolve());
    expect(left.told).toEqual(['wechat_ip_not_allowed']);
  });

  test('is noted once though the answer to that was lost, and the SDK has repeated it', async () => {
    const { scene, of } = await minted('stable');
    const table = scene.repeating((set) => set['told'] !== undefined);
    await scene.keeper({ mint: needsPerson, table }).refresh(of, manual);
    expect(await scene.read()).toMatchObject({
      told: ['wechat_ip_not_allowed'],
      notices: [[scene.raised[0]?.at, 'wechat_ip_not_allowed']],
    });
  });

  test('is tried to note five times, a second apart', async () => {
    const { left, notes } = await tell((scene) => change(scene, {}));
    expect(left.told).toBeUndefined();
    expect(notes()).toBe(5);
  });

  test('is not noted once a refresh has succeeded', async () => {
    const { left, notes } = await tell((scene) => scene.keeper().refresh(account, manual));
    expect(left.told).toBeUndefined();
    expect(notes()).toBe(1);
  });

  test('is logged where it cannot be noted', async () => {
    const { lines } = await tell(() => Promise.reject(new RangeError('DynamoDB')));
    expect(lines.at(-1)).toEqual([
      'It could not be noted that a person was told; they are told again.',
      { account: account.appId, error: 'RangeError' },
    ]);
  });
});

const failure: Failure = {
  code: 'wechat_ip_not_allowed',
  message: '',
  advice: '',
  needsPerson: true,
  count: 1,
  at: start,
  retryAt: start + 300,
};
const arn = 'arn:aws:lambda:us-east-1:1:function:refresh';
const calls: [string, (config: Recorder['config'], signal: AbortSignal) => Promise<void>][] = [
  [
    'a booking',
    (config, signal) =>
      schedulerBookings(new SchedulerClient(config), {
        functionArn: arn,
        roleArn: 'arn:aws:iam::1:role/schedule',
        deadLetterArn: 'arn:aws:sqs:us-east-1:1:dead',
        group: 'group',
        credential: 'access_token',
      }).book(account.appId, start, signal),
  ],
  [
    'an alarm',
    (config, signal) =>
      snsAlarms(new SNSClient(config), {
        topicArn: 'arn:aws:sns:us-east-1:1:alarms',
        publicUrl: 'https://keyring.example.com',
        kind: 'access_token',
      }).raise(account, failure, { generation: 1 }, signal),
  ],
  ['the start of a run', (config, signal) => lambdasWith(config).start(arn, {}, signal)],
];

test.each(calls)('%s ends with its signal, whatever AWS does', async (_, call) => {
  const controller = new AbortController();
  const recorder = await startRecorder(() => {
    controller.abort();
    return 'hang';
  });
  try {
    await expect(call(recorder.config, controller.signal)).rejects.toThrow();
    expect(recorder.received).toHaveLength(1);
  } finally {
    await recorder.close();
  }
});
