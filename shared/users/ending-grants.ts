import * as z from 'zod/mini';
import type { Clock } from '../platform/clock.ts';
import { KeyringError } from '../platform/errors.ts';
import type { Table } from '../platform/table.ts';
import type { AppId } from '../wechat/tokens.ts';
import { grantSchema } from './grant.ts';

const endingSchema = z.pick(grantSchema, { openid: true, scopes: true, grantedAt: true, removeAt: true });

/** One page of grants that end soon, and where to go on. */
export interface EndingGrants {
  readonly grants: readonly z.infer<typeof endingSchema>[];
  readonly next: string | undefined;
}

const cursorSchema = z.object({ pk: z.string(), sk: z.string() });
const maxInOneAnswer = 5000;

/**
 * The account's grants that end before `until`, in no order. There is no index for it: this reads the Users table
 * from end to end, at half a read unit for each 4 KB whatever it finds (some 130,000 units, 2 US cents, for a
 * million users), so it is for an operator now and then. It stops after about `seconds`; `next` goes on there. Throws
 * `invalid_parameter`.
 */
export async function endingGrants(
  { users, clock }: { readonly users: Table; readonly clock: Clock },
  appId: AppId,
  { until, from, seconds }: { until: number; from: string | undefined; seconds: number },
): Promise<EndingGrants> {
  const now = clock.now();
  const grants: z.infer<typeof endingSchema>[] = [];
  let key = from === undefined ? undefined : parseCursor(from);
  do {
    const page = await users.scanPage(
      {
        expression: 'begins_with(#pk, :of) AND #sk = :kind AND #removeAt > :now AND #removeAt < :until',
        values: { of: `${appId}#`, kind: 'grant', now, until },
      },
      ['openid', 'scopes', 'grantedAt', 'removeAt'],
      key,
    );
    for (const item of page.items) grants.push(z.parse(endingSchema, item));
    key = page.next && z.parse(cursorSchema, page.next);
  } while (key && grants.length < maxInOneAnswer && clock.now() < now + seconds);
  return { grants, next: key && Buffer.from(JSON.stringify(key)).toString('base64url') };
}

/** Throws `invalid_parameter` for a text that is no cursor. */
function parseCursor(text: string): z.infer<typeof cursorSchema> {
  try {
    return z.parse(cursorSchema, JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (error) {
    throw new KeyringError('invalid_parameter', undefined, { parameter: 'from' }, { cause: error });
  }
}
