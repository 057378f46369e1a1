import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stop } from 'esbuild';
import { startStack } from '../../local/stack.ts';
import { Builds } from '../attacks/build.ts';
import { createCall, startKit, type Kit, type Response } from '../kit/kit.ts';
import { LogWatch, watch } from '../kit/log-watch.ts';

let kit: Kit;
let builds: Builds;
let openid: string;
beforeAll(async () => {
  builds = new Builds();
  kit = await startKit({ pace: 20 });
  const { body } = await kit.call('listFollowers', { key: kit.apiKey });
  [openid = ''] = (body as { openids: string[] }).openids;
});
afterAll(async () => {
  builds.remove();
  await stop();
  await kit.close();
});

async function logIn(): Promise<{ location: URL; answer: Response; cookies: readonly string[] }> {
  const started = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
  const location = new URL(await kit.consent(String(started.headers['location']), openid));
  const answer = await kit.call('callback', {
    path: { account: kit.account },
    query: location.search.slice(1),
    cookies: started.cookies,
  });
  return { location, answer, cookies: [...started.cookies, ...answer.cookies] };
}

/** The function of the token broker, with a token where the log has its generation. */
function leakyCall(runtime = kit.runtime): Kit['call'] {
  const change = {
    file: 'functions/credentials/get-token.ts',
    find: 'generation: token.generation,',
    replace: 'generation: `the token ${token.value}`,',
  };
  return createCall(runtime, builds.with([change]));
}

// The test at the end of this file runs the file once more in a process of its own, with this set: there, a function
// logs a token, and the file must fail although its tests pass.
if (process.env['KEYRING_TEST_LEAK'] === '1') {
  test('reads a token from a function that logs it', async () => {
    expect(await leakyCall()('getToken', { key: kit.apiKey })).toMatchObject({ status: 200 });
  });
} else {
  test('nothing secret is logged or answered when WeChat refuses, is out of reach or talks nonsense', async () => {
    const { answer, cookies } = await logIn();
    expect(answer.status).toBe(303);
    await kit.call('getMe', { cookies });
    const userInfo = { path: '/cgi-bin/user/info', times: 3 };
    for (const fault of [
      { ...userInfo, kind: 'errcode', errcode: 48001 },
      { ...userInfo, kind: 'garbage', body: `{"openid":"${openid}` },
      { ...userInfo, kind: 'reset' },
      { ...userInfo, kind: 'http', status: 500 },
    ]) {
      await kit.control('faults', fault);
      const refused = await kit.call('getFollower', { key: kit.apiKey, path: { openid } });
      expect(refused.status).toBe(502);
      expect(JSON.stringify(refused.body)).not.toContain(openid);
      await kit.control('faults', undefined, 'DELETE');
    }
    const exchange = { path: '/sns/oauth2/access_token', times: 1 };
    for (const [fault, status] of [
      [{ ...exchange, kind: 'errcode', errcode: 40029 }, 400],
      [{ ...exchange, kind: 'garbage', body: '{"access_token":"84_' }, 502],
    ] as const) {
      await kit.control('faults', fault);
      const { location, answer: failed } = await logIn();
      expect(failed.status).toBe(status);
      for (const value of location.searchParams.values()) expect(failed.body).not.toContain(value);
    }
    expect(kit.logged.length).toBeGreaterThan(5);
    // The search of the log, at the end of every test file, has these to look for.
    expect(watch.leaks()).toEqual([]);
  });

  test('a function that fails for want of a table logs where, and nothing that it was given', async () => {
    const environment = { ...kit.runtime.environment, KEYRING_USERS_TABLE: 'Missing' };
    const call = createCall({ ...kit.runtime, environment });
    const { cookies } = await logIn();
    expect(await call('getMe', { cookies })).toMatchObject({ status: 500, body: { code: 'internal' } });
    expect(JSON.stringify(kit.logged.at(-1)?.fields)).toContain('sessions.ts');
    expect(watch.leaks()).toEqual([]);
  });

  describe('the watch over what is printed', () => {
    test('has heard of what simulator and service issued in this file', async () => {
      const { location, cookies } = await logIn();
      const token = (await kit.items('credentials')).find(({ kind }) => kind === 'access_token');
      for (const [kind, value] of [
        ['AppSecret', kit.secret],
        ['API key', kit.apiKey],
        ['token', String(token?.['value'])],
        ['openid', openid],
        ['code', location.searchParams.get('code') ?? ''],
        ['state', location.searchParams.get('state') ?? ''],
        ...cookies.map((cookie) => ['cookie', cookie.split('=')[1] ?? ''] as const),
      ] as const) {
        const printed = [{ where: 'a test', text: `before_${value}/after` }];
        expect(watch.leaks(printed)).toContainEqual({ kind, where: 'a test' });
      }
    });

    test('hears of a whole local stack, too, whatever becomes of its log', async () => {
      const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
      const before = watch.texts.length;
      const stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 1 });
      const headers = { authorization: `Bearer ${stack.apiKey}` };
      const answer = await fetch(`${stack.api}/v1/accounts/default/token`, { headers });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      await stack.close();
      expect(watch.texts.slice(before).map(({ where }) => where)).toContain('A token was read.');
      expect(watch.leaks([{ where: 'a test', text: token }])).toEqual([{ kind: 'token', where: 'a test' }]);
    });

    test.each([
      ['a session id that nobody has noted', 'a'.repeat(64)],
      ['an API key that nobody has noted', `wk_${'A'.repeat(43)}`],
    ])('knows %s by its looks', (_, value) => {
      expect(new LogWatch().leaks([{ where: 'a test', text: `x ${value}.` }])).toHaveLength(1);
    });

    test('looks into errors and their causes, and into what stands in a field', () => {
      const own = new LogWatch();
      own.issued('code', '0thisIsACode');
      own.line({ message: 'a', fields: { error: new Error('x', { cause: new Error('0thisIsACode') }) } });
      own.line({ message: 'b', fields: { deep: [{ in: 'https://x/?code=0thisIsACode&state=1' }] } });
      expect(own.leaks()).toEqual([
        { kind: 'code', where: 'a' },
        { kind: 'code', where: 'b' },
      ]);
    });

    test('finds out a function that logs a token, and names it without the token', async () => {
      const own = new LogWatch();
      const note = (message: string, fields: object = {}) => {
        own.line({ message, fields: { ...fields } });
      };
      const call = leakyCall({ ...kit.runtime, log: { info: note, warn: note, error: note } });
      const { body } = await call('getToken', { key: kit.apiKey });
      const { access_token: token } = body as { access_token: string };
      own.issued('token', token);
      expect(own.leaks()).toEqual([{ kind: 'token', where: 'A token was read.' }]);
      expect(() => {
        own.check();
      }).toThrow('token, beside: A token was read.');
    });

    test('fails a test file in which a function logs a token', async () => {
      const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));
      const file = fileURLToPath(import.meta.url);
      const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
        execFile(
          process.execPath,
          ['--experimental-vm-modules', jest, '--runTestsByPath', file],
          { env: { ...process.env, KEYRING_TEST_LEAK: '1' } },
          (error, out, err) => {
            resolve({ code: error?.code ?? 0, output: out + err });
          },
        );
      });
      expect(output).toContain('1 passed');
      expect(output).toContain('token, beside: A token was read.');
      expect(output).not.toMatch(/84_[\w-]{100}/);
      expect(code).toBe(1);
    });
  });
}
