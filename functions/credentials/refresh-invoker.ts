import * as z from 'zod/mini';
import { failureSchema, type CredentialKind } from '../../shared/credentials/credential.ts';
import type { RequestRefresh } from '../../shared/credentials/reader.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { AppId } from '../../shared/wechat/tokens.ts';
import { environmentOf } from '../environment.ts';
import { lambdasOf, type Runtime } from '../runtime.ts';
import type { RefreshRequest } from './refresh-request.ts';
import type { Trial } from './try-secret.ts';

const outcomeSchema = z.union([
  z.object({ state: z.literal('usable'), generation: z.number(), unchecked: z.optional(z.string()) }),
  z.object({
    state: z.literal('unavailable'),
    failure: z.pipe(
      z.optional(failureSchema),
      z.transform((failure) => failure),
    ),
  }),
]);

const clearedSchema = z.union([
  z.object({ state: z.literal('cleared') }),
  z.object({ state: z.literal('refused'), detail: z.string() }),
]);

const triedSchema = z.union([
  z.object({ state: z.enum(['works', 'untried']) }),
  z.object({ state: z.literal('unproven'), detail: z.string() }),
]);

/**
 * Asks the refresh function for a refresh and waits for what comes of it. Only that function can read an
 * AppSecret and, where WeChat has an IP allow-list, leaves by the allowed address.
 */
export function refreshInvoker(runtime: Runtime, credential: CredentialKind): RequestRefresh {
  const invoke = invoker(runtime);
  return async (appId, need) =>
    z.parse(outcomeSchema, await invoke({ kind: 'refresh', credential, account: appId, need }));
}

/** Has the refresh function, which knows the AppSecret, set the account's quotas of today back. */
export function clearQuotaInvoker(runtime: Runtime): (appId: AppId) => Promise<void> {
  const invoke = invoker(runtime);
  return async (appId) => {
    const answer = z.parse(clearedSchema, await invoke({ kind: 'clear-quota', account: appId }));
    if (answer.state === 'refused') throw new KeyringError('wechat_refused', answer.detail);
  };
}

/**
 * Has the refresh function, from whose address WeChat is asked, try a secret that is not stored yet. Whether it is
 * known to work; where it does not, throws KeyringError `secret_unproven`.
 */
export function secretTrier(runtime: Runtime): (trial: Trial) => Promise<boolean> {
  const invoke = invoker(runtime);
  return async ({ appId, mode, lender, secret }) => {
    const tried = z.parse(
      triedSchema,
      await invoke({ kind: 'try-secret', account: appId, mode, lender, secret }),
    );
    if (tried.state === 'unproven') {
      throw new KeyringError('secret_unproven', `Nothing was stored. ${tried.detail}`);
    }
    return tried.state === 'works';
  };
}

function invoker(runtime: Runtime): (request: RefreshRequest) => Promise<unknown> {
  const lambdas = lambdasOf(runtime);
  const { refresh } = environmentOf(runtime, { refresh: 'KEYRING_REFRESH_FUNCTION' });
  return (request) => lambdas.call(refresh, request);
}
