import fc from 'fast-check';
import type { TokenMode } from '../../shared/accounts/accounts.ts';

/** What WeChat does to a request for a token. `minted`: it made one all the same. */
export type WeChatFault =
  | { readonly how: 'busy' | 'http_500' | 'timeout' | 'reset'; readonly minted: boolean }
  | {
      readonly how: 'no_connection' | 'ip_not_allowed' | 'minute_quota' | 'day_quota';
      readonly minted: false;
    };

/**
 * A step of some worker: the n-th of all steps of refreshes, of those by whoever has held the lease, of all writes, or
 * of all steps of reads and calls. A step is a request to the table or to WeChat with its answer, or a wait.
 */
export interface Step {
  readonly path: 'refresh' | 'holder' | 'write' | 'read';
  readonly step: number;
}

/** Before the step takes effect, or after it did and before the worker knows. */
export type When = 'before' | 'after';

/** Something that goes wrong. `at` in seconds after the start. */
export type Fault =
  | (Step & { readonly kind: 'crash'; readonly when: When; readonly restartAfter: number })
  | (Step & { readonly kind: 'stall'; readonly when: When; readonly seconds: number })
  /** The step fails and nothing is written; or what it did stays done and only the answer is lost. */
  | (Step & { readonly kind: 'throttle' | 'lost reply' })
  /** The SDK repeats a write whose answer was lost, and the caller gets the answer of the repetition. */
  | (Step & { readonly kind: 'silent retry' })
  | { readonly kind: 'bad answer'; readonly ask: number; readonly fault: WeChatFault }
  | { readonly kind: 'outage'; readonly at: number; readonly seconds: number; readonly fault: WeChatFault }
  | { readonly kind: 'throttling'; readonly at: number; readonly seconds: number }
  /** WeChat rejects calls with a token that is good before and after. */
  | { readonly kind: 'strays'; readonly at: number; readonly seconds: number }
  /** The n-th time that WeChat is asked whether it accepts a token, it says no of a good one. */
  | { readonly kind: 'stray verdict'; readonly check: number }
  /** A worker that has lost its lease asks WeChat, and the answer is lost. */
  | { readonly kind: 'lost answer of the stalled' }
  | { readonly kind: 'neighbour'; readonly at: number }
  | { readonly kind: 'revocation'; readonly at: number; readonly how: 'forgotten' | 'kept' };

/** All readers at once, and perhaps an operator who asks for a refresh. */
export interface Burst {
  readonly at: number;
  readonly manual: boolean;
}

/** One run of the model. Everything that happens follows from it. */
export interface Schedule {
  readonly mode: TokenMode;
  /** Latencies, the order of what happens at once, and jitter. */
  readonly seed: number;
  /** How old the stored token is at the start, in seconds; without one the store is empty. */
  readonly age: number | undefined;
  /** For each worker by how many seconds its clock is ahead of the true time. */
  readonly skews: readonly number[];
  /** Who refreshes when a reader asks: its own process, or that of the next worker. */
  readonly refresher: 'self' | 'next';
  /** About how many seconds pass between two reads of one worker. */
  readonly readEvery: number;
  /**
   * When booked refreshes are run: within the minute that they are for, up to a minute before it, or never, so that only
   * the sweep and the readers are left.
   */
  readonly bookings: 'late' | 'early' | 'never';
  /** How many mints a day the account has. */
  readonly mintBudget: number;
  readonly bursts: readonly Burst[];
  readonly faults: readonly Fault[];
  /** When an operator changes the account's mode to the other one: at a time, or at the n-th step of whoever has held the lease. */
  readonly modeChanges: readonly ({ readonly at: number } | { readonly holderStep: number })[];
}

/** How long there are faults, in seconds. */
export const faultySeconds = 1000;
const maxWorkers = 6;

const moment = fc.integer({ min: 0, max: faultySeconds - 50 });
const when = fc.constantFrom<When>('before', 'after');
const wechatFault: fc.Arbitrary<WeChatFault> = fc.oneof(
  fc.record({
    how: fc.constantFrom<'busy' | 'http_500' | 'timeout' | 'reset'>('busy', 'http_500', 'timeout', 'reset'),
    minted: fc.boolean(),
  }),
  fc.record({
    how: fc.constantFrom<'no_connection' | 'ip_not_allowed' | 'minute_quota' | 'day_quota'>(
      'no_connection',
      'ip_not_allowed',
      'minute_quota',
      'day_quota',
    ),
    minted: fc.constant<false>(false),
  }),
);
const stepOf = (path: Step['path'], last: number): fc.Arbitrary<Step> =>
  fc.record({ path: fc.constant(path), step: fc.nat(last) });
const step = fc.oneof(
  { weight: 3, arbitrary: stepOf('holder', 8) },
  { weight: 2, arbitrary: stepOf('refresh', 40) },
  { weight: 1, arbitrary: stepOf('read', 60) },
);
const tableStep = fc.oneof(
  { weight: 3, arbitrary: stepOf('write', 8) },
  { weight: 1, arbitrary: stepOf('refresh', 40) },
  { weight: 1, arbitrary: stepOf('read', 60) },
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .tuple(step, when, fc.integer({ min: 1, max: 60 }))
    .map(([at, side, restartAfter]): Fault => ({ kind: 'crash', ...at, when: side, restartAfter })),
  fc
    .tuple(step, when, fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 21, max: 400 })))
    .map(([at, side, seconds]): Fault => ({ kind: 'stall', ...at, when: side, seconds })),
  fc
    .tuple(
      tableStep,
      fc.constantFrom<'throttle' | 'lost reply' | 'silent retry'>('throttle', 'lost reply', 'silent retry'),
    )
    .map(([at, kind]): Fault => ({ kind, ...at })),
  fc.record({ kind: fc.constant<'bad answer'>('bad answer'), ask: fc.nat(5), fault: wechatFault }),
  fc.record({
    kind: fc.constant<'outage'>('outage'),
    at: moment,
    seconds: fc.integer({ min: 5, max: 900 }),
    fault: wechatFault,
  }),
  fc.record({
    kind: fc.constant<'throttling'>('throttling'),
    at: moment,
    seconds: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({
    kind: fc.constant<'strays'>('strays'),
    at: moment,
    seconds: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({ kind: fc.constant<'stray verdict'>('stray verdict'), check: fc.nat(2) }),
  fc.record({ kind: fc.constant<'lost answer of the stalled'>('lost answer of the stalled') }),
  fc.record({ kind: fc.constant<'neighbour'>('neighbour'), at: moment }),
  fc.record({
    kind: fc.constant<'revocation'>('revocation'),
    at: moment,
    how: fc.constantFrom<'forgotten' | 'kept'>('forgotten', 'kept'),
  }),
);

const age = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: 0, max: 7300 }),
  // About to be due: after 110 minutes, or with 240 of 7200 seconds left.
  fc.integer({ min: 6000, max: 6650 }),
  fc.integer({ min: 6800, max: 7200 }),
);

const trueClocks = fc.integer({ min: 2, max: maxWorkers }).map((count) => Array<number>(count).fill(0));
const skewedClocks = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 2, maxLength: maxWorkers });

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  mode: fc.constantFrom<TokenMode>('stable', 'classic'),
  seed: fc.nat(),
  age,
  skews: fc.oneof(trueClocks, skewedClocks),
  refresher: fc.constantFrom<'self' | 'next'>('self', 'next'),
  readEvery: fc.integer({ min: 60, max: 400 }),
  bookings: fc.constantFrom<'late' | 'early' | 'never'>('late', 'early', 'never'),
  mintBudget: fc.oneof({ weight: 3, arbitrary: fc.constant(200) }, fc.integer({ min: 3, max: 6 })),
  bursts: fc.array(fc.record({ at: moment, manual: fc.boolean() }), { maxLength: 3 }),
  faults: fc.array(fault, { maxLength: 6, size: 'max' }),
  modeChanges: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.oneof(fc.record({ at: moment }), fc.record({ holderStep: fc.nat(8) })), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
});
