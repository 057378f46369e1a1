import { beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyManagement } from '../../local/aws/kms.ts';
import type { AwsJson } from '../../shared/platform/aws-json.ts';
import { DataKeys, signingKeys } from '../../shared/users/data-keys.ts';
import { Sealing } from '../../shared/users/sealing.ts';
import { before, HandClock, ScriptedKms, wrapping } from './rig.ts';
import { memoryTables } from '../kit/memory-table.ts';

let clock: HandClock;
let kms: ScriptedKms;
let credentials: ReturnType<typeof memoryTables>['credentials'];
beforeEach(() => {
  clock = new HandClock();
  kms = new ScriptedKms();
  ({ credentials } = memoryTables());
});

/** The keys as another process has them. */
const process = (table = credentials) => new DataKeys(kms.call, wrapping, table, clock);
const asked = () => kms.asked.map(({ operation }) => operation);
const EncryptionContext = { purpose: 'wechat-keyring-grants', deployment: wrapping.deployment };

describe('a data key', () => {
  test('is made by KMS once, stored wrapped, and unwrapped once for each process', async () => {
    const first = process();
    const { keyId, key } = await first.current();
    expect(keyId).toBe('1');
    expect(await first.current()).toEqual({ keyId, key });
    const other = process();
    expect(Buffer.from((await other.current()).key)).toEqual(Buffer.from(key));
    await other.byId('1');
    expect(kms.asked).toEqual([
      { operation: 'GenerateDataKey', input: { KeyId: 'arn:key', KeySpec: 'AES_256', EncryptionContext } },
      {
        operation: 'Decrypt',
        input: { KeyId: 'arn:key', CiphertextBlob: expect.any(String), EncryptionContext },
      },
    ]);
    expect(key).toHaveLength(32);
  });

  test('that another process stored first is the one that counts', async () => {
    let stored: Uint8Array | undefined;
    const late = process(
      before(credentials, 'put', async () => {
        stored = (await process().current()).key;
      }),
    );
    expect(Buffer.from((await late.current()).key)).toEqual(Buffer.from(stored ?? []));
  });

  test('that has vanished right after is an error', async () => {
    const vanishing = {
      get: () => Promise.resolve(undefined),
      put: () => Promise.resolve(false),
    } as unknown as typeof credentials;
    await expect(process(vanishing).current()).rejects.toThrow('The data key 1 has vanished.');
  });

  test('that is not there is an error', async () => {
    await expect(process().byId('7')).rejects.toThrow('There is no data key 7.');
    expect(asked()).toEqual([]);
  });

  test('is asked for again after KMS has failed', async () => {
    const keys = process();
    kms.fault = new Error('throttled');
    await expect(keys.current()).rejects.toThrow('throttled');
    expect((await keys.current()).keyId).toBe('1');
  });

  test.each(['0', '01', '1a', 'a1', ''])('of the number %j is none', async (keyId) => {
    await credentials.put({ appId: 'data-keys', kind: 'newest', keyId });
    await expect(process().current()).rejects.toThrow();
  });

  test('may have a number of several digits', async () => {
    await credentials.put({ appId: 'data-keys', kind: 'newest', keyId: '10' });
    expect((await process().current()).keyId).toBe('10');
  });
});

describe('a rotation', () => {
  test('makes the next key, for all at once in its own process and within five minutes in others', async () => {
    const [own, other] = [process(), process()];
    await own.current();
    await other.current();
    expect(await own.rotate()).toBe('2');
    expect((await own.current()).keyId).toBe('2');
    clock.time += 299;
    expect((await other.current()).keyId).toBe('1');
    clock.time += 1;
    expect((await other.current()).keyId).toBe('2');
    expect((await other.byId('1')).keyId).toBe('1');
    expect(await own.rotate()).toBe('3');
    expect(await credentials.get({ appId: 'data-keys', kind: 'newest' })).toMatchObject({ keyId: '3' });
  });

  test('that was cut short is finished by the next, with the key that is there', async () => {
    await process().current();
    await process().rotate();
    const wrapped = await credentials.get({ appId: 'data-keys', kind: '2' });
    await credentials.delete({ appId: 'data-keys', kind: 'newest' });
    expect(await process().rotate()).toBe('2');
    expect(await credentials.get({ appId: 'data-keys', kind: '2' })).toEqual(wrapped);
  });

  test('that comes late does not turn a later one back', async () => {
    await process().rotate();
    await credentials.put({ appId: 'data-keys', kind: 'newest', keyId: '2' });
    let writes = 0;
    const late = new Proxy(credentials, {
      get: (target, name) =>
        name === 'put'
          ? async (...given: Parameters<typeof credentials.put>) => {
              writes += 1;
              // Before it says which key is the newest, two others have rotated.
              if (writes === 2) await credentials.put({ appId: 'data-keys', kind: 'newest', keyId: '5' });
              return target.put(...given);
            }
          : (Reflect.get(target, name) as unknown),
    });
    await process(late).rotate();
    expect(await credentials.get({ appId: 'data-keys', kind: 'newest' })).toMatchObject({ keyId: '5' });
  });
});

describe('what a key has signed', () => {
  const signing = () => new DataKeys(kms.call, wrapping, credentials, clock, signingKeys);
  const rotate = async () => {
    await signing().rotate();
    clock.time += 301;
  };

  test('is believed for a while after the key was replaced, and no longer', async () => {
    const keys = signing();
    const { key } = await keys.current();
    await rotate();
    expect(await keys.believed(1, 1000)).toEqual({ keyId: '1', key });
    clock.time += 1000;
    expect(await keys.believed(1, 1000)).toBeUndefined();
    expect(await keys.believed(2, 1000)).toBeDefined();
  });

  test('is believed at once by a process that knows nothing of the rotations yet, and goes by them then', async () => {
    const keys = signing();
    await keys.current();
    await signing().rotate();
    await signing().rotate();
    expect(await keys.believed(4, 1000)).toBeUndefined();
    expect(await keys.believed(1, 1000)).toBeDefined();
    expect(await keys.believed(3, 1000)).toMatchObject({ keyId: '3' });
    expect(await keys.current()).toMatchObject({ keyId: '3' });
    expect(await keys.believed(1, 1000)).toBeUndefined();
  });

  test('is not believed after a second rotation', async () => {
    const keys = signing();
    await keys.current();
    await rotate();
    await rotate();
    expect(await keys.believed(1, 1000)).toBeUndefined();
  });

  test('is believed where another process has seen a rotation sooner', async () => {
    const keys = signing();
    await keys.current();
    await keys.believed(1, 1000);
    await signing().rotate();
    expect(await keys.believed(2, 1000)).toBeDefined();
  });

  test('is not believed of a key that there is not', async () => {
    expect(await signing().believed(1, 1000)).toBeUndefined();
    expect(await signing().believed(2, 1000)).toBeUndefined();
    expect(await signing().believed(4_000_000_000, 1000)).toBeUndefined();
  });

  test('is signed with keys that are kept apart from those of grants', async () => {
    await signing().current();
    const { input } = kms.asked.at(-1) ?? {};
    expect(input).toMatchObject({ EncryptionContext: { purpose: 'wechat-keyring-drop-in' } });
    await expect(process().byId('1')).rejects.toThrow('There is no data key 1.');
  });
});

describe('where two deployments share a KMS key', () => {
  const { keyArn: kmsKey, actions } = createKeyManagement();
  const call: AwsJson<'kms'> = (operation, input) => Promise.try(() => actions[operation]?.(input));
  const keysOf = (deployment: string, table = memoryTables().credentials) => ({
    table,
    keys: new DataKeys(call, { kmsKey, deployment }, table, clock),
  });

  test('the data key of one does not open in the other', async () => {
    const staging = keysOf('wechat-keyring/staging/');
    const { keyId } = await staging.keys.current();
    const prod = keysOf('wechat-keyring/prod/', staging.table);
    await expect(prod.keys.byId(keyId)).rejects.toThrow('another encryption context');
  });

  test('one that was wrapped before they were told apart still opens, and the next is told apart', async () => {
    const { table, keys } = keysOf('wechat-keyring/prod/');
    const made = actions['GenerateDataKey']?.({
      KeyId: kmsKey,
      KeySpec: 'AES_256',
      EncryptionContext: { purpose: 'wechat-keyring-grants' },
    }) as { CiphertextBlob: string; Plaintext: string };
    await table.put({ appId: 'data-keys', kind: '1', wrapped: made.CiphertextBlob });
    expect(Buffer.from((await keys.byId('1')).key).toString('base64')).toBe(made.Plaintext);
    const staging = keysOf('wechat-keyring/staging/', table);
    await staging.keys.rotate();
    await expect(keys.byId('2')).rejects.toThrow('another encryption context');
  });
});

describe('what is not sealed', () => {
  test.each(['', 'v1', 'v1.1', 'v2.1.x', 'v1.1.x.y', 'x'])('%j does not open', async (text) => {
    await expect(
      new Sealing(process()).open(text, { account: 'a', openid: 'o', attribute: 'accessToken' }),
    ).rejects.toThrow('The stored value is not a sealed one.');
    expect(asked()).toEqual([]);
  });
});
