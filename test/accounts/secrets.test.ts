import { expect, test } from '@jest/globals';
import { SecretStore } from '../../shared/accounts/secrets.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';

const account = parseAppId('wx0123456789abcdef');

/** A store on a Secrets Manager that answers each read when told to. */
function store() {
  const reads: ((answer: string | Error) => void)[] = [];
  const call = () =>
    new Promise<unknown>((resolve, reject) => {
      reads.push((answer) => {
        if (answer instanceof Error) reject(answer);
        else resolve({ SecretString: JSON.stringify({ appSecret: answer }) });
      });
    });
  const clock = { now: () => 1_800_000_000, sleep: () => Promise.resolve() };
  return { secrets: new SecretStore(call, 'keyring/', clock), reads };
}

test('a read that has been prepared is the one that is waited for', async () => {
  const { secrets, reads } = store();
  secrets.prepare(account);
  const secret = secrets.get(account);
  expect(reads).toHaveLength(1);
  reads[0]?.('first');
  expect(await secret).toEqual({ appSecret: 'first' });
  expect(await secrets.get(account)).toEqual({ appSecret: 'first' });
  expect(reads).toHaveLength(1);
});

test('what was forgotten while it was being read is read anew, and not remembered', async () => {
  const { secrets, reads } = store();
  secrets.prepare(account);
  secrets.forget(account);
  const secret = secrets.get(account);
  expect(reads).toHaveLength(2);
  reads[1]?.('second');
  expect(await secret).toEqual({ appSecret: 'second' });
  reads[0]?.('first');
  await new Promise(setImmediate);
  expect(await secrets.get(account)).toEqual({ appSecret: 'second' });
});

test('that a prepared read fails is told to who needs the secret, and the next one reads again', async () => {
  const { secrets, reads } = store();
  secrets.prepare(account);
  const secret = secrets.get(account);
  reads[0]?.(new Error('Secrets Manager'));
  await expect(secret).rejects.toMatchObject({ name: 'SecretUnreadable' });
  void secrets.get(account);
  expect(reads).toHaveLength(2);
});
