import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { allowedAddress } from '../../shared/http/allowed-address.ts';
import { anyCharacter } from '../kit/any-character.ts';
import { account as registered, rig } from './rig.ts';

const { appId: account } = registered;
const { attempts } = rig();

const browser = 'b'.repeat(64);
function start(): Promise<string> {
  return attempts.start({ account, scope: 'snsapi_base', returnTo: 'https://www.example.com/' }, browser);
}

describe('a state', () => {
  test('is 1 to 128 letters and digits, and never the same', async () => {
    const states = await Promise.all(Array.from({ length: 200 }, start));
    for (const state of states) expect(state).toMatch(/^[A-Za-z0-9]{1,128}$/);
    expect(new Set(states).size).toBe(states.length);
  });

  test('is unknown after any change to it', async () => {
    const state = await start();
    const changed = fc.oneof(
      fc.tuple(fc.nat(63), fc.constantFrom(...Array.from('0123456789abcdefABCDEF'))).map(([at, digit]) => {
        return state.slice(0, at) + digit + state.slice(at + 1);
      }),
      fc.string({ minLength: 1, maxLength: 20 }).map((more) => state + more),
      fc.string({ minLength: 1, maxLength: 20 }).map((more) => more + state),
      fc.nat(63).map((length) => state.slice(0, length)),
      fc.constant(state.toUpperCase()),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (other) => {
        fc.pre(other !== state);
        await expect(attempts.require(account, other, browser)).rejects.toMatchObject({
          code: 'state_unknown',
        });
      }),
    );
  });

  test('is noted as refused once, and only where there is one', async () => {
    const state = await start();
    expect([await attempts.noteRefusal(state), await attempts.noteRefusal(state)]).toEqual([true, false]);
    const other = 'a'.repeat(64);
    expect(await attempts.noteRefusal(other)).toBe(false);
    await expect(attempts.require(account, other, browser)).rejects.toMatchObject({ code: 'state_unknown' });
  });

  test('is claimed by one of many who come with different codes', async () => {
    const state = await start();
    const claims = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => attempts.claim(account, state, browser, `code${n}`)),
    );
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const claim of claims) {
      if (claim.status === 'rejected') expect(claim.reason).toMatchObject({ code: 'state_used' });
    }
  });
});

describe('the list of allowed origins', () => {
  const allowed = ['https://www.example.com', 'http://localhost:5173'];
  // What an address is made of, and whether that part keeps it on the list: the reference knows it from how the
  // address was put together, and parses nothing.
  const part = (text: string, fine: boolean) => ({ text, fine });
  type Part = ReturnType<typeof part>;
  /** One of the parts; seven times out of eight a fine one, so that most addresses have one flaw or none. */
  const mostlyFine = (...parts: Part[]) =>
    fc.oneof(
      { weight: 7, arbitrary: fc.constantFrom(...parts.filter(({ fine }) => fine)) },
      { weight: 1, arbitrary: fc.constantFrom(...parts.filter(({ fine }) => !fine)) },
    );
  const schemes = mostlyFine(
    part('https://', true),
    part('HTTPS://', true),
    part('http://', false),
    part('//', false),
    part('https:\\\\', false),
    part('javascript://', false),
    part('blob:https://', false),
    part('\thttps://', false),
    part('ftp://', false),
  );
  const users = mostlyFine(
    part('', true),
    part('user@', false),
    part('user:password@', false),
    part('evil.example\\@', false),
    part('www.example.com@', false),
  );
  const hosts = mostlyFine(
    part('www.example.com', true),
    part('WWW.Example.COM', true),
    // The parser of browsers turns both of these into the plain name.
    part('www%2Eexample.com', true),
    part('www\u3002example.com', true),
    part('www.example.com.', false),
    part('www.example.com.evil.example', false),
    part('wwwxexample.com', false),
    part('example.com', false),
    part('evil.example', false),
    part('www.example.com\u3002evil.example', false),
    part('wwẃ.example.com', false),
    part('127.0.0.1', false),
  );
  const ports = mostlyFine(
    part('', true),
    part(':443', true),
    part(':', true),
    part(':80', false),
    part(':0443', true),
    part(':65536', false),
  );
  const ends = fc.oneof(
    mostlyFine(
      part('', true),
      part('/', true),
      part('?//evil.example', true),
      part('#@evil.example', true),
      part('/@evil.example', true),
      part('\\@evil.example', false),
      part('/\r\nSet-Cookie: a=b', false),
      part('/a b', false),
    ),
    fc.webPath().map((path) => part(path.startsWith('/') || path === '' ? path : `/${path}`, true)),
  );

  test('lets through what a reference lets through, and nothing else', () => {
    fc.assert(
      fc.property(schemes, users, hosts, ports, ends, (...parts) => {
        const address = parts.map(({ text }) => text).join('');
        const result = allowedAddress(address, allowed);
        expect(result !== undefined).toBe(parts.every(({ fine }) => fine));
        if (result !== undefined) {
          expect(result.startsWith('https://www.example.com/')).toBe(true);
          expect(result).not.toMatch(/[\r\n\\]/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('lets through nothing that is made up at random', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyCharacter }), fc.webUrl()), (address) => {
        expect(allowedAddress(address, allowed)).toBeUndefined();
      }),
    );
  });
});
