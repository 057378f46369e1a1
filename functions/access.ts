import * as z from 'zod/mini';
import type { Account } from '../shared/accounts/accounts.ts';
import { isFor, type Scope } from '../shared/accounts/api-keys.ts';
import { KeyringError, serviceBusy } from '../shared/platform/errors.ts';

/** What the authorizer found out about the request's API key, as API Gateway passes it on: flat strings. */
const keyContextSchema = z.union([
  z.object({ key: z.literal('missing') }),
  z.object({ key: z.literal('unknown') }),
  /** There was no time to look it up. */
  z.object({ key: z.literal('unchecked') }),
  z.object({ key: z.literal('known'), keyId: z.string(), scopes: z.string(), accounts: z.string() }),
]);
export type KeyContext = z.infer<typeof keyContextSchema>;

/** A caller whose API key is known and has the scope that the route needs. */
export interface KeyHolder {
  readonly keyId: string;
  /** Throws `account_not_allowed` when the key is not for that account as it is registered now. */
  requireAccount(account: Account): void;
}

/** The context of an event behind the authorizer; `missing` where there is none, so that nothing slips through. */
export function keyContext(authorizerContext: unknown): KeyContext {
  const parsed = z.safeParse(keyContextSchema, authorizerContext);
  return parsed.success ? parsed.data : { key: 'missing' };
}

/** Throws `key_missing`, `key_unknown`, `service_busy` or `scope_missing` unless the key may do what `scope` names. */
export function requireScope(context: KeyContext, scope: Scope): KeyHolder {
  if (context.key === 'missing') throw new KeyringError('key_missing');
  if (context.key === 'unknown') throw new KeyringError('key_unknown');
  if (context.key === 'unchecked') throw serviceBusy('The API key could not be looked up.');
  if (!context.scopes.split(' ').includes(scope)) {
    throw new KeyringError('scope_missing', `The key needs the scope ${scope}.`);
  }
  const { keyId, accounts } = context;
  return {
    keyId,
    requireAccount(account) {
      if (!isFor(accounts === '*' ? accounts : accounts.split(' '), account)) {
        throw new KeyringError('account_not_allowed');
      }
    },
  };
}
