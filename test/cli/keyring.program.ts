import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { startStack, type LocalStack } from '../../local/stack.ts';
import { bundledKeyring } from './bundled.ts';

const program = await bundledKeyring();
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ ports: { api: 0, simulator: 0, aws: 0 }, log: quiet, followers: 3 });
});
afterAll(() => stack.close());

/** Runs the command as an operator does, with `input` on its standard input. */
function keyring(
  args: readonly string[],
  input = '',
  from = program,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [from, '--local', ...args], {
      env: { ...process.env, AWS_PORT: String(stack.awsPort), NODE_OPTIONS: '' },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (err += String(chunk)));
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });
}

/** What a change says first, on standard error. */
const place = () => `The local stack at http://127.0.0.1:${stack.awsPort}.\n`;

describe('the operator’s command line', () => {
  test('registers an account with a secret from standard input, which it never shows', async () => {
    const account = 'wxabcdefabcdefabcd';
    const secret = 'b'.repeat(32);
    await fetch(`${stack.simulator}/_sim/accounts`, {
      method: 'POST',
      body: JSON.stringify({ appid: account, secret, followers: 5 }),
    });
    const { code, out, err } = await keyring(['account', 'add', account, '--mode', 'classic'], `${secret}\n`);
    expect({ code, err }).toEqual({ code: 0, err: place() });
    expect(out).toContain(`${account}  ok`);
    expect(out + err).not.toContain(secret);
  });

  test('takes the token and the key of pushes from standard input, and shows neither', async () => {
    const push = { token: 'CliPushToken', key: 'c'.repeat(43) };
    const { code, out, err } = await keyring(
      ['account', 'set-push', 'default'],
      `${push.token}\n${push.key}\n`,
    );
    expect({ code, err }).toEqual({ code: 0, err: place() });
    expect(out).toContain(`${stack.api}/v1/accounts/${stack.account}/events, encrypted only`);
    expect(out).not.toMatch(new RegExp(`${push.token}|${push.key}`));
    const options = { push_token: push.token, encoding_aes_key: push.key };
    const simulate = (what: string, method: string, body: object) =>
      fetch(`${stack.simulator}/_sim/${what}`, { method, body: JSON.stringify(body) });
    await simulate('accounts', 'PATCH', { appid: stack.account, options });
    const url = `${stack.api}/v1/accounts/default/events`;
    const event = { FromUserName: 'oSomebody', Event: 'CLICK' };
    const pushed = await simulate('push', 'POST', { appid: stack.account, url, event, safe_mode: true });
    expect(await pushed.json()).toMatchObject({ status: 200, body: 'success' });
  });

  test('takes pushes in the clear where an empty line is given as the key', async () => {
    const { code, out } = await keyring(['account', 'set-push', 'default'], 'CliPushToken\n\n');
    expect(code).toBe(0);
    expect(out).toContain('in the clear');
  });

  test('makes a key that opens the API', async () => {
    const { out, err } = await keyring(['key', 'create', '--name', 'test', '--scope', 'followers:read']);
    // So that it can be the value of a variable, or go into a file.
    expect(out).toMatch(/^wk_[^\s]+\n$/);
    expect(err).toMatch(/The key [0-9a-f]{12} \("test"\)\. This is the only time it is shown\.\n$/);
    const answer = await fetch(`${stack.api}/v1/accounts/default/followers`, {
      headers: { authorization: `Bearer ${out.trim()}` },
    });
    expect(answer.status).toBe(200);
  });

  describe('about one user', () => {
    /** Somebody who has logged in through the API, sharing their profile. */
    async function loggedIn(): Promise<string> {
      const person = await fetch(`${stack.simulator}/_sim/users`, {
        method: 'POST',
        body: JSON.stringify({ appid: stack.account, nickname: '要忘记的人' }),
      });
      const { openid } = (await person.json()) as { openid: string };
      const query = new URLSearchParams({ return_to: `${stack.api}/` }).toString();
      const url = `${stack.api}/v1/accounts/default/oauth/authorize?${query}`;
      const started = await fetch(url, { redirect: 'manual' });
      const asked = new URL(started.headers.get('location') ?? '').searchParams;
      const consent = await fetch(`${stack.simulator}/_sim/consent`, {
        method: 'POST',
        body: JSON.stringify({
          appid: stack.account,
          redirect_uri: asked.get('redirect_uri'),
          scope: asked.get('scope'),
          state: asked.get('state'),
          openid,
          decision: 'allow',
        }),
      });
      const { location } = (await consent.json()) as { location: string };
      const cookie = (started.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      expect((await fetch(location, { redirect: 'manual', headers: { cookie } })).status).toBe(303);
      return openid;
    }

    test('exports what is stored as JSON, and erases it once it is told yes', async () => {
      const openid = await loggedIn();
      const exported = await keyring(['user', 'export', 'default', openid]);
      expect(exported).toMatchObject({ code: 0, err: '' });
      expect(JSON.parse(exported.out)).toMatchObject({
        openid,
        grant: { profile: { nickname: '要忘记的人' } },
        sessions: [{ createdAt: expect.any(Number) }],
      });

      const refused = await keyring(['user', 'erase', 'default', openid], 'no\n');
      expect(refused).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('Nothing was deleted.'),
      });
      const erased = await keyring(['user', 'erase', 'default', openid], 'yes\n');
      expect(erased).toMatchObject({
        code: 0,
        out: 'Deleted: the grant with its tokens, 1 session, the shared profile, the record as a follower.\n',
      });
      const gone = await keyring(['user', 'export', 'default', openid]);
      expect(gone).toMatchObject({ code: 1, out: '', err: expect.stringContaining('openid_unknown') });
    });

    test('says that nothing was stored about somebody nobody knows, and asks nothing with --yes', async () => {
      const { code, out, err } = await keyring(['user', 'erase', 'default', 'oNobody', '--yes']);
      expect({ code, out, err }).toEqual({
        code: 0,
        out: 'Nothing was stored about this user.\n',
        err: place(),
      });
    });
  });

  describe('status', () => {
    const control = (what: string, body: object, method = 'POST') =>
      fetch(`${stack.simulator}/_sim/${what}`, { method, body: JSON.stringify(body) });

    afterEach(async () => {
      await control('faults', {}, 'DELETE');
      await keyring(['refresh', 'default']);
    });

    test('says until when the token is usable, in Beijing time, and --check exits with 0', async () => {
      await keyring(['refresh', 'default']);
      const { code, out } = await keyring(['status', '--check']);
      expect(code).toBe(0);
      expect(out).toMatch(/^ {2}token usable for 2 h, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d Beijing time$/m);
      expect(out).not.toMatch(/\dZ\b/);
    });

    test('tells a failed refresh that no user notices from a token that is gone', async () => {
      await control('faults', { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 40164, times: 500 });
      await keyring(['refresh', 'default']);
      const failing = await keyring(['status', '--check']);
      expect(failing.code).toBe(3);
      expect(failing.out).toMatch(/^wx5ca1ab1e0ddba115 {2}degraded /m);
      expect(failing.out).toMatch(/^ {2}refresh failing, token usable for .* Beijing time$/m);
      expect((await keyring(['status'])).code).toBe(0);

      await stack.clock.advance(7300);
      const down = await keyring(['status', '--check', '--json']);
      expect(down.code).toBe(4);
      const [account] = (JSON.parse(down.out) as { result: { accounts: { state: string }[] } }).result
        .accounts;
      expect(account).toMatchObject({ state: 'down', unusableSince: expect.any(Number) });
      expect((await keyring(['status'])).out).toMatch(
        /^ {2}no usable token since .* Beijing time \(\d+ (s|min) ago\), calls answer 503$/m,
      );
    });
  });

  test('shows how every account is', async () => {
    const { code, out } = await keyring(['status']);
    expect(code).toBe(0);
    expect(out).toMatch(/mode stable, generation \d+, \d+ of 200 mints today/);
  });

  test('shows what was counted by the day, what the token was before, and the calls of each day', async () => {
    await keyring(['refresh', 'default']);
    const days = await keyring(['account', 'days', 'default', '--days', '1']);
    expect(days).toMatchObject({ code: 0, out: expect.stringMatching(/^(\d{4}-\d\d-\d\d {2}|Nothing has)/) });
    const history = await keyring(['account', 'history', 'default']);
    expect(history.code).toBe(0);
    expect(history.out).toMatch(/^access_token {2}generation \d+, minted .*, ends .*, \d+ mints today$/m);
    const usage = await keyring(['usage', 'days', 'default', '--days', '2']);
    expect(usage.out).toMatch(/^\d{4}-\d\d-\d\d {2}\d+ calls\n\d{4}-\d\d-\d\d {2}[1-9]\d* calls\n/);
  });

  test('shows the settings of an account, and again when they are changed', async () => {
    const change = ['--origin', 'https://a.example.com', '--domain-file', 'MP_verify_aB1.txt'];
    const limits = ['--daily-limit', '/cgi-bin/user/get=1000', '--session-idle', '2', '--sync-share', '20'];
    const changed = await keyring(['account', 'set', 'default', ...change, ...limits]);
    expect(changed.code).toBe(0);
    const shown = await keyring(['account', 'show', 'default']);
    expect(shown.out.split('\n').slice(4, 10)).toEqual([
      '  aliases: default',
      '  origins: https://a.example.com, http://localhost:*',
      '  domain files: MP_verify_aB1.txt',
      '  sessions: end after 2 h unused, and at the latest after 720 h',
      '  sync: off, up to 20 % of the quotas of a day',
      '  daily limits that are not the usual: /cgi-bin/user/get=1000',
    ]);
    expect(changed.out).toBe(shown.out);
  });

  test('shows the calls of a day beside their limits, aligned', async () => {
    await keyring(['followers', 'sync', 'default', '--wait']);
    const { out } = await keyring(['usage', 'default']);
    const [day, ...lines] = out.trimEnd().split('\n');
    expect(day).toMatch(/^\d{4}-\d\d-\d\d, a day in China$/);
    expect(lines.find((line) => line.includes('stable_token'))).toMatch(/ +\d+ of 500000$/);
    expect(new Set(lines.map((line) => line.indexOf(' of '))).size).toBe(1);
  });

  test('names in messages are in quotes', async () => {
    expect((await keyring(['account', 'show', 'my shop'])).err).toContain(
      'There is no account "my shop". `account list` shows those that there are.',
    );
    expect((await keyring(['account', 'remove', 'my shop'])).err).toContain('This removes "my shop",');
  });

  test('says of a pause after the end of a sync that no other begins', async () => {
    await keyring(['followers', 'sync', 'default', '--wait']);
    const paused = await keyring(['followers', 'pause', 'default']);
    expect(paused.out).toMatch(
      / {2}paused after the last sync has ended: no other begins before `followers resume`\n/,
    );
    expect(paused.out).toMatch(/100% {2}done\n/);
    await keyring(['followers', 'resume', 'default']);
  });

  test('does from its sources what it does here from one bundle', async () => {
    const bundled = await keyring(['key', 'list']);
    expect(bundled).toMatchObject({ code: 0, err: '', out: expect.stringContaining('local') });
    expect(await keyring(['key', 'list'], '', 'cli/keyring.ts')).toEqual(bundled);
  });

  test('prints JSON where it is asked to', async () => {
    const { out } = await keyring(['status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ ok: true });
  });

  test('shows a sync of followers until it is done', async () => {
    const { code, out, err } = await keyring(['followers', 'sync', 'default', '--wait']);
    expect({ code, err }).toEqual({ code: 0, err: place() });
    expect(out).toMatch(/\[#{30}\] 100% {2}done/);
    expect(out).toContain('list: 3 of 3 in 2 pages');
  });

  test('lists followers by when they followed, and exports them in that order', async () => {
    await keyring(['followers', 'sync', 'default', '--wait']);
    const rows = async (...args: string[]) =>
      (await keyring(['followers', ...args])).out.trimEnd().split('\n');
    const newest = await rows('list', 'default', '--limit', '2');
    expect(newest).toEqual([
      expect.stringMatching(/^o[\w-]{27} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d Beijing time/),
      expect.any(String),
    ]);
    const oldest = await rows('list', 'default', '--order', 'oldest');
    expect(oldest.toReversed().slice(0, 2)).toEqual(newest);
    const exported = await rows('export', 'default', '--order', 'newest');
    expect(exported.map((line) => (JSON.parse(line) as { openid: string }).openid)).toEqual(
      oldest.toReversed().map((line) => line.slice(0, 28)),
    );
  });

  test('pauses the syncs of an account, and resumes them', async () => {
    expect((await keyring(['followers', 'pause', 'default'])).out).toContain('paused');
    const { code, err } = await keyring(['followers', 'sync', 'default']);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('sync_paused') });
    expect((await keyring(['followers', 'resume', 'default'])).code).toBe(0);
  });

  test('exits with 1 where the secret does not work, and keeps the former one', async () => {
    const refused = await keyring(['account', 'rotate-secret', 'default'], `${'c'.repeat(32)}\n`);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/secret_unproven: Nothing was stored\. .*errcode 40125/);
    expect((await keyring(['refresh', 'default'])).code).toBe(0);
  });

  test.each([
    [['account', 'rotate-secret', 'default'], '\n', 'The secret is a text of 1 to 128 characters'],
    [
      ['account', 'add', 'wxabcdefabcdefabc0'],
      'a secret\n',
      'The AppSecret is a text of 1 to 128 characters',
    ],
    [['account', 'set-push', 'default'], 'a!\n\n', 'The Token is a text of 3 to 32 letters and digits'],
    [
      ['account', 'set-push', 'default'],
      'aToken\na!\n',
      'The EncodingAESKey is a text of 43 letters and digits',
    ],
  ])('exits with 2 where what is asked for cannot be: %j %j', async (args, input, sentence) => {
    const { code, out, err } = await keyring(args, input);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
  });

  test.each([
    ['refresh', 'default'],
    ['account', 'set-mode', 'default', 'stable'],
    ['account', 'set', 'default', '--mode', 'stable'],
  ])('exits with 1 and shows the account where the refresh fails: %s %s', async (...args) => {
    const fault = { path: '/cgi-bin/stable_token', kind: 'errcode', errcode: 40164, times: 1 };
    await fetch(`${stack.simulator}/_sim/faults`, { method: 'POST', body: JSON.stringify(fault) });
    const { code, out } = await keyring(args);
    expect(code).toBe(1);
    expect(out).toContain('wechat_ip_not_allowed');
    expect((await keyring(['refresh', 'default', '--json'])).code).toBe(0);
  });

  test('exits with 1 and the stable code when the service refuses', async () => {
    const { code, err } = await keyring(['account', 'show', 'wxffffffffffffffff']);
    expect(code).toBe(1);
    expect(err).toContain('account_unknown');
  });

  test.each([
    [['nonsense'], 'There is no command'],
    [['key', 'create', '--name', 'x', '--scope', 'everything'], '--scope is one or more of'],
    [['account', 'remove', 'default'], 'Add --yes'],
    [['account', 'set', 'default', '--sync', 'maybe'], '--sync is'],
    [['account', 'set', 'default', '--sync-share', '101'], '--sync-share is'],
    [['followers', 'sync'], 'Say: followers sync <account>'],
    [['status', '--colour'], '--colour'],
    [['account', 'add', 'wxabcdefabcdefabcd', '--secret', 'x'], '--secret'],
  ])('exits with 2 and says what is wrong about %j', async (args, sentence) => {
    const { code, err } = await keyring(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});
