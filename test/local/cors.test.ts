import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, type Gateway } from '../../local/gateway.ts';
import { corsSettings } from '../../local/gateway/cors.ts';
import { one, synthesize } from '../cdk/kit.ts';

const allowed = 'https://wall.example.com';
const route = { method: 'GET', path: '/thing', entry: 'thing', access: { who: 'anyone' } } as const;
/** A function that would let everybody in, if that were its business. */
const thing = () =>
  Promise.resolve({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': '*' }, body: 'x' });

let gateway: Gateway;
let without: Gateway;

beforeAll(async () => {
  const options = { port: 0, routes: [route], functionFor: () => thing, authorizer: thing };
  gateway = await startGateway({ ...options, allowedOrigins: [allowed] });
  without = await startGateway(options);
});

afterAll(() => Promise.all([gateway.close(), without.close()]));

async function corsHeaders(url: string, init: RequestInit): Promise<[number, Record<string, string>]> {
  const { status, headers } = await fetch(`${url}/thing`, init);
  return [status, Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))];
}

function preflight(origin: string): RequestInit {
  return { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'GET' } };
}

const credentialed = {
  'access-control-allow-origin': allowed,
  'access-control-allow-credentials': 'true',
};

describe('the gateway with allowed origins', () => {
  test('answers their preflights itself', async () => {
    expect(await corsHeaders(gateway.url, preflight(allowed))).toEqual([
      204,
      {
        ...credentialed,
        'access-control-allow-headers': 'content-type,authorization,x-keyring-csrf',
        'access-control-allow-methods': 'GET,POST,DELETE',
        'access-control-max-age': '3600',
      },
    ]);
  });

  test('names the origin in their answers, in place of what the function says', async () => {
    expect((await corsHeaders(gateway.url, { headers: { origin: allowed } }))[1]).toMatchObject(credentialed);
  });

  test('lets their pages read when to try again', async () => {
    expect(await corsHeaders(gateway.url, { headers: { origin: allowed } })).toEqual([
      200,
      { ...credentialed, 'access-control-expose-headers': 'retry-after' },
    ]);
  });

  test.each([
    'https://wall.example.com.evil.example',
    'https://evil-wall.example.com',
    'http://wall.example.com',
    'https://wall.example.com:8443',
    'null',
  ])('lets %s read nothing', async (origin) => {
    expect(await corsHeaders(gateway.url, preflight(origin))).toEqual([204, {}]);
    expect(await corsHeaders(gateway.url, { headers: { origin } })).toEqual([200, {}]);
  });

  test('has no answer to an OPTIONS that is no preflight', async () => {
    expect(await corsHeaders(gateway.url, { method: 'OPTIONS' })).toEqual([404, {}]);
  });
});

test('a gateway without allowed origins knows no preflight', async () => {
  expect(await corsHeaders(without.url, preflight(allowed))).toEqual([404, {}]);
});

test('the local gateway allows what the stack has API Gateway allow', () => {
  const made = synthesize({ region: 'us-east-1', allowedOrigins: allowed });
  const [, { Properties }] = one(made, 'AWS::ApiGatewayV2::Api');
  expect(Properties).toMatchObject({
    CorsConfiguration: {
      AllowCredentials: true,
      AllowHeaders: corsSettings.allowHeaders,
      AllowMethods: corsSettings.allowMethods,
      AllowOrigins: [allowed],
      ExposeHeaders: corsSettings.exposeHeaders,
      MaxAge: corsSettings.maxAgeSeconds,
    },
  });
});
