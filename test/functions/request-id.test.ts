import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { create as createAuthorizer } from '../../functions/access/authorize-key.ts';
import { onLambda } from '../../functions/runtime.ts';
import { tablesOf } from '../../functions/parts.ts';
import { routes } from '../../functions/routes.ts';
import type { Runtime } from '../../functions/runtime.ts';
import { startGateway } from '../../local/gateway.ts';
import type { LambdaHandler } from '../../local/aws/lambda.ts';
import { create as createHealth } from '../../functions/open/health.ts';
import { httpEvent, lambdaContext } from '../kit/event.ts';
import { startKit, type Kit } from '../kit/kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit({ tables: 'memory' });
});
afterAll(() => kit.close());

/** Surroundings in which DynamoDB answers everything with an error of that name. */
function failing(name: string): Runtime {
  const answer = () => Promise.reject(Object.assign(new Error('It says what was asked.'), { name }));
  const table = new Proxy(tablesOf(kit.runtime).credentials, { get: () => answer });
  return { ...kit.runtime, tables: { credentials: table, users: table, followers: table } };
}

test('a problem document has the id that the access log has', async () => {
  expect(await kit.call('getToken', { requestId: 'of-this-request' })).toMatchObject({
    status: 401,
    body: { code: 'key_missing', requestId: 'of-this-request' },
  });
});

test('a page that tells a person of a fault shows the id beside the code', async () => {
  const { body: text } = await kit.call('authorize', {
    query: { return_to: 'https://elsewhere.example/' },
    requestId: 'of-this-page',
  });
  expect(text).toContain('return_to_not_allowed');
  expect(text).toContain('of-this-page');
});

test('every line that a function logs for a request has its id, also of requests at the same time', async () => {
  const before = kit.logged.length;
  const openids = ['openid-of-one-stranger-000001', 'openid-of-one-stranger-000002'];
  await Promise.all(
    openids.map((openid, n) =>
      kit.call('getFollower', { key: kit.apiKey, path: { openid }, requestId: `request-${n}` }),
    ),
  );
  const lines = kit.logged.slice(before);
  expect(lines.map(({ message, fields }) => [message, fields['requestId']]).toSorted()).toEqual([
    ['WeChat was called.', 'request-0'],
    ['WeChat was called.', 'request-1'],
  ]);
});

test('what the service is at fault for is logged with the id that the caller was told', async () => {
  const before = kit.logged.length;
  const event = httpEvent(routes.health, { requestId: 'of-the-fault' });
  const { body } = await createHealth(failing('AccessDeniedException'))(event, lambdaContext);
  expect(JSON.parse(body ?? '')).toMatchObject({ code: 'internal', requestId: 'of-the-fault' });
  expect(kit.logged.slice(before)).toMatchObject([
    { message: 'A request failed.', fields: { requestId: 'of-the-fault' } },
  ]);
});

test('the authorizer says under the same id that it could not look a key up', async () => {
  const before = kit.logged.length;
  const event = httpEvent(routes.getToken, {
    headers: { authorization: `Bearer ${kit.apiKey}` },
    requestId: 'of-the-key',
  });
  await createAuthorizer(failing('TimeoutError'))(event, lambdaContext);
  expect(kit.logged.slice(before)).toEqual([
    {
      level: 'warn',
      message: 'An API key could not be looked up.',
      fields: { error: 'TimeoutError', requestId: 'of-the-key' },
    },
  ]);
});

test('the local gateway answers with the id that the problem document has', async () => {
  const gateway = await startGateway({
    port: 0,
    routes: Object.values(routes),
    functionFor: () => createHealth(failing('AccessDeniedException')) as LambdaHandler,
    authorizer: () => Promise.reject(new Error('No route here takes a key.')),
  });
  try {
    const answer = await fetch(`${gateway.url}/health`);
    expect(await answer.json()).toMatchObject({ requestId: answer.headers.get('apigw-requestid') });
  } finally {
    await gateway.close();
  }
});

test('a function that no request waits for logs under the id that Lambda gave its run', async () => {
  const written: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text) => written.push(String(text)) > 0;
  try {
    await onLambda(({ log }) => () => {
      log.warn('An API key could not be looked up.', { error: 'Error' });
      return Promise.resolve();
    })({}, lambdaContext);
  } finally {
    process.stdout.write = write;
  }
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 'WARN', requestId: 'test-invocation' }),
  ]);
});
