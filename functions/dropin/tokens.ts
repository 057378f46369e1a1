import { remainingLife } from '../../shared/credentials/timing.ts';
import type { CredentialReader } from '../../shared/credentials/reader.ts';
import type { Breaker } from '../../shared/dropin/breaker.ts';
import { requireDropInScope, type Caller, type Callers } from '../../shared/dropin/callers.ts';
import { DropInError } from '../../shared/dropin/errors.ts';
import { ownLifeSeconds, type OwnTokens } from '../../shared/dropin/own-token.ts';
import { parametersOf, type SdkRequest } from '../../shared/dropin/parameters.ts';
import { withPatience } from '../../shared/dropin/patience.ts';
import { sharedToken } from '../../shared/dropin/shared-token.ts';
import { usageOwner } from '../../shared/usage/key-usage.ts';
import type { HttpResult } from '../http.ts';
import type { Runtime } from '../runtime.ts';
import { patienceMs, wechatJson } from './handler.ts';

interface TokenParts {
  readonly callers: Callers;
  readonly ownTokens: OwnTokens;
  readonly reader: CredentialReader;
  readonly breaker: Breaker;
}

const stablePath = '/cgi-bin/stable_token';

/** What answers `/cgi-bin/token` and `/cgi-bin/stable_token`: with a token of the service's own, or the account's. */
export function tokenAnswers(
  { clock, log }: Runtime,
  { callers, ownTokens, reader, breaker }: TokenParts,
): (request: SdkRequest) => Promise<HttpResult> {
  async function ofAccount(caller: Caller, path: string, mayBeRejected: boolean): Promise<HttpResult> {
    requireDropInScope(caller, 'dropin:token');
    const { apiKey, account } = caller;
    const owner = usageOwner(account, apiKey);
    // Who asks on and on must not use up WeChat's answers for all.
    const isDoubted = mayBeRejected && breaker.mayCheck(owner, path);
    const onRefuted = (verdict: object) => {
      breaker.refuted(owner, path, verdict);
    };
    const credential = await withPatience(patienceMs, () =>
      sharedToken(reader, account.appId, { isDoubted, onRefuted }),
    );
    const { value, generation } = credential;
    log.info('A token was read.', { audit: true, keyId: apiKey.keyId, account: account.appId, generation });
    return wechatJson({
      access_token: value,
      expires_in: remainingLife(credential, clock.now()),
    });
  }

  return async (request) => {
    const isStable = request.path === stablePath;
    if (isStable && request.method !== 'POST') throw new DropInError(43002);
    const parameters = parametersOf(request);
    if (parameters('grant_type') !== 'client_credential') throw new DropInError(40002);
    const caller = await callers.byKey(parameters);
    const { apiKey, keyHash, account } = caller;
    if (!apiKey.scopes.includes('dropin:proxy')) {
      return ofAccount(caller, request.path, !isStable || parameters('force_refresh') === 'true');
    }
    const access_token = await ownTokens.issue({ keyHash, appId: account.appId });
    log.info('A token of the drop-in was made.', {
      audit: true,
      keyId: apiKey.keyId,
      account: account.appId,
    });
    return wechatJson({ access_token, expires_in: ownLifeSeconds });
  };
}
