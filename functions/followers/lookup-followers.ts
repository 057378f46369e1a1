import { FollowerLookup, type LookedUp } from '../../shared/followers/read/lookup.ts';
import { toKeyringError } from '../../shared/http/problem.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { accountHandler, json, type HttpHandler } from '../http.ts';
import { followerPartsOf, tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/**
 * Lambda answers with 6 MB at the most, in which the body is a JSON string once more; some room is for the rest.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxAnswerBytes = 6 * 1024 * 1024 - 8 * 1024;

export function create(runtime: Runtime): HttpHandler {
  const tables = tablesOf(runtime);
  const lookup = new FollowerLookup(followerPartsOf(runtime, tables));
  return accountHandler(
    runtime,
    routes.lookupFollowers,

    async ({ account, body: { openids, lang, refresh } }) => {
      const { unfinished, ...found } = await lookup.find(account, openids, { lang, refresh });
      if (unfinished) throw asFarAsItGoes(found, unfinished, runtime.clock.now());
      const answer = json(200, found);
      requireRoom(answer.body);
      return answer;
    },
  );
}

/** What stopped the lookup, with what was found before. */
function asFarAsItGoes(
  { followers, unknown, unreadable = [] }: LookedUp,
  { rest, error }: NonNullable<LookedUp['unfinished']>,
  now: number,
): KeyringError {
  const { code, detail, extras, cause } = toKeyringError(error, now);
  const partial = { followers, unknown, unreadable, rest };
  requireRoom(JSON.stringify(partial));
  return new KeyringError(code, detail, { ...extras, partial }, { cause });
}

/** Throws `answer_too_large`. */
function requireRoom(body: string | undefined): void {
  if (Buffer.byteLength(JSON.stringify(body)) <= maxAnswerBytes) return;
  throw new KeyringError('answer_too_large', 'Ask for half as many openids at once.');
}

export const handler = onLambda(create);
