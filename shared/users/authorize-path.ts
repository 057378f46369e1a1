import type { Account } from '../accounts/accounts.ts';
import type { AuthorizationScope } from '../wechat/authorization.ts';

/**
 * Where a login for the account starts, as a path of this service. Without `returnTo` it ends at the first of the
 * account's allowed origins, and where there is none the caller has to add `return_to`.
 */
export function authorizePath(
  { appId, allowedOrigins }: Account,
  scope: AuthorizationScope,
  returnTo?: string,
): string {
  const [origin] = allowedOrigins;
  const to = returnTo ?? (origin === undefined ? undefined : `${origin}/`);
  const query = new URLSearchParams({ scope, ...(to !== undefined && { return_to: to }) });
  return `/v1/accounts/${appId}/oauth/authorize?${query.toString()}`;
}
