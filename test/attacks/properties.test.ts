import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseQuery } from '../../functions/input.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import { allowedAddress } from '../../shared/http/allowed-address.ts';
import { readHostCookie, setHostCookie } from '../../shared/http/cookies.ts';
import { KeyringError } from '../../shared/platform/errors.ts';
import { openPush } from '../../shared/push/open-push.ts';
import { redact } from '../../shared/wechat/redact.ts';
import { parseAppId } from '../../shared/wechat/tokens.ts';
import type { Kit } from '../kit/kit.ts';
import { anyCharacter } from '../kit/any-character.ts';
import { encrypt, sign, toXml } from '../push/sender.ts';
import { Browser } from './browser.ts';
import { redirectTricks } from './login-attacks.ts';
import { newUser, pushSecrets, serviceOf, startScene } from './scene.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startScene();
});
afterAll(() => kit.close());

const origin = 'https://www.example.com';

/** The code of what it throws, or what it returns. */
function faultOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof KeyringError ? error.code : error;
  }
}

describe('the state that a browser is sent to WeChat with', () => {
  test('is at most 128 letters and digits, whatever was asked for', async () => {
    const asked = fc.record({
      scope: fc.constantFrom('snsapi_base', 'snsapi_userinfo'),
      forcePopup: fc.constantFrom('true', 'false'),
      return_to: fc.webPath().map((path) => `${kit.origin}${path.startsWith('/') ? '' : '/'}${path}`),
    });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(asked, async (query) => {
        const { headers, status } = await kit.call('authorize', { query });
        expect(status).toBe(302);
        // As written, before any parser has decoded it.
        const state = /[?&]state=([^&#]*)/.exec(String(headers['location']))?.[1] ?? '';
        expect(state).toMatch(/^[A-Za-z0-9]{32,128}$/);
        expect(seen.has(state)).toBe(false);
        seen.add(state);
      }),
      { numRuns: 50 },
    );
  });
});

describe('an address that is let through', () => {
  // Made of the tricks themselves, cut and joined anywhere.
  const cut = fc
    .tuple(fc.constantFrom(...redirectTricks), fc.nat(60), fc.nat(60))
    .map(([text, from, length]) => {
      return text.slice(from, from + length);
    });
  const addresses = fc.oneof(
    fc.array(cut, { maxLength: 4 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.constant(origin), fc.array(cut, { maxLength: 3 }))
      .map(([head, tail]) => head + tail.join('')),
    fc.tuple(fc.nat(origin.length), fc.string({ unit: anyCharacter, maxLength: 3 })).map(([at, text]) => {
      return `${origin.slice(0, at)}${text}${origin.slice(at)}/`;
    }),
  );

  test('leads a browser to the allowed origin, from any page, and can stand in a header', () => {
    let letThrough = 0;
    fc.assert(
      fc.property(addresses, fc.webUrl(), (address, page) => {
        const result = allowedAddress(address, [origin]);
        if (result === undefined) return;
        letThrough += 1;
        expect(result).toMatch(/^https:\/\/www\.example\.com\/[\x21-\x5b\x5d-\x7e]*$/);
        expect(new URL(result, page).origin).toBe(origin);
        // Handed in again it comes back the same, so that nothing is left to be decoded twice.
        expect(allowedAddress(result, [origin])).toBe(result);
      }),
      { numRuns: 3000 },
    );
    expect(letThrough).toBeGreaterThan(100);
  });
});

describe('a cookie', () => {
  const text = fc.stringMatching(/^[\x21-\x3a\x3c-\x7e]{0,20}$/);

  test('is read where it is there once, under its whole name, and as it was set', () => {
    fc.assert(
      fc.property(fc.array(text), fc.stringMatching(/^[0-9a-f]{1,64}$/), fc.nat(20), (others, value, at) => {
        const pair = setHostCookie({ name: 'keyring_x', value, maxAgeSeconds: 1 }).split(';')[0] ?? '';
        fc.pre(others.every((cookie) => !cookie.startsWith('__Host-keyring_x=')));
        expect(readHostCookie(others, 'keyring_x')).toBeUndefined();
        expect(readHostCookie(others.toSpliced(at, 0, pair), 'keyring_x')).toBe(value);
        expect(readHostCookie([pair, ...others, '__Host-keyring_x=other'], 'keyring_x')).toBeUndefined();
      }),
    );
  });
});

test('of a query each parameter is taken as given once, and any one given twice is refused', () => {
  const names = fc.constantFrom('code', 'state', 'from', 'code[]', 'Code', '__proto__');
  const pairs = fc.array(fc.tuple(names, fc.stringMatching(/^[A-Za-z0-9]{1,8}$/)), { maxLength: 5 });
  fc.assert(
    fc.property(pairs, (given) => {
      const times = (name: string) => given.filter(([other]) => other === name).length;
      const result = faultOf(() =>
        parseQuery(routes.callback.query, new URLSearchParams(given).toString(), true),
      );
      if (times('code') > 1 || times('state') > 1) expect(result).toBe('repeated_parameter');
      else if (times('state') === 0) expect(result).toBe('invalid_parameter');
      else {
        const expected = given.filter(([name]) => name === 'code' || name === 'state');
        expect(result).toEqual(Object.fromEntries(expected));
      }
    }),
  );
});

describe('a push in safe mode', () => {
  const account = { appId: parseAppId('wx0123456789abcdef'), secrets: pushSecrets };
  const now = 1_800_000_000;
  const xml = toXml({ FromUserName: 'oX', CreateTime: now, MsgType: 'event', Event: 'VIEW' });
  const [timestamp, nonce] = [`${now}`, '12345'];
  const ciphertext = encrypt(pushSecrets.encodingAesKey, account.appId, xml);
  const right = {
    signature: sign(pushSecrets.pushToken, timestamp, nonce),
    timestamp,
    nonce,
    msgSignature: sign(pushSecrets.pushToken, timestamp, nonce, ciphertext),
    body: toXml({ Encrypt: ciphertext }),
  };

  test('says what was encrypted or is refused, whichever character of it is another', () => {
    expect(openPush(right, account, now).fields).toMatchObject({ Event: 'VIEW' });
    const member = fc.constantFrom(...(Object.keys(right) as (keyof typeof right)[]));
    fc.assert(
      fc.property(
        member,
        fc.nat(),
        fc.constantFrom('0', 'a', 'Z', '+', '/', '=', '<', '&', ']'),
        (name, place, character) => {
          const at = place % right[name].length;
          const changed = right[name].slice(0, at) + character + right[name].slice(at + 1);
          fc.pre(changed !== right[name]);
          const result = faultOf(() => openPush({ ...right, [name]: changed }, account, now));
          if (typeof result === 'string') expect(result).toMatch(/^push_/);
          // What is around the ciphertext is not signed, and may be another as long as it is passed over.
          else
            expect(result).toMatchObject({
              isBodySigned: true,
              fields: { FromUserName: 'oX', Event: 'VIEW' },
            });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the tokens of a grant', () => {
  test('open in their own row and attribute, and wherever else they are put they do not', async () => {
    const service = serviceOf(kit);
    const { users } = tablesOf(kit.runtime);
    const openids = [await newUser(service), await newUser(service), await newUser(service)];
    for (const openid of openids) await new Browser(service).logIn(openid);
    const key = (openid: string) => ({ pk: `${kit.account}#${openid}`, sk: 'grant' });
    const attribute = fc.constantFrom('accessToken', 'refreshToken');
    const place = fc.tuple(fc.constantFrom(...openids), attribute);
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(...openids), async ([from, name], to) => {
        const [source, before] = [await users.get(key(from)), await users.get(key(to))];
        await users.update(key(to), { set: { accessToken: source?.[name] } });
        const { status } = await kit.call('getUser', {
          key: kit.apiKey,
          path: { openid: to },
          query: { refresh: 'true' },
        });
        await users.update(key(to), { set: { accessToken: before?.['accessToken'] } });
        expect(status).toBe(from === to && name === 'accessToken' ? 200 : 500);
      }),
      { numRuns: 30 },
    );
  });
});

test('what is redacted is found in no spelling in what is left', () => {
  const secrets = fc.stringMatching(/^[\w +/=&%?-]{6,30}$/);
  fc.assert(
    fc.property(fc.array(secrets, { minLength: 1, maxLength: 3 }), fc.string(), (values, around) => {
      const text = values.map((value) => `${around}${value}&x=${encodeURIComponent(value)}`).join(around);
      const left = redact(text, values).replaceAll('[redacted]', '\n').toLowerCase();
      for (const value of values) {
        expect(left).not.toContain(value.toLowerCase());
        expect(left).not.toContain(encodeURIComponent(value).toLowerCase());
      }
    }),
  );
});
