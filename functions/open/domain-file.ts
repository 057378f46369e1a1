import { Accounts } from '../../shared/accounts/accounts.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { httpHandler, type HttpHandler } from '../http.ts';
import { tablesOf } from '../parts.ts';
import { onLambda, type Runtime } from '../runtime.ts';
import * as routes from './routes.ts';

/** Serves only ids that the operator registered: whoever could add one could claim the domain. */
export function create(runtime: Runtime): HttpHandler {
  const accounts = new Accounts(tablesOf(runtime).credentials);
  return httpHandler(runtime, routes.domainFile, async ({ path }) => {
    const id = /^MP_verify_([A-Za-z0-9]{1,64})\.txt$/.exec(path['file'] ?? '')?.[1];
    if (id === undefined || !(await accounts.hasDomainFile(id))) throw new KeyringError('file_unknown');
    return { statusCode: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: id };
  });
}

export const handler = onLambda(create);
