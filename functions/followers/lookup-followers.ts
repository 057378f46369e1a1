import { lookUpFollowers } from '../../shared/followers/read/lookup.ts';
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
  const parts = followerPartsOf(runtime, tables);
  return accountHandler(
    runtime,
    routes.lookupFollowers,

    async ({ account, body: { openids, lang, refresh } }) => {
      const answer = json(200, await lookUpFollowers(parts, account, openids, { lang, refresh }));
      if (Buffer.byteLength(JSON.stringify(answer.body)) > maxAnswerBytes) {
        throw new KeyringError('answer_too_large', 'Ask for half as many openids at once.');
      }
      return answer;
    },
  );
}

export const handler = onLambda(create);
