import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { userOfSocket } from '../../console/server/peer.ts';
import { startConsole, type Console, type ConsoleOptions } from '../../console/server/server.ts';
import { close, listen } from '../../local/aws/http.ts';
import { startSimulator } from '../../package/entries/simulator.ts';
import { send } from './requests.ts';

const consoles: Console[] = [];
afterEach(async () => {
  await Promise.all(consoles.splice(0).map((each) => each.close()));
});

const noAccounts = { ok: true, result: { now: 1, accounts: [] } };

/** A console, what it was told to send, and calls as its page makes them. */
async function start(options: Partial<ConsoleOptions> = {}) {
  const sent: object[] = [];
  const served = await startConsole({
    place: 'local',
    send: (command) => {
      sent.push(command);
      return Promise.resolve(noAccounts);
    },
    ...options,
  });
  consoles.push(served);
  const { origin, hash } = new URL(served.url);
  const token = hash.slice(1);
  const ask = (path: string, asked: Parameters<typeof send>[1] = {}) =>
    send(origin + path, { ...(asked.method === undefined && { body: {} }), ...asked });
  const enter = async () => {
    const { json } = await ask('/session', { body: { token } });
    return { authorization: `Bearer ${(json as { session: string }).session}` };
  };
  return { origin, token, sent, ask, enter };
}

const refused = (code: string) => ({ ok: false, problem: expect.objectContaining({ code }) });

describe('the address of a console', () => {
  test('is on the loopback interface, with a token behind the # that no server is sent', async () => {
    const { origin, token } = await start();
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
  });

  test('has a token of its own each time', async () => {
    expect((await start()).token).not.toBe((await start()).token);
  });
});

describe('the token', () => {
  test('opens a session that can send commands', async () => {
    const { ask, enter, sent } = await start();
    const headers = await enter();
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({
      status: 200,
      json: noAccounts,
    });
    expect(sent).toEqual([{ command: 'status' }]);
  });

  test('is good once, for whoever comes first', async () => {
    const { ask, token, enter } = await start();
    const headers = await enter();
    expect(await ask('/session', { body: { token } })).toMatchObject({
      status: 401,
      json: refused('token_used'),
    });
    expect((await ask('/about', { method: 'GET', headers })).status).toBe(200);
  });

  test('is not used up by somebody who guesses', async () => {
    const { ask, enter } = await start();
    for (const token of ['', '0'.repeat(64), 0, null, { length: 64 }, { toString: 1, valueOf: 1 }]) {
      expect(await ask('/session', { body: { token } })).toMatchObject({
        status: 401,
        json: refused('token_unknown'),
      });
    }
    expect(await enter()).toHaveProperty('authorization');
  });

  test('is no key of a session itself', async () => {
    const { ask, token, enter } = await start();
    await enter();
    const headers = { authorization: `Bearer ${token}` };
    expect(await ask('/about', { method: 'GET', headers })).toMatchObject({ status: 401 });
  });
});

describe('without the key of the session', () => {
  test.each([
    ['POST', '/admin'],
    ['GET', '/about'],
    ['POST', '/simulator/clock'],
    ['GET', '/simulator/clock'],
    ['GET', '/anything'],
  ])('%s %s is refused, before the token is used and after', async (method, path) => {
    const { ask, enter, sent } = await start({ simulator: 'http://127.0.0.1:1' });
    const body = method === 'GET' ? undefined : { command: 'status' };
    const wrong = [
      {},
      { authorization: '' },
      { authorization: 'Bearer ' },
      { authorization: 'Bearer undefined' },
    ];
    for (const headers of wrong) {
      expect(await ask(path, { method, body, headers })).toMatchObject({
        status: 401,
        json: refused('session_unknown'),
      });
    }
    await enter();
    expect(await ask(path, { method, body })).toMatchObject({
      status: 401,
      json: refused('session_unknown'),
    });
    expect(sent).toEqual([]);
  });
});

describe('another user of the machine', () => {
  // Only root can start a process as somebody else.
  const testAsRoot = process.platform === 'linux' && process.getuid?.() === 0 ? test : test.skip;

  testAsRoot.each([
    ['the usual way', {}],
    ['from another address of this machine', { localAddress: '127.0.0.2' }],
    ['through a socket for IPv6', { host: '::ffff:127.0.0.1', family: 6 }],
  ])(
    'who has read the token in the list of processes is refused %s, and does not use it up',
    async (_, how) => {
      const { origin, token, enter } = await start();
      const options = {
        ...{ host: '127.0.0.1', port: new URL(origin).port, path: '/session', method: 'POST' },
        headers: { 'content-type': 'application/json', host: '127.0.0.1' },
        ...how,
      };
      const script = `require('node:http').request(${JSON.stringify(options)}, (answer) => {
        console.log(answer.statusCode);
        answer.pipe(process.stdout);
      }).end(JSON.stringify({ token: '${token}' }))`;
      const child = spawn('/bin/sh', ['-c', 'node -e "$0"', script], {
        uid: 65_534,
        gid: 65_534,
        env: { PATH: process.env['PATH'] },
      });
      let out = '';
      child.stdout.on('data', (chunk) => (out += String(chunk)));
      await once(child, 'close');
      expect(out).toMatch(/^403\n.*"user_not_allowed"/);
      expect(await enter()).toHaveProperty('authorization');
    },
  );

  test.each([
    ['an end for IPv4', '127.0.0.1', 1001],
    ['an end at another address', '127.0.0.2', 1002],
    ['an end for IPv6', '::ffff:127.0.0.3', 1003],
    ['no end that is there', '127.0.0.4', undefined],
  ])('is found in the table of sockets by %s', (_what, address, user) => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2256 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:2256 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1
   2: 0100007F:D431 0100007F:2256 01 00000000:00000000 02:00000A5E 00000000  1001        0 4713 2 0 20 4 30 10 -1
   3: 0200007F:D431 0100007F:2256 01 00000000:00000000 02:00000A5E 00000000  1002        0 4714 2 0 20 4 30 10 -1
   4: 0000000000000000FFFF00000300007F:D431 0000000000000000FFFF00000100007F:2256 01 00000000:00000000 02:00000A5E 00000000  1003        0 4715 2 0 20 4 30 10 -1
`;
    const ours = { address: '127.0.0.1', port: 0x2256 };
    expect(userOfSocket(table, { address, port: 0xd431 }, ours)).toBe(user);
    expect(userOfSocket(table, { address, port: 0xd432 }, ours)).toBeUndefined();
  });
});

describe('a web page of somebody else', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example:8790'])(
    'that has its own name %j point here gets nothing, not even with the key',
    async (host) => {
      const { ask, enter, sent } = await start();
      const headers = { ...(await enter()), host };
      for (const path of ['/', '/assets/main.js']) {
        // What is refused is not read, so nothing else can come over that connection.
        expect(await ask(path, { method: 'GET', headers })).toMatchObject({
          status: 403,
          headers: { connection: 'close' },
        });
      }
      expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({
        status: 403,
        json: refused('host_not_allowed'),
      });
      expect(sent).toEqual([]);
    },
  );

  test.each([
    'http://127.0.0.1:1',
    'http://localhost:8787',
    'https://evil.example',
    'null',
    'http://127.0.0.1.evil.example',
  ])('with the origin %s calls nothing, not even with the token or the key', async (origin) => {
    const { ask, token, enter, sent } = await start();
    expect(await ask('/session', { headers: { origin }, body: { token } })).toMatchObject({
      status: 403,
      json: refused('origin_not_allowed'),
    });
    const headers = { ...(await enter()), origin };
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({ status: 403 });
    expect(await ask('/assets/main.js', { method: 'GET', headers })).toMatchObject({ status: 403 });
    expect(sent).toEqual([]);
  });

  test.each(['0', '.evil.example', '/'])(
    'with the own origin and %s behind it calls nothing',
    async (more) => {
      const { ask, origin, enter } = await start();
      const headers = { ...(await enter()), origin: origin + more };
      expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({ status: 403 });
    },
  );

  test.each(['cross-site', 'same-site'])('of which the browser says %s calls nothing', async (site) => {
    const { ask, enter, sent } = await start();
    const headers = { ...(await enter()), 'sec-fetch-site': site };
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({ status: 403 });
    expect(await ask('/assets/main.js', { method: 'GET', headers })).toMatchObject({ status: 403 });
    const framed = { 'sec-fetch-site': site, 'sec-fetch-dest': 'iframe' };
    expect(await ask('/', { method: 'GET', headers: framed })).toMatchObject({ status: 403 });
    const opened = { 'sec-fetch-site': site, 'sec-fetch-dest': 'document' };
    expect(await ask('/assets/main.js', { method: 'GET', headers: opened })).toMatchObject({ status: 403 });
    expect(await ask('/', { headers: opened })).toMatchObject({ status: 403 });
    expect(sent).toEqual([]);
  });

  test('may link to the page, which shows nothing without a session', async () => {
    const { ask } = await start();
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
    expect(await ask('/', { method: 'GET', headers })).toMatchObject({ status: 200 });
  });

  test('is given no leave to call by any header of an answer', async () => {
    const { ask } = await start();
    const origin = 'https://evil.example';
    const asked = { 'access-control-request-method': 'POST', origin };
    for (const { status, headers } of [
      await ask('/admin', { method: 'OPTIONS', headers: asked }),
      await ask('/', { method: 'GET' }),
      await ask('/about', { method: 'GET' }),
    ]) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect([200, 401, 403]).toContain(status);
    }
  });

  test('sends no form: what is not JSON is refused', async () => {
    const { ask, enter, sent } = await start();
    const own = await enter();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json-seq',
      '',
    ]) {
      const headers = { ...own, 'content-type': type };
      expect(await ask('/admin', { headers, body: '{"command":"status"}' })).toMatchObject({
        status: 415,
        json: refused('media_type_unsupported'),
      });
    }
    expect(sent).toEqual([]);
  });
});

describe('the page', () => {
  test('lets in nothing but its own files, has nothing inline, and cannot be framed', async () => {
    const { ask } = await start();
    const { text, headers } = await ask('/', { method: 'GET' });
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(text).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
  });

  test('sets no cookie: those of 127.0.0.1 go to every port of it', async () => {
    const { ask, token } = await start();
    const answers = [await ask('/', { method: 'GET' }), await ask('/session', { body: { token } })];
    expect(answers.map(({ headers }) => headers['set-cookie'])).toEqual([undefined, undefined]);
  });

  test('answers HEAD with the headers alone', async () => {
    const { ask } = await start();
    expect(await ask('/', { method: 'HEAD', body: '' })).toMatchObject({ status: 200, text: '' });
  });
});

describe('a command', () => {
  test.each([
    'account.add',
    'account.rotate-secret',
    'account.set-push',
    'account.remove',
    'data-key.rotate',
  ])('that the page has no button for, such as %s, is not sent', async (command) => {
    const { ask, enter, sent } = await start();
    const headers = await enter();
    expect(await ask('/admin', { headers, body: { command, account: 'default' } })).toMatchObject({
      status: 400,
      json: refused('command_unknown'),
    });
    expect(sent).toEqual([]);
  });

  test('brings what its result has, and nothing else that was answered', async () => {
    const result = { ...noAccounts.result, appSecret: 'never shown' };
    const { ask, enter } = await start({ send: () => Promise.resolve({ ok: true, result }) });
    const headers = { ...(await enter()), 'content-type': 'application/json; charset=utf-8' };
    expect((await ask('/admin', { headers, body: { command: 'status' } })).json).toEqual(noAccounts);
  });

  test.each([
    ['PUT', '/session'],
    ['POST', '/about'],
    ['PUT', '/admin'],
    ['GET', '/admin'],
    ['POST', '/'],
  ])('is not sent by %s %s', async (method, path) => {
    const { ask, enter, sent } = await start();
    const headers = await enter();
    const body = method === 'GET' ? undefined : { command: 'status' };
    expect(await ask(path, { method, headers, body })).toMatchObject({
      status: 404,
      json: refused('not_found'),
    });
    expect(sent).toEqual([]);
  });

  test('brings back what the admin function refused', async () => {
    const problem = { code: 'account_unknown', title: 'There is no such account here.' };
    const { ask, enter } = await start({ send: () => Promise.resolve({ ok: false, problem }) });
    const headers = await enter();
    expect(await ask('/admin', { headers, body: { command: 'refresh', account: 'x' } })).toMatchObject({
      status: 200,
      json: { ok: false, problem },
    });
  });

  test('that cannot be sent says why', async () => {
    const { ask, enter } = await start({
      send: () => Promise.reject(new Error('The security token included in the request is expired.')),
    });
    const headers = await enter();
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({
      status: 502,
      json: {
        problem: {
          code: 'unreachable',
          detail: 'The security token included in the request is expired.',
        },
      },
    });
  });

  test('whose answer is of another version is not passed on', async () => {
    const { ask, enter } = await start({
      send: () => Promise.resolve({ ok: true, result: { accounts: 3 } }),
    });
    const headers = await enter();
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({
      status: 502,
      json: refused('answer_not_understood'),
    });
  });

  test('of which half is there when the browser goes ends nothing else', async () => {
    const { ask, enter, origin } = await start();
    const headers = await enter();
    const { hostname, port, host } = new URL(origin);
    const browser = connect(Number(port), hostname);
    const head = ['POST /admin HTTP/1.1', `host: ${host}`, `authorization: ${headers.authorization}`];
    browser.write([...head, 'content-type: application/json', 'content-length: 99', '', '{'].join('\r\n'));
    // Served after it: then the half is there.
    await ask('/about', { method: 'GET', headers });
    browser.destroy();
    await once(browser, 'close');
    expect(await ask('/admin', { headers, body: { command: 'status' } })).toMatchObject({ status: 200 });
  });

  test.each([
    ['half a body', '{', 400, 'body_not_json'],
    ['a list', '[]', 400, 'body_not_json'],
    ['a number for its name', '{"command":7}', 400, 'command_unknown'],
    ['too much', `{"command":"status","pad":"${'x'.repeat(70_000)}"}`, 413, 'body_too_large'],
  ])('that comes as %s is refused', async (_what, body, status, code) => {
    const { ask, enter, sent } = await start();
    const headers = await enter();
    expect(await ask('/admin', { headers, body })).toMatchObject({ status, json: refused(code) });
    expect(sent).toEqual([]);
  });
});

describe('the simulator', () => {
  test('is not there in a deployment', async () => {
    const { ask, enter } = await start({ place: { stage: 'prod', region: undefined } });
    const headers = await enter();
    expect(await ask('/about', { method: 'GET', headers })).toMatchObject({
      json: { place: { stage: 'prod' }, hasSimulator: false },
    });
    expect(await ask('/simulator/clock', { headers, body: { advance_s: 1 } })).toMatchObject({ status: 404 });
  });

  test.each([
    ['POST', '/simulator/reset'],
    ['POST', '/simulator/../cgi-bin/token'],
    ['POST', '/simulator/'],
    ['POST', '/simulator/push'],
    ['POST', '/simulator/accounts'],
    ['GET', '/simulator/clock'],
  ])('is not asked for %s %s, which no button is for', async (method, path) => {
    const { ask, enter } = await start({ simulator: 'http://127.0.0.1:1' });
    const headers = await enter();
    const body = method === 'GET' ? undefined : {};
    expect(await ask(path, { method, headers, body })).toMatchObject({
      status: 404,
      json: refused('not_found'),
    });
  });

  test('is heard where it refuses', async () => {
    const simulator = await startSimulator();
    const { ask, enter } = await start({ simulator: simulator.url });
    const headers = await enter();
    expect(await ask('/simulator/clock', { headers, body: { advance_s: -1 } })).toMatchObject({
      status: 400,
      json: { error: expect.any(String) },
    });
    await simulator.close();
  });

  test('that takes a call and never answers is said to be unreachable once its time is over', async () => {
    const silent = createServer();
    const { ask, enter } = await start({ simulator: await listen(silent), simulatorDeadlineMs: 10 });
    const headers = await enter();
    expect(await ask('/simulator/clock', { headers, body: { advance_s: 1 } })).toMatchObject({
      status: 502,
      json: refused('unreachable'),
    });
    await close(silent);
  });

  test('that has ended is said to be unreachable', async () => {
    const { ask, enter } = await start({ simulator: 'http://127.0.0.1:1' });
    const headers = await enter();
    expect(await ask('/simulator/clock', { headers, body: { advance_s: 1 } })).toMatchObject({
      status: 502,
      json: refused('unreachable'),
    });
  });
});
