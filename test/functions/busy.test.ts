import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create as createAuthorizer } from '../../functions/access/authorize-key.ts';
import { create as createServeSdk } from '../../functions/dropin/serve-sdk.ts';
import { create as createListAvatars } from '../../functions/followers/list-avatars.ts';
import type { HttpResult } from '../../functions/http.ts';
import { create as createAuthorize } from '../../functions/oauth/authorize.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { createCall, startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
});
afterAll(() => kit.close());

/** Surroundings in which whatever is asked of DynamoDB ends like this. */
function withTables(answer: () => Promise<never>): Runtime {
  const table = new Proxy(tablesOf(kit.runtime).credentials, { get: () => answer });
  return { ...kit.runtime, tables: { credentials: table, users: table, followers: table } };
}

function failing(error: Error): Runtime {
  return withTables(() => Promise.reject(error));
}

const silent = () => withTables(() => new Promise(() => undefined));
/** A function that is ended in so many milliseconds. */
const endingIn = (ms: number) => ({ ...lambdaContext, getRemainingTimeInMillis: () => ms });

const path = { account: 'default' };
const named = (name: string) => Object.assign(new Error('It says what was asked.'), { name });
const busy = { status: 503, headers: { 'retry-after': '5' }, body: { code: 'service_busy', retryAfter: 5 } };

describe('a request that there is no time for', () => {
  test('is answered before the function is ended, with when to try again', async () => {
    const event = httpEvent(routes.listAvatars, { path }, { key: 'missing' });
    const { statusCode, headers, body }: HttpResult = await createListAvatars(silent())(
      event,
      endingIn(1000),
    );
    expect({ statusCode, headers }).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(JSON.parse(body ?? '')).toMatchObject({
      code: 'service_busy',
      detail: 'The request took too long.',
      retryAfter: 5,
    });
  });

  test('is told to an SDK as one whose answer was lost: it must not send it again without thinking', async () => {
    const query = { grant_type: 'client_credential', appid: kit.account, secret: kit.apiKey };
    const event = httpEvent(routes.getDropInToken, { query });
    const { statusCode, body } = await createServeSdk(silent())(event, endingIn(1000));
    expect(statusCode).toBe(200);
    expect(JSON.parse(body ?? '')).toMatchObject({ errcode: 61450 });
  });

  test('is told to a person on a page, which looks nothing up', async () => {
    const event = httpEvent(routes.authorize, { path, query: { return_to: `${kit.origin}/` } });
    const { statusCode, headers, body } = await createAuthorize(silent())(event, endingIn(1000));
    expect({ statusCode, headers }).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(body).toContain('服务正忙');
    expect(body).toContain('service_busy');
  });

  test.each(['TimeoutError', 'ThrottlingException', 'ProvisionedThroughputExceededException'])(
    'since DynamoDB answers %s, is not the service’s own fault',
    async (name) => {
      const logged = kit.logged.length;
      const answer = await createCall(failing(named(name)))('getMe', {
        cookies: [`__Host-keyring_${kit.account}=x`],
      });
      expect(answer).toMatchObject(busy);
      expect(JSON.stringify(answer)).not.toContain('what was asked');
      expect(kit.logged.slice(logged)).toMatchObject([
        { level: 'error', fields: { code: 'service_busy', error: name } },
      ]);
    },
  );

  test('since Secrets Manager does not answer, is not either', async () => {
    const started = await kit.call('authorize', { query: { return_to: `${kit.origin}/` } });
    const user = (await kit.control('users', { appid: kit.account })) as { openid: string };
    const back = await kit.consent(String(started.headers['location']), user.openid);
    const environment = {
      ...kit.runtime.environment,
      // Nobody listens there.
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
    };
    const answer = await createCall({ ...kit.runtime, environment })('callback', {
      path: { account: kit.account },
      query: new URL(back).search.slice(1),
      cookies: started.cookies,
    });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });

  test('is the service’s own fault where it is at fault', async () => {
    const answer = await createCall(failing(named('ResourceNotFoundException')))('health');
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } });
  });
});

describe('an API key that there is no time to look up', () => {
  const event = () => httpEvent(routes.getToken, { headers: { authorization: `Bearer ${kit.apiKey}` } });

  test('is passed on as such, before the authorizer is ended', async () => {
    expect(await createAuthorizer(silent())(event(), endingIn(500))).toEqual({
      isAuthorized: true,
      context: { key: 'unchecked' },
    });
  });

  test('is answered with when to try again, and gets nothing', async () => {
    const call = createCall(failing(named('TimeoutError')));
    expect(await call('getToken', { key: kit.apiKey })).toMatchObject(busy);
    // A route that takes a session as well does not take the key for none.
    expect(await call('listAvatars', { key: kit.apiKey })).toMatchObject(busy);
  });

  test('fails where the service is at fault', async () => {
    const authorize = createAuthorizer(failing(named('AccessDeniedException')));
    await expect(authorize(event(), lambdaContext)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
