import * as z from 'zod/mini';
import { failureSchema, type CredentialKind } from '../../shared/credentials/credential.ts';
import type { RequestRefresh } from '../../shared/credentials/reader.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { awsPost } from '../../shared/platform/aws-post.ts';
import { environmentOf } from '../environment.ts';
import { awsClientConfig, type Runtime } from '../runtime.ts';
import type { RefreshRequest } from './refresh-request.ts';

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

/**
 * Asks the refresh function for a refresh and waits for what comes of it. Only that function can read an
 * AppSecret and, where WeChat has an IP allow-list, leaves by the allowed address.
 */
export function refreshInvoker(runtime: Runtime, credential: CredentialKind): RequestRefresh {
  const invoke = invoker(runtime);
  return async (account, need) =>
    z.parse(outcomeSchema, await invoke({ kind: 'refresh', credential, account, need }));
}

/** Has the refresh function, which knows the AppSecret, set the account's quotas of today back. */
export function clearQuotaInvoker(runtime: Runtime): (account: string) => Promise<void> {
  const invoke = invoker(runtime);
  return async (account) => {
    const answer = z.parse(clearedSchema, await invoke({ kind: 'clear-quota', account }));
    if (answer.state === 'refused') throw new KeyringError('wechat_refused', answer.detail);
  };
}

/**
 * The refresh function may take 90 seconds (functions/manifest.ts), so what has not answered by then is a connection
 * that died. Most callers are ended by their own timeout before that.
 */
const deadlineMs = 95_000;

/** @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
function invoker(runtime: Runtime): (request: RefreshRequest) => Promise<unknown> {
  const config = { ...awsClientConfig(runtime, 'LAMBDA'), clock: runtime.clock };
  // A connection that died while the environment was frozen looks alive, so none is kept.
  const post = awsPost(config, 'lambda', { deadlineMs, keepAlive: false });
  const { refresh } = environmentOf(runtime, { refresh: 'KEYRING_REFRESH_FUNCTION' });
  const name = encodeURIComponent(refresh);
  return async (request) => {
    const answer = await post({
      path: `/2015-03-31/functions/${name}/invocations`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    if ('x-amz-function-error' in answer.headers) {
      throw new Error('The refresh function failed; see its log.');
    }
    const payload: unknown = JSON.parse(answer.body || 'null');
    return payload;
  };
}
