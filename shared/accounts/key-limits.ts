import type { Table } from '../platform/table.ts';
import { placeOfKey, type ApiKey } from './api-keys.ts';

/** What is changed of the limits of a key: `null` takes one away, `undefined` leaves it as it is. */
export interface KeyLimits {
  readonly accounts?: ApiKey['accounts'] | undefined;
  readonly paths?: readonly string[] | null | undefined;
  readonly dailyLimit?: number | null | undefined;
}

/**
 * Changes the limits of the key of that id. False when there is none. It stands apart from ApiKeys, which requests
 * load.
 */
export async function changeKeyLimits(
  credentials: Table,
  keyId: string,
  { accounts, paths, dailyLimit }: KeyLimits,
): Promise<boolean> {
  const place = await placeOfKey(credentials, keyId);
  if (!place) return false;
  return credentials.update(place, {
    set: { accounts, paths: paths ?? undefined, dailyLimit: dailyLimit ?? undefined },
    remove: [...(paths === null ? ['paths'] : []), ...(dailyLimit === null ? ['dailyLimit'] : [])],
    // A key that is revoked meanwhile stays away.
    condition: { expression: 'attribute_exists(#keyId)' },
  });
}
