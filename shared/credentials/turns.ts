import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Table } from '../platform/table.ts';
import type { AppId } from '../wechat/tokens.ts';
import { isNeeded, outcomeOf, type Credential, type CredentialKind, type Need } from './credential.ts';
import { Looks } from './looks.ts';
import type { Refreshed, RequestRefresh, StoredCredentials } from './reader.ts';
import { turnSeconds } from './timing.ts';
import { Watch } from './watch.ts';

export interface TurnsParts {
  /** Where the turns stand, in partitions of their own: who takes one need not be allowed to write where the tokens are. */
  readonly credentials: Pick<Table, 'update' | 'delete'>;
  readonly kind: CredentialKind;
  readonly store: StoredCredentials;
  /** What the one whose turn it is calls. */
  readonly requestRefresh: RequestRefresh;
  readonly clock: Clock;
  /** Numbers in [0, 1) for the pauses between looks. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Most refreshes have ended by the fifth look. From then on who waits sees with each one whether the turn is free. */
const patientLooks = 5;

/**
 * Has one of those who ask for a refresh at the same time make the call, and the others look at the record: every call is
 * another run of the refresh function, which is paid for while it waits. It spares calls and proves nothing. Who has
 * looked for {@link turnSeconds} without an answer calls as well, and so does everybody where no turn can be had. A turn
 * may end without an answer for those who wait, such as a check that was sent before they came: one of them has the next.
 */
export function takingTurns(parts: TurnsParts): RequestRefresh {
  const { store, requestRefresh, clock, random = Math.random } = parts;
  return async (appId, need, seen) => {
    const answerIn = answersTo(need, parts);
    const look = async () => answerIn(await store.read(appId));
    const known = seen ? answerIn(seen) : await look();
    if (known) return known;

    let turn = await takeTurn(parts, appId);
    const looks = new Looks(clock, random);
    const giveUpAt = clock.now() + turnSeconds;
    for (let looked = 1; turn === 'taken by another'; looked++) {
      if (clock.now() >= giveUpAt) return requestRefresh(appId, need);
      await looks.pause();
      const answer = await look();
      if (answer) return answer;
      if (looked >= patientLooks) turn = await takeTurn(parts, appId);
    }
    let ending: Promise<void> | undefined;
    try {
      const outcome = await requestRefresh(appId, need);
      ending = turn.end();
      return { ...outcome, found: await store.read(appId) };
    } finally {
      await (ending ?? turn.end());
    }
  };
}

/** Takes looks in, as one of the keeper's workers does that waits: the answer to `need`, once the record has one. */
function answersTo(need: Need, { clock }: TurnsParts): (seen: Credential) => Refreshed | undefined {
  // Whether a budget that was spent has been raised since is for the refresh function to say.
  const watch = new Watch(need, { mintBudget: Number.POSITIVE_INFINITY });
  return (found) => {
    const now = clock.now();
    const answer = isNeeded(need, found, now) ? watch.answer(found, now) : outcomeOf(found, now);
    return answer && { ...answer, found };
  };
}

/** Takes the turn of the account if it is free. Where the table has a fault each one has a turn. */
async function takeTurn(
  { credentials, kind, clock }: TurnsParts,
  appId: AppId,
): Promise<{ end: () => Promise<void> } | 'taken by another'> {
  const key = { appId: `turn#${appId}`, kind };
  const taker = randomUUID();
  const now = clock.now();
  const until = now + turnSeconds;
  try {
    const isOurs = await credentials.update(key, {
      set: { taker, until, removeAt: until },
      // A write whose answer was lost is repeated, and finds itself.
      condition: {
        expression: 'attribute_not_exists(#until) OR #until <= :now OR #taker = :taker',
        values: { now, taker },
      },
    });
    if (!isOurs) return 'taken by another';
  } catch {
    return { end: () => Promise.resolve() };
  }
  const end = async () => {
    try {
      await credentials.delete(key, { expression: '#taker = :taker', values: { taker } });
    } catch {
      // It ends by itself.
    }
  };
  return { end };
}
