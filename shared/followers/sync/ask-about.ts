import { WeChatApiError, WeChatUnreachableError } from '../../wechat/errors.ts';
import type { Follower } from '../../wechat/followers.ts';

/** What came of asking about some people. */
export interface Told {
  readonly followers: readonly Follower[];
  /** Openids that are not of this account, as WeChat says. */
  readonly unknown: readonly string[];
  /** Of whom nothing came that can be read. */
  readonly unreadable: readonly string[];
}

const nothing: Told = { followers: [], unknown: [], unreadable: [] };

/** Of 100 people two can be odd, whoever they are, until it is taken that no answer can be read. */
const maxBrokenInARow = 12;

/**
 * Asks about up to 100 people. WeChat refuses a whole call for one openid that it does not know, one person's data have
 * made a whole answer something that cannot be read, and answers have left people out: such calls are divided until
 * each person has an answer of their own. Everybody is in what it yields exactly once.
 *
 * Throws what `ask` throws for any other reason; and that an answer could not be read where none of several could.
 */
export async function* askAbout(
  openids: readonly string[],
  ask: (openids: readonly string[]) => Promise<readonly Follower[]>,
): AsyncGenerator<Told> {
  const groups = [openids];
  const streak = new BrokenStreak();
  for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
    const { followers, fault } = await answerOf(group, ask);
    if (fault?.isBroken) streak.goOn(fault.error);
    else yield { ...nothing, unreadable: streak.end() };
    if (followers !== undefined) {
      const { told, again, silent } = sorted(group, followers);
      yield { ...nothing, followers: told };
      if (silent.length < group.length) groups.push(...[silent, again].filter(isNotEmpty));
      else if (group.length > 1) groups.push(...halvesOf(group));
      else yield { ...nothing, unreadable: silent };
    } else if (group.length > 1) groups.push(...halvesOf(group));
    else if (fault?.isBroken) streak.hold(group);
    else yield { ...nothing, unknown: group };
  }
  yield { ...nothing, unreadable: streak.last() };
}

/** Answers in a row that cannot be read, and the people who were alone in one. */
class BrokenStreak {
  #length = 0;
  #people: string[] = [];
  #error: unknown;
  #wasEnded = false;

  goOn(error: unknown): void {
    this.#length += 1;
    this.#error = error;
    if (this.#length > maxBrokenInARow) throw error;
  }

  hold(people: readonly string[]): void {
    this.#people.push(...people);
  }

  /** An answer can be read, so it is these people of whom none can. */
  end(): readonly string[] {
    this.#length = 0;
    this.#wasEnded = true;
    return this.#people.splice(0);
  }

  /** The same once all have been asked about. Throws where no answer could be read. */
  last(): readonly string[] {
    if (!this.#wasEnded) throw this.#error;
    return this.end();
  }
}

interface Answer {
  readonly followers?: readonly Follower[];
  /** Why one person may be at fault for it. */
  readonly fault?: { readonly isBroken: boolean; readonly error: unknown };
}

async function answerOf(
  group: readonly string[],
  ask: (openids: readonly string[]) => Promise<readonly Follower[]>,
): Promise<Answer> {
  try {
    return { followers: await ask(group) };
  } catch (error) {
    if (error instanceof WeChatApiError && error.kind === 'openid_unknown') {
      return { fault: { isBroken: false, error } };
    }
    if (isUnreadable(error)) return { fault: { isBroken: true, error } };
    throw error;
  }
}

/** Whether an answer came that cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return (
    error instanceof WeChatUnreachableError &&
    (error.reason === 'not_json' || error.reason === 'unexpected_shape')
  );
}

/**
 * What may be taken of an answer, who is to be asked about again, and who was left out. By openid, never by place:
 * answers have come back shifted. With an openid in the list that WeChat does not know, the unionids of the others have
 * been those of their neighbours. Whoever does not follow, or is left out, may be unknown: so followers are asked about
 * again without them, and they have no unionid unless they are asked about alone.
 */
function sorted(
  group: readonly string[],
  followers: readonly Follower[],
): { told: readonly Follower[]; again: readonly string[]; silent: readonly string[] } {
  const answers = new Map(followers.map((follower) => [follower.openid, follower]));
  const answered = group.flatMap((openid) => answers.get(openid) ?? []);
  const silent = group.filter((openid) => !answers.has(openid));
  const following = answered.filter(({ subscribe }) => subscribe);
  if (group.length === 1 || following.length === group.length) return { told: answered, again: [], silent };
  const others = answered.filter(({ subscribe }) => !subscribe);
  const again = following.map(({ openid }) => openid);
  return { told: others.map(withoutUnionid), again, silent };
}

function withoutUnionid(follower: Follower): Follower {
  const known: { -readonly [Name in keyof Follower]: Follower[Name] } = { ...follower };
  delete known.unionid;
  return known;
}

/** The second one first, since the last group is asked about next. */
function halvesOf(group: readonly string[]): (readonly string[])[] {
  const middle = Math.ceil(group.length / 2);
  return [group.slice(middle), group.slice(0, middle)];
}

function isNotEmpty(group: readonly string[]): boolean {
  return group.length > 0;
}
