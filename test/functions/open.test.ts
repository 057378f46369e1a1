import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ followers: 0 });
});
afterAll(() => kit.close());

describe('health', () => {
  test('is ok while every account has its token', async () => {
    expect(await kit.call('health')).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        accounts: [{ account: kit.account, state: 'ok', usableUntil: kit.clock.now() + 7200 - 30 }],
      },
    });
  });

  test('tells a failed refresh that no user notices from a token that is gone', async () => {
    const fault = { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 40164, times: 50 };
    await kit.control('faults', fault);
    const usableUntil = kit.clock.now() + 7200 - 30;
    await kit.clock.advance(7020);
    const failing = { account: kit.account, reason: 'wechat_ip_not_allowed' };
    expect((await kit.call('health')).body).toEqual({
      status: 'degraded',
      accounts: [{ ...failing, state: 'degraded', usableUntil }],
    });
    expect((await kit.call('getToken', { key: kit.apiKey })).status).toBe(200);

    await kit.clock.advance(180);
    expect((await kit.call('health')).body).toEqual({
      status: 'down',
      accounts: [{ ...failing, state: 'down', unusableSince: usableUntil }],
    });
    expect((await kit.call('getToken', { key: kit.apiKey })).status).toBe(503);
    await kit.control('faults', undefined, 'DELETE');
    await kit.clock.advance(3600);
    expect(await kit.call('health')).toMatchObject({ body: { status: 'ok' } });
  });

  test('says the stable code of why, but no advice and no address', async () => {
    await kit.control('faults', {
      path: '/cgi-bin/stable_token',
      kind: 'errcode',
      errcode: 40164,
      times: 50,
    });
    await kit.clock.advance(7200);
    const answer = await kit.call('health');
    expect(answer.body).toEqual({
      status: 'down',
      accounts: [
        {
          account: kit.account,
          state: 'down',
          unusableSince: expect.any(Number),
          reason: 'wechat_ip_not_allowed',
        },
      ],
    });
    await kit.control('faults', undefined, 'DELETE');
    await kit.clock.advance(3600);
    expect(await kit.call('health')).toMatchObject({ body: { status: 'ok' } });
  });
});

describe('a domain ownership file', () => {
  test('is served for an id that the operator registered', async () => {
    const answer = await kit.call('domainFile', { path: { file: 'MP_verify_AbC123.txt' } });
    expect(answer).toMatchObject({ status: 200, body: 'AbC123' });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  });

  test.each(['MP_verify_Other.txt', 'MP_verify_.txt', 'robots.txt', 'MP_verify_AbC123.txt.bak'])(
    'is 404 file_unknown for %s',
    async (file) => {
      expect(await kit.call('domainFile', { path: { file } })).toMatchObject({
        status: 404,
        body: { code: 'file_unknown' },
      });
    },
  );
});

describe('a placeholder', () => {
  test.each([
    ['46', 46],
    ['0', 640],
  ])('of size %s is a PNG %i pixels wide', async (size, pixels) => {
    const { body, status } = await kit.call('getPlaceholder', { path: { seed: '0123456789abcdef', size } });
    const png = Buffer.from(String(body), 'base64');
    expect(status).toBe(200);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(pixels);
  });

  test.each([
    ['0123456789abcdef', '45'],
    ['..%2f..%2fetc', '46'],
  ])('of seed %s and size %s is 404', async (seed, size) => {
    expect((await kit.call('getPlaceholder', { path: { seed, size } })).status).toBe(404);
  });
});

describe('the wall', () => {
  test('of an account without followers is empty', async () => {
    expect(await kit.call('listAvatars', { key: kit.apiKey })).toMatchObject({ status: 200, body: [] });
  });

  test.each([
    ['size=50', 'size'],
    ['limit=201', 'limit'],
  ])('refuses ?%s', async (query, parameter) => {
    const answer = await kit.call('listAvatars', { key: kit.apiKey, query });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_parameter', parameter } });
  });
});
