import * as z from 'zod/mini';
import type { Table } from '../platform/table.ts';
import type { AppId } from '../wechat/tokens.ts';
import { credentialSchema, type Credential, type CredentialKind } from './credential.ts';

/** Where the credential of an account stands. */
export function credentialKey(appId: AppId, kind: CredentialKind) {
  return { appId, kind };
}

/** The credential as it is stored at this moment; without a value where there is none. */
export async function readCredential(
  credentials: Pick<Table, 'get'>,
  kind: CredentialKind,
  appId: AppId,
): Promise<Credential> {
  const item = await credentials.get(credentialKey(appId, kind));
  return z.parse(credentialSchema, item ?? {});
}
