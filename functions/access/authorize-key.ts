import middy from '@middy/core';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import type { ApiKey } from '../../shared/accounts/api-keys.ts';
import { isPassing } from '../../shared/platform/passing.ts';
import { withRequestId } from '../../shared/platform/request-id.ts';
import type { KeyContext } from '../access.ts';
import { keyDirectoryOf, tablesOf } from '../parts.ts';
import { onLambda, type LambdaHandler, type Runtime } from '../runtime.ts';

type AuthorizerEvent = Pick<APIGatewayRequestAuthorizerEventV2, 'headers' | 'requestContext'>;

export interface AuthorizerAnswer {
  readonly isAuthorized: true;
  readonly context: KeyContext;
}

/** So long before the function is ended it answers what it knows by then. */
const timeoutEarlyInMillis = 500;
const unchecked: AuthorizerAnswer = { isAuthorized: true, context: { key: 'unchecked' } };

/**
 * Tells API Gateway whom an API key stands for. It lets every request through and says in the context what it
 * found: API Gateway's own refusal has a fixed body, while the function behind answers with a problem document
 * that says what is wrong (functions/access.ts). Without a context that function refuses. Where DynamoDB is too slow or
 * too busy, the function says so: what fails here is a 500 of API Gateway's, which does not say when to try again.
 */
export function create(runtime: Runtime): LambdaHandler<AuthorizerEvent, AuthorizerAnswer> {
  const keys = keyDirectoryOf(runtime, tablesOf(runtime));

  function notChecked(error: string): AuthorizerAnswer {
    runtime.log.warn('An API key could not be looked up.', { error });
    return unchecked;
  }

  const timeoutEarlyResponse = () => notChecked('took too long');
  const handler = middy<AuthorizerEvent, AuthorizerAnswer>({
    timeoutEarlyInMillis,
    timeoutEarlyResponse,
  }).handler(async ({ headers }) => {
    const header = headers?.['authorization'];
    if (header === undefined) return { isAuthorized: true, context: { key: 'missing' } };
    const given = /^Bearer ([\w-]{1,200})$/i.exec(header)?.[1];
    let apiKey: ApiKey | undefined;
    try {
      apiKey = given === undefined ? undefined : await keys.find(given);
    } catch (error) {
      if (isPassing(error)) return notChecked(error instanceof Error ? error.name : typeof error);
      throw error;
    }
    if (!apiKey) return { isAuthorized: true, context: { key: 'unknown' } };
    const { keyId, scopes, accounts } = apiKey;
    return {
      isAuthorized: true,
      context: {
        key: 'known',
        keyId,
        scopes: scopes.join(' '),
        accounts: accounts === '*' ? '*' : accounts.join(' '),
      },
    };
  });
  return (event, context) => withRequestId(event.requestContext.requestId, () => handler(event, context));
}

export const handler = onLambda(create);
