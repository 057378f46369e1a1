import type { Change } from '../attacks/mutants.ts';
import type { scenarios } from './scenarios.ts';

/** The source without one part of the refresh protocol. */
export interface Mutant {
  /** The part that is missing: a row of the last table in docs/refresh-protocol.md. */
  readonly without: string;
  readonly changes: readonly Change[];
  /** What notices it: random schedules, or the scenarios of these names. */
  readonly seenBy: 'schedules' | readonly (keyof typeof scenarios)[];
}

const attempt = 'shared/credentials/attempt.ts';
const requests = 'shared/credentials/attempt-requests.ts';
const record = 'shared/credentials/attempt-record.ts';
const notices = 'shared/credentials/notices.ts';
const keeper = 'shared/credentials/keeper.ts';
const credential = 'shared/credentials/credential.ts';
const store = 'shared/credentials/credential-store.ts';
const lease = 'shared/platform/lease.ts';
const watch = 'shared/credentials/watch.ts';
const reader = 'shared/credentials/reader.ts';

/** Every part that docs/refresh-protocol.md names. */
export const mutants: readonly Mutant[] = [
  {
    without: 'the lease is free',
    seenBy: 'schedules',
    changes: [
      {
        file: lease,
        find: "'(attribute_not_exists(#leaseUntil) OR #leaseUntil < :leaseNow)'",
        replace:
          "'(attribute_not_exists(#leaseUntil) OR #leaseUntil < :leaseNow OR attribute_exists(#leaseUntil))'",
      },
    ],
  },
  {
    without: 'the lease is taken of the revision that was seen',
    seenBy: 'schedules',
    changes: [
      {
        file: store,
        find: "? { expression: 'attribute_not_exists(#revision)' }",
        replace: "? { expression: 'attribute_not_exists(#never)' }",
      },
      {
        file: store,
        find: "expression: '#revision = :seen'",
        replace: "expression: '(#revision = :seen OR attribute_exists(#revision))'",
      },
    ],
  },
  {
    without: 'the fence of what a refresh brought',
    seenBy: 'schedules',
    changes: [
      {
        file: lease,
        find: '      remove: [...holderAttributes, ...remove],\n      condition: isOwnedBy(lease),',
        replace: '      remove: [...holderAttributes, ...remove],',
      },
    ],
  },
  {
    without: 'the fence of what is written before a mint',
    seenBy: 'schedules',
    changes: [
      {
        file: lease,
        find: '{ ...change, condition: isOwnedBy(lease) }',
        replace: 'change',
      },
    ],
  },
  {
    without: 'what is written before a mint is a transition',
    seenBy: ['who looked before another one began a mint takes no lease'],
    changes: [
      {
        file: store,
        find: 'const begun = { ...lease, revision: lease.revision + 1 };',
        replace: 'const begun = { ...lease, revision: lease.revision };',
      },
    ],
  },
  {
    without: 'a holder knows its own write again',
    seenBy: ['who publishes and does not hear of it mints no more'],
    changes: [
      {
        file: lease,
        find: 'return released || (await this.#read(lease.key)).releasedBy === lease.owner;',
        replace: 'return released;',
      },
    ],
  },
  {
    without: 'a taker of the lease knows its own write again',
    seenBy: ['who takes the lease and does not hear of it goes on at once'],
    changes: [
      {
        file: lease,
        find: 'return taken || (await this.#read(key)).leaseOwner === lease.owner ? lease : undefined;',
        replace: 'return taken ? lease : undefined;',
      },
    ],
  },
  {
    without: 'the check of a rejection',
    seenBy: 'schedules',
    changes: [
      {
        file: attempt,
        find: "if (verdict.state === 'accepted' || (verdict.state === 'unknown' && !this.#mayAskLender())) {",
        replace: 'if (verdict === undefined) {',
      },
      {
        file: attempt,
        find: "this.#isRejected = verdict.state === 'rejected';",
        replace: 'this.#isRejected = true;',
      },
    ],
  },
  {
    without: 'no verdict changes nothing',
    seenBy: 'schedules',
    changes: [
      {
        file: attempt,
        find: "if (verdict.state === 'accepted' || (verdict.state === 'unknown' && !this.#mayAskLender())) {",
        replace: "if (verdict.state === 'accepted') {",
      },
      {
        file: attempt,
        find: "this.#isRejected = verdict.state === 'rejected';",
        replace: 'this.#isRejected = true;',
      },
    ],
  },
  {
    without: 'a verdict answers only reports from before it',
    seenBy: 'schedules',
    changes: [
      {
        file: watch,
        find: 'verdict.check <= checks',
        replace: 'verdict.check < checks',
      },
    ],
  },
  {
    without: 'a report joins only one that began after its call',
    seenBy: ['a report joins only one that began after its call was sent'],
    changes: [
      {
        file: reader,
        find: 'if (underWay && sentAt < underWay.moment) return underWay.answer;',
        replace: 'if (underWay) return underWay.answer;',
      },
    ],
  },
  {
    without: 'a report is compared with what is stored',
    seenBy: ['a report about an older value asks WeChat nothing'],
    changes: [
      {
        file: credential,
        find: 'return credential.generation === need.generation || !isUsable(credential, now);',
        replace: 'return true;',
      },
      {
        file: watch,
        find: "if (need.reason === 'rejected' && need.generation === seen.generation &&",
        replace: "if (need.reason === 'rejected' && seen.generation > 0 &&",
      },
    ],
  },
  {
    without: 'the cut of a value that WeChat rejects',
    seenBy: [
      'nobody is handed a value that WeChat rejects while another one is asked for',
      'a value that WeChat rejects is not handed out after a refresh that failed',
    ],
    changes: [
      {
        file: record,
        find: 'if (isRejected) return 0;',
        replace: 'if (isRejected) return seen.usableUntil;',
      },
      {
        file: record,
        find: 'usableUntil: 0, rejectedGeneration: seen.generation',
        replace: 'rejectedGeneration: seen.generation',
      },
    ],
  },
  {
    without: 'the cut of a rejected value during a back-off',
    seenBy: ['a value that WeChat rejects during a back-off is not handed out'],
    changes: [
      {
        file: attempt,
        find: 'usableUntil: 0, rejectedGeneration: generation',
        replace: 'rejectedGeneration: generation',
      },
    ],
  },
  {
    without: 'the cut before a classic mint',
    seenBy: 'schedules',
    changes: [
      {
        file: record,
        find: 'Math.min(seen.usableUntil, now + graceSeconds)',
        replace: 'seen.usableUntil',
      },
    ],
  },
  {
    without: 'the cut after a mint whose end is not known',
    seenBy: ['a second mint after one without an answer leaves nobody the value before it'],
    changes: [
      {
        file: record,
        find: 'return seen.unsettledSince !== undefined ? 0 : Math.min(',
        replace: 'return Math.min(',
      },
    ],
  },
  {
    without: 'a classic mint is noted before it is sent',
    seenBy: ['a value is trusted for its grace only once a process died over a mint'],
    changes: [
      {
        file: record,
        find: "unsettledSince: renewal === 'classic' ? now : undefined,",
        replace: 'unsettledSince: undefined,',
      },
    ],
  },
  {
    without: 'a refresh is due should its process die',
    seenBy: ['a refresh is due when the lease of a process that died over it ends'],
    changes: [{ file: record, find: '    refreshAt: now + leaseSeconds,\n', replace: '' }],
  },
  {
    without: 'the life counted from before the request',
    seenBy: 'schedules',
    changes: [
      {
        file: attempt,
        find: 'this.#extendLife(minted, askedAt) : this.#publish(minted, askedAt)',
        replace:
          'this.#extendLife(minted, this.#parts.clock.now()) : this.#publish(minted, this.#parts.clock.now())',
      },
    ],
  },
  {
    without: 'a mint is sent only while there is time',
    seenBy: ['a mint has the time that is left of the calls of its lease'],
    changes: [
      {
        file: requests,
        find: 'byHand, until: this.#until }',
        replace: 'byHand, until: Number.POSITIVE_INFINITY }',
      },
    ],
  },
  {
    without: 'a lease that was lost after a mint is settled',
    seenBy: [
      'who lost the lease after a mint has the value of the winner settled',
      'who lost the lease twice leaves word that the value may be dead',
    ],
    changes: [
      {
        file: keeper,
        find: 'if (replacedFrom !== undefined) await this.#unsettle(account, { owner, replacedFrom });',
        replace: '',
      },
    ],
  },
  {
    without: 'a lease that was lost after a failed mint is settled',
    seenBy: ['who lost the lease and then the answer to its mint has the value of the winner settled'],
    changes: [
      {
        file: attempt,
        find: 'if (!(await this.#release(writing))) return this.#leaseLost();',
        replace: "if (!(await this.#release(writing))) return { state: 'unavailable', failure };",
      },
    ],
  },
  {
    without: 'the second attempt keeps to the budget',
    seenBy: 'schedules',
    changes: [
      {
        file: keeper,
        find: "if (replacedFrom !== undefined) return { reason: 'due' };",
        replace: "if (replacedFrom !== undefined) return { reason: 'manual' };",
      },
    ],
  },
  {
    without: 'the budget of mints',
    seenBy: 'schedules',
    changes: [
      {
        file: attempt,
        find: "need.reason !== 'manual' && this.#isBudgetSpent()",
        replace: 'account.mintBudget < 0',
      },
    ],
  },
  {
    without: 'the back-off',
    seenBy: ['nothing is asked for again before the time that a failure named'],
    changes: [
      {
        file: credential,
        find: 'if (failure === undefined || now >= failure.retryAt) return false;',
        replace: 'if (failure === undefined || now > 0) return false;',
      },
    ],
  },
  {
    without: 'a rejected value is published again only once WeChat accepts it',
    seenBy: 'schedules',
    changes: [
      {
        file: attempt,
        find: 'if (minted.value !== seen.value || !this.#isRejected) return minted;',
        replace: 'if (minted.value !== seen.value || !this.#requests.isRejectionConfirmed) return minted;',
      },
    ],
  },
  {
    without: 'a force only after WeChat has confirmed the rejection',
    seenBy: ['a force is asked for only once WeChat has confirmed the rejection'],
    changes: [
      {
        file: attempt,
        find: 'if (!this.#requests.isRejectionConfirmed) {',
        replace: 'if (!this.#requests) {',
      },
    ],
  },
  {
    without: 'forces are thirty seconds apart',
    seenBy: ['two forces are thirty seconds apart'],
    changes: [{ file: attempt, find: 'if (now < guardEnds) {', replace: 'if (now < 0) {' }],
  },
  {
    without: 'a force is noted before it is sent',
    seenBy: ['a force whose answer is lost counts', 'twenty forces a day are all'],
    changes: [
      {
        file: attempt,
        find: 'return this.#keepsLease({ forced: { ...oneMore(seen.forced, now), lastAt: now } });',
        replace: 'return true;',
      },
    ],
  },
  {
    without: 'a used-up quota is asked about again',
    seenBy: 'schedules',
    changes: [
      {
        file: 'shared/credentials/failure.ts',
        find: 'retryAt: now + quotaBeliefSeconds }),',
        replace: 'retryAt: now + 12 * quotaBeliefSeconds }),',
      },
    ],
  },
  {
    without: 'a mint without an answer is repeated only after the grace',
    seenBy: ['a token whose mint got no answer stays in use for its grace'],
    changes: [
      {
        file: record,
        find: 'Math.max(failure.retryAt, now + minuteSeconds, grace)',
        replace: 'Math.max(failure.retryAt, now + minuteSeconds)',
      },
    ],
  },
  {
    without: 'what nobody is left to note is found by calls',
    seenBy: [
      'a token that was killed by a process that died before it could note that is replaced at the first call',
      'a token that was killed by a late mint of an earlier request is replaced at the first call',
    ],
    changes: [
      {
        file: attempt,
        find: "if (verdict.state === 'accepted' || (verdict.state === 'unknown' && !this.#mayAskLender())) {",
        replace: 'if (verdict !== undefined) {',
      },
    ],
  },
  {
    without: 'a booking that runs early books again',
    seenBy: ['a booking that runs early books another one'],
    changes: [
      {
        file: keeper,
        find: 'await this.#parts.notices.book(account, dueAt + minuteSeconds);',
        replace: 'void dueAt;',
      },
    ],
  },
  {
    without: 'twenty forces a day',
    seenBy: ['twenty forces a day are all'],
    changes: [{ file: attempt, find: 'if (count >= forcedPerDay) throw', replace: 'if (count < 0) throw' }],
  },
  {
    without: 'a lease that was lost twice is on record',
    seenBy: ['who lost the lease twice leaves word that the value may be dead'],
    changes: [{ file: keeper, find: '    await this.#needAfter(account, need, second);\n', replace: '' }],
  },
  {
    without: 'a call that WeChat rejected is sent once more',
    seenBy: ['a call that WeChat rejects by mistake is sent once more with the same token'],
    changes: [
      {
        file: 'shared/credentials/account-calls.ts',
        find: 'return sendAs(credential);',
        replace:
          "if (credential.generation === present.generation) throw new Error('rejected');\n    return sendAs(credential);",
      },
    ],
  },
  {
    without: 'the first value of an account is settled, too',
    seenBy: ['who lost the lease over the first value of an account has that of the winner settled'],
    changes: [
      {
        file: keeper,
        find: 'seen.usableUntil === undefined && seen.leaseOwner === undefined',
        replace: 'seen.usableUntil === undefined',
      },
    ],
  },
  {
    without: 'a lease is taken away from who publishes late',
    seenBy: ['a winner that is slow to publish does not have the last word'],
    changes: [{ file: keeper, find: 'evenIfHeld: mayRob(seen, now)', replace: 'evenIfHeld: false' }],
  },
  {
    without: 'but not from who gets on',
    seenBy: ['a winner that gets on is not robbed of its lease'],
    changes: [
      {
        file: keeper,
        find: 'standstill.at(now) >= settleSeconds',
        replace: 'now >= waitUntil - settleSeconds',
      },
    ],
  },
  {
    without: 'a lease that was watched for its length has run out',
    seenBy: ['who waits for a dead holder whose clock is ahead takes its place'],
    changes: [
      { file: watch, find: 'return this.#standstill.at(now) > leaseSeconds;', replace: 'return now < 0;' },
    ],
  },
  {
    without: 'a day that is still to come by one clock goes on by another',
    seenBy: ['clocks on both sides of midnight share one budget'],
    changes: [
      {
        file: 'shared/credentials/day-count.ts',
        find: 'counted.day >= chinaDay(now)',
        replace: 'counted.day === chinaDay(now)',
      },
    ],
  },
  {
    without: 'a force needs a verdict',
    seenBy: ['a force is asked for only with a verdict of WeChat'],
    changes: [
      { file: attempt, find: "      if (verdict.state === 'unknown') throw verdict.error;\n", replace: '' },
    ],
  },
  {
    without: 'a force needs the lease',
    seenBy: ['who has lost the lease forces nothing'],
    changes: [
      {
        file: attempt,
        find: 'return this.#keepsLease({ forced: { ...oneMore(seen.forced, now), lastAt: now } });',
        replace:
          'await this.#keepsLease({ forced: { ...oneMore(seen.forced, now), lastAt: now } });\nreturn true;',
      },
    ],
  },
  {
    without: 'the lease is extended before a mint',
    seenBy: ['a mint after a slow check has a whole lease, and its time'],
    changes: [{ file: attempt, find: '      leaseUntil: now + leaseSeconds,\n', replace: '' }],
  },
  {
    without: 'a mint after a check has its whole time',
    seenBy: ['a mint after a slow check has a whole lease, and its time'],
    changes: [
      {
        file: attempt,
        find: 'this.#requests.startAnew(now);',
        replace: '',
      },
    ],
  },
  {
    without: 'what surely brought nothing does not count',
    seenBy: ['a mint that surely brought nothing does not count'],
    changes: [
      {
        file: record,
        find: 'return { mints, usableUntil, ',
        replace: 'return { usableUntil, ',
      },
    ],
  },
  {
    without: 'a lease that is past is taken away by what is put on record',
    seenBy: ['who comes back after its lease undoes nothing that was put on record'],
    changes: [{ file: store, find: '      remove: holderAttributes,\n', replace: '' }],
  },
  {
    without: 'a busy WeChat is asked about a doubtful value',
    seenBy: ['a value that WeChat accepts stays in use while it is busy'],
    changes: [
      {
        file: attempt,
        find: "if (state === 'unknown') return undefined;",
        replace: 'if (state !== undefined) return undefined;',
      },
    ],
  },
  {
    without: 'a WeChat that is silent is not',
    seenBy: ['a value is not trusted after two mints that may be made yet'],
    changes: [
      {
        file: attempt,
        find: 'const isOver = replacedFrom === undefined || error instanceof WeChatApiError;',
        replace: 'const isOver = replacedFrom !== 0 || error instanceof WeChatApiError;',
      },
    ],
  },
  {
    without: 'a value in doubt is asked about during a back-off',
    seenBy: ['a value in doubt is asked about although nothing else may be asked for'],
    changes: [
      {
        file: watch,
        find: 'return isOnlyToBeChecked(need, seen, limits);',
        replace: 'return isOnlyToBeChecked(need, seen, { ...limits, now: 0 });',
      },
    ],
  },
  {
    without: 'what WeChat accepts during its grace stays in doubt',
    seenBy: ['an acceptance during the grace of a value says nothing of its end'],
    changes: [{ file: record, find: 'now >= openSince + doubtSeconds', replace: 'now >= openSince' }],
  },
  {
    without: 'what WeChat accepts after its grace is in doubt no more',
    seenBy: ['an acceptance after the grace of a value ends the doubt'],
    changes: [{ file: record, find: 'now >= openSince + doubtSeconds', replace: 'now < 0' }],
  },
  {
    without: 'a stable token that cannot be asked about is asked for',
    seenBy: ['a stable token that cannot be asked about is asked for within ten minutes'],
    changes: [
      {
        file: record,
        find: 'return soon < (seen.refreshAt ?? Number.POSITIVE_INFINITY) ? soon : undefined;',
        replace: 'return undefined;',
      },
    ],
  },
  {
    without: 'no classic mint for want of a verdict',
    seenBy: ['a classic token that cannot be asked about is left alone'],
    changes: [
      {
        file: record,
        find: "if (renewal !== 'stable' || !hasMintsToSpare(seen, { mintBudget, now })) return undefined;",
        replace: 'if (!hasMintsToSpare(seen, { mintBudget, now })) return undefined;',
      },
    ],
  },
  {
    without: 'mints are left for the day',
    seenBy: ['tokens that cannot be asked about cost half of the mints of a day at most'],
    changes: [
      {
        file: record,
        find: 'return 2 * countedToday(mints, now) < mintBudget;',
        replace: 'return mints !== undefined || mintBudget >= now;',
      },
    ],
  },
  {
    without: 'an alarm rings once for each kind of failure',
    seenBy: ['a person is told once of each of two faults that alternate'],
    changes: [{ file: 'shared/credentials/failure.ts', find: ' && !told.includes(code);', replace: ';' }],
  },
  {
    without: 'an alarm that could not be raised rings later',
    seenBy: ['what a person could not be told is told at the next failure'],
    changes: [
      {
        file: notices,
        find: 'if (await this.#raised(account, failure, left)) await',
        replace: 'await this.#raised(account, failure, left);\n    await',
      },
    ],
  },
  {
    without: 'an alarm rings again after a success',
    seenBy: ['a person is told again of a fault that comes back'],
    changes: [
      {
        file: record,
        find: "  'told',\n",
        replace: '',
      },
    ],
  },
  {
    without: 'who refresh by hand at once share a mint',
    seenBy: ['two people who refresh by hand at once have one mint made'],
    changes: [
      {
        file: watch,
        find: 'if (isDoneSince(this.#first, need, seen)) return outcomeOf(seen, now);',
        replace: '',
      },
    ],
  },
  {
    without: 'but not one that began before',
    seenBy: ['who refreshes by hand is not answered with a mint that began before'],
    changes: [
      {
        file: watch,
        find: 'endedAttempt > (first.attempts ?? 0)',
        replace: 'endedAttempt >= (first.attempts ?? 0)',
      },
    ],
  },
  {
    without: 'mints without an answer become rare in classic mode',
    seenBy: ['mints that stay without an answer become rare in classic mode'],
    changes: [
      {
        file: 'shared/credentials/failure.ts',
        find: "kind === 'open' && count > patience ? quotaBeliefSeconds : minuteSeconds",
        replace: 'minuteSeconds',
      },
    ],
  },
  {
    without: 'and not in stable mode',
    seenBy: ['mints that stay without an answer go on each minute in stable mode'],
    changes: [
      {
        file: 'shared/credentials/failure.ts',
        find: "usesUpMints && mayHaveMinted ? 'open'",
        replace: "mayHaveMinted ? 'open'",
      },
    ],
  },
];
