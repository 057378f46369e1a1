import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import type { RefreshOutcome } from '../../shared/credentials/credential.ts';
import { sweep, type SweepReport } from '../../shared/credentials/sweep.ts';
import { onLambda, sweepStartsOf, type LambdaHandler, type Runtime } from '../runtime.ts';
import { clearQuotaOf, type QuotaCleared } from './clear-quota.ts';
import { prepareMint, refreshPartsOf } from './refresh-parts.ts';
import { refreshRequestSchema } from './refresh-request.ts';
import { trySecret, type SecretTried } from './try-secret.ts';

type Answer = RefreshOutcome | SweepReport | QuotaCleared | SecretTried;

/** Renews credentials. Beside the OAuth callback it is the only function that reads AppSecrets. */
export function create(runtime: Runtime): LambdaHandler<unknown, Answer> {
  const parts = refreshPartsOf(runtime);
  const maxStarts = sweepStartsOf(runtime);
  return async (event: unknown, { invokedFunctionArn }: Context) => {
    const request = z.parse(refreshRequestSchema, event);
    const { refresher, start } = parts.runAs(invokedFunctionArn);
    switch (request.kind) {
      case 'refresh': {
        prepareMint(parts, request);
        const outcome = await refresher.refresh(request.credential, request.account, request.need);
        await parts.meter.written();
        return outcome;
      }
      case 'sweep':
        return sweep({ ...parts, maxStarts }, (kind, appId, need) => start(kind, appId, need));
      case 'clear-quota':
        return clearQuotaOf(parts, request.account);
      case 'try-secret':
        return trySecret(parts, { ...request, appId: request.account });
    }
  };
}

export const handler = onLambda(create);
