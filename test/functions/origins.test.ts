import { afterAll, describe, expect, test } from '@jest/globals';
import { startKit } from '../kit/kit.ts';

const kit = await startKit({ followers: 3 });
afterAll(() => kit.close());

const foreign = 'https://other.example';
const own = { host: 'keyring.example.com', 'x-forwarded-proto': 'https' };

describe('a session', () => {
  test.each(['getMe', 'listAvatars', 'logout', 'deleteMe'] as const)(
    'is not looked at for a page that the account does not name: %s',
    async (route) => {
      const headers = { ...own, origin: foreign, 'x-keyring-csrf': '1' };
      expect(await kit.call(route, { headers })).toMatchObject({
        status: 403,
        body: { code: 'origin_not_allowed' },
      });
    },
  );

  test.each([
    ["the account's own origin", { ...own, origin: kit.origin }],
    ["the API's own", { ...own, origin: 'https://keyring.example.com' }],
    ['no origin, as browsers send from the same one', own],
  ])('is looked at for %s', async (_, headers) => {
    expect(await kit.call('getMe', { headers })).toMatchObject({
      status: 401,
      body: { code: 'session_missing' },
    });
  });

  test.each([
    'null',
    'http://keyring.example.com',
    'https://keyring.example.com:8443',
    'https://keyring.example.com.other.example',
  ])('is not looked at for %s, which only looks like the own one', async (origin) => {
    expect(await kit.call('getMe', { headers: { ...own, origin } })).toMatchObject({ status: 403 });
  });
});

test('a key needs no page', async () => {
  const answer = await kit.call('listAvatars', { key: kit.apiKey, headers: { ...own, origin: foreign } });
  expect(answer.status).toBe(200);
});

test('answers say that they differ by origin', async () => {
  expect((await kit.call('getMe')).headers).toMatchObject({ vary: 'Origin' });
  expect((await kit.call('health')).headers).toMatchObject({ vary: 'Origin' });
});
