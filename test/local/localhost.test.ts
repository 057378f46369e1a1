import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAdmin, startStack, type LocalStack } from '../../local/stack.ts';
import { memoryTables } from '../kit/memory-table.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ports = { api: 0, simulator: 0, aws: 0 };
let stack: LocalStack;
beforeAll(async () => {
  stack = await startStack({ ports, log: quiet, followers: 1, tables: memoryTables() });
});
afterAll(() => stack.close());

function authorize(returnTo: string): Promise<Response> {
  const query = new URLSearchParams({ return_to: returnTo }).toString();
  const url = `${stack.api}/v1/accounts/default/oauth/authorize?${query}`;
  return fetch(url, { redirect: 'manual' });
}

/** What a page of that origin gets of a call with a session. */
function fromPage(origin: string): Promise<Response> {
  return fetch(`${stack.api}/v1/accounts/default/me`, { headers: { origin } });
}

describe('a page on any port of localhost', () => {
  test('may be returned to', async () => {
    expect((await authorize('http://localhost:5173/')).status).toBe(302);
  });

  test('may call the API', async () => {
    const origin = 'http://localhost:3000';
    const answer = await fromPage(origin);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(await answer.json()).toMatchObject({ code: 'session_missing' });
  });
});

test('a page on any port may still be returned to when the origins of the account are set', async () => {
  await runAdmin(stack.runtime, {
    command: 'account.set',
    account: 'default',
    allowedOrigins: ['https://a.example'],
  });
  // Functions remember accounts for a while.
  await stack.clock.advance(600);
  expect((await authorize('http://localhost:5173/')).status).toBe(302);
  expect((await authorize('https://a.example/')).status).toBe(302);
});

describe.each([
  'http://localhost.example.com',
  'http://localhost:5173.example.com',
  'https://localhost:5173',
  'http://192.0.2.7:5173',
])('a page of %s', (origin) => {
  test('may not be returned to, and it says what to run', async () => {
    const answer = await authorize(`${origin}/`);
    expect(answer.status).toBe(400);
    const shown = await answer.text();
    expect(shown).toContain('return_to_not_allowed');
    expect(shown.includes(`To allow it: npm start -- --origin ${origin}<`)).toBe(URL.canParse(origin));
  });

  test('may not call the API', async () => {
    const answer = await fromPage(origin);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await answer.json()).toMatchObject({ code: 'origin_not_allowed' });
  });
});

test('no command gives an account every port of localhost', async () => {
  await expect(
    runAdmin(stack.runtime, {
      command: 'account.set',
      account: 'default',
      allowedOrigins: ['http://localhost:*'],
    }),
  ).rejects.toThrow('allowedOrigins is an origin');
});
