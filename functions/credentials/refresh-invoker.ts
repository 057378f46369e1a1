import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { failureSchema } from '../../shared/credentials/credential.ts';
import type { RefreshOutcome } from '../../shared/credentials/keeper.ts';
import type { RequestRefresh } from '../../shared/credentials/reader.ts';
import { awsClientConfig, requireVariable, type Runtime } from '../runtime.ts';

const outcomeSchema = z.union([
  z.object({ state: z.literal('usable'), generation: z.number() }),
  z.object({ state: z.literal('unavailable'), failure: z.optional(failureSchema) }),
]);

/**
 * Asks the refresh function for a refresh and waits for what comes of it. Only that function can read an
 * AppSecret and, where WeChat has an IP allow-list, leaves by the allowed address.
 */
export function refreshInvoker(runtime: Runtime): RequestRefresh {
  const client = new LambdaClient(awsClientConfig(runtime, 'LAMBDA'));
  const FunctionName = requireVariable(runtime, 'KEYRING_REFRESH_FUNCTION');
  return async (account, need) => {
    const answer = await client.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify({ kind: 'refresh', account, need }) }),
    );
    if (answer.FunctionError !== undefined) throw new Error('The refresh function failed; see its log.');
    const outcome = z.parse(outcomeSchema, JSON.parse(answer.Payload?.transformToString() ?? 'null'));
    return outcome.state === 'usable'
      ? outcome
      : ({ state: 'unavailable', failure: outcome.failure } satisfies RefreshOutcome);
  };
}
