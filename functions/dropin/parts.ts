import { ApiKeys } from '../../shared/accounts/api-keys.ts';
import { KeyDirectory } from '../../shared/accounts/key-directory.ts';
import { Callers } from '../../shared/dropin/callers.ts';
import { OwnTokens } from '../../shared/dropin/own-token.ts';
import { signingKeys } from '../../shared/users/data-keys.ts';
import { accountsOf, dataKeysOf } from '../parts.ts';
import type { Runtime, Tables } from '../runtime.ts';

/** The service's own tokens. */
export function ownTokensOf(runtime: Runtime, tables: Tables): OwnTokens {
  return new OwnTokens(dataKeysOf(runtime, tables, signingKeys), runtime.clock);
}

/** Who calls the drop-in, with a token of its own where `tokens` reads them. */
export function callersOf(runtime: Runtime, tables: Tables, tokens?: OwnTokens): Callers {
  const keys = new KeyDirectory(new ApiKeys(tables.credentials), runtime.clock);
  return new Callers(keys, accountsOf(runtime, tables), tokens);
}
