import { expect, test } from '@jest/globals';
import { CredentialStore } from '../../shared/credentials/credential-store.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import { memoryTables } from '../kit/memory-table.ts';

const appId = parseAppId('wx0123456789abcdef');

test('how a credential is can be read without its value', async () => {
  const { credentials } = memoryTables();
  const store = new CredentialStore(credentials, 'access_token');
  expect(await store.readState(appId)).toEqual({ generation: 0 });
  const failure = { code: 'c', message: 'm', advice: 'a', at: 5, retryAt: 9, count: 1, needsPerson: true };
  await credentials.put({
    appId,
    kind: 'access_token',
    revision: 1,
    generation: 1,
    value: 'v',
    failure,
  });
  expect(await store.readState(appId)).toEqual({ generation: 1, failure });
});
