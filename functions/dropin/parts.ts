import { Callers } from '../../shared/dropin/callers.ts';
import { OwnTokens } from '../../shared/dropin/own-token.ts';
import { signingKeys } from '../../shared/users/data-keys.ts';
import { accountsOf, dataKeysOf, keyDirectoryOf } from '../parts.ts';
import type { Runtime, Tables } from '../runtime.ts';

/** The service's own tokens. */
export function ownTokensOf(runtime: Runtime, tables: Tables): OwnTokens {
  return new OwnTokens(dataKeysOf(runtime, tables, signingKeys), runtime.clock);
}

/** Who calls the drop-in, with a token of its own where `tokens` reads them. */
export function callersOf(runtime: Runtime, tables: Tables, tokens?: OwnTokens): Callers {
  const keys = keyDirectoryOf(runtime, tables);
  return new Callers(keys, accountsOf(runtime, tables), tokens);
}
