import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { DataKeys } from '../../shared/users/data-keys.ts';
import { Sealing, type SealContext } from '../../shared/users/sealing.ts';
import { HandClock, ScriptedKms, wrapping } from './rig.ts';
import { anyCharacter } from '../kit/any-character.ts';
import { memoryTables } from '../kit/memory-table.ts';

const clock = new HandClock();
const kms = new ScriptedKms();
const { credentials } = memoryTables();

/** The data keys as another process has them. */
function process(): { keys: DataKeys; sealing: Sealing } {
  const keys = new DataKeys(kms.call, wrapping, credentials, clock);
  return { keys, sealing: new Sealing(keys) };
}

const contexts = fc.record({
  account: fc.string(),
  openid: fc.string(),
  attribute: fc.constantFrom('accessToken', 'refreshToken'),
});
const context: SealContext = { account: 'wx0', openid: 'o0', attribute: 'accessToken' };

describe('a sealed value', () => {
  test('opens to what it was, whatever it is and wherever it belongs', async () => {
    const { sealing } = process();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: anyCharacter, maxLength: 600 }), contexts, async (value, where) => {
        const sealed = await sealing.seal(value, where);
        expect(await sealing.open(sealed, where)).toBe(value);
        expect(sealed).toMatch(/^v1\.\d+\.[A-Za-z0-9_-]+$/);
      }),
    );
  });

  test('does not open where a single member of its context is another', async () => {
    const { sealing } = process();
    const member = fc.constantFrom('account' as const, 'openid' as const, 'attribute' as const);
    await fc.assert(
      fc.asyncProperty(contexts, member, fc.string(), async (mine, name, value) => {
        fc.pre(mine[name] !== value);
        const sealed = await sealing.seal('token', mine);
        await expect(sealing.open(sealed, { ...mine, [name]: value })).rejects.toThrow();
      }),
    );
  });

  test('does not open after any one bit of it has changed', async () => {
    const { sealing } = process();
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 50 }), fc.nat(), async (value, at) => {
        const sealed = await sealing.seal(value, context);
        const [version, keyId, text = ''] = sealed.split('.');
        const bytes = Buffer.from(text, 'base64url');
        const bit = at % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const altered = [version, keyId, bytes.toString('base64url')].join('.');
        await expect(sealing.open(altered, context)).rejects.toThrow();
      }),
    );
  });

  test('does not open cut short at any place', async () => {
    const { sealing } = process();
    const sealed = await sealing.seal('a token', context);
    for (let length = 0; length < sealed.length - 1; length++) {
      await expect(sealing.open(sealed.slice(0, length), context)).rejects.toThrow();
    }
  });

  test.each([4, 8, 12, 15])(
    'of %d bytes, less than a whole tag, is refused before it is compared',
    async (length) => {
      const { sealing } = process();
      const { keyId } = await process().keys.current();
      const text = Buffer.alloc(length).toString('base64url');
      await expect(sealing.open(`v1.${keyId}.${text}`, context)).rejects.toThrow(
        `Invalid authentication tag length: ${length}`,
      );
    },
  );

  test.each(['', 'v1', 'v1.', 'v1.1', 'v1.1.', 'v1..AAAA', 'v2.1.AAAA', 'v1.1.AAAA.'])(
    'is not %j, which lacks a part or has one too many',
    async (text) => {
      await expect(process().sealing.open(text, context)).rejects.toThrow(
        'The stored value is not a sealed one.',
      );
    },
  );

  test('never comes out the same twice', async () => {
    const { sealing } = process();
    expect(await sealing.seal('token', context)).not.toBe(await sealing.seal('token', context));
  });
});

describe('the data keys', () => {
  test('that two processes make at once are one', async () => {
    const [one, two] = [process(), process()];
    const [sealed] = await Promise.all([one.sealing.seal('x', context), two.sealing.seal('y', context)]);
    expect(await two.sealing.open(sealed, context)).toBe('x');
  });

  test('after a rotation seal with the new key, and the old one still opens', async () => {
    const before = process();
    const old = await before.sealing.seal('old', context);
    expect(await process().keys.rotate()).toBe('2');

    const after = process();
    const renewed = await after.sealing.seal('new', context);
    expect([old, renewed].map((text) => text.slice(0, 5))).toEqual(['v1.1.', 'v1.2.']);
    expect(await after.sealing.open(old, context)).toBe('old');
    expect(await before.sealing.open(renewed, context)).toBe('new');
  });

  test('are changed within five minutes in processes that run', async () => {
    const running = process();
    const { keyId } = await running.keys.current();
    const next = await process().keys.rotate();
    expect((await running.keys.current()).keyId).toBe(keyId);
    clock.time += 300;
    expect((await running.keys.current()).keyId).toBe(next);
  });

  test('go on by one when two rotate at once', async () => {
    const { keyId } = await process().keys.current();
    const rotated = await Promise.all([process().keys.rotate(), process().keys.rotate()]);
    const next = String(Number(keyId) + 1);
    expect(rotated).toEqual([next, next]);
    expect((await process().keys.current()).keyId).toBe(next);
  });

  test('are stored wrapped only', async () => {
    const { key, keyId } = await process().keys.current();
    const item = await credentials.get({ appId: 'data-keys', kind: keyId });
    expect(Object.keys(item ?? {}).toSorted()).toEqual(['appId', 'bound', 'kind', 'wrapped']);
    const wrapped = Buffer.from(String(item?.['wrapped']), 'base64');
    expect(wrapped.includes(Buffer.from(key))).toBe(false);
  });
});
