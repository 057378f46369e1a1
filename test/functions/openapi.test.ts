import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { openApiDocument } from '../../functions/openapi/document.ts';
import { operationDescriptions } from '../../functions/openapi/descriptions.ts';
import { operationExamples, type OperationExample } from '../../functions/openapi/examples.ts';
import { problemSchema } from '../../functions/openapi/problem-schema.ts';
import { none, type Answer, type Route } from '../../functions/route.ts';
import { routes } from '../../functions/routes.ts';

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8'));
}

/** A route like any other, but for what a test is about. */
function document(route: Partial<Route>) {
  const usual: Route = {
    method: 'GET',
    path: '/things',
    entry: 'things/get-things',
    access: { who: 'anyone' },
    summary: 'Things.',
    audience: 'program',
    query: none,
    body: none,
    answers: {},
  };
  return openApiDocument({ getThings: { ...usual, ...route } }, '1.2.3');
}

/** The codes that an operation names as examples, by status. */
function codesOf(operation: unknown) {
  const { responses } = operation as {
    responses: Record<string, { content?: Record<string, { examples?: Record<string, unknown> }> }>;
  };
  return Object.fromEntries(
    Object.entries(responses)
      .map(([status, { content }]) => [status, content?.['application/problem+json']?.examples] as const)
      .filter(([, examples]) => examples !== undefined)
      .map(([status, examples]) => [status, Object.keys(examples ?? {})]),
  );
}

describe('docs/openapi.json', () => {
  test('is what the route table says (else: npm run openapi)', async () => {
    const { version } = (await readJson('package.json')) as { version: string };
    const committed = await readJson('docs/openapi.json');
    expect(committed).toEqual(JSON.parse(JSON.stringify(openApiDocument(routes, version))));
  });

  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const committed = (await readJson('docs/openapi.json')) as Record<string, unknown>;
    expect(await validator.validate(committed)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('has every route, with the name of its key in the table', async () => {
    const { paths } = (await readJson('docs/openapi.json')) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    const expected = Object.entries<Route>(routes).flatMap(([name, { method }]) =>
      method === 'ANY' ? [`${name}ByGet`, `${name}ByPost`] : [name],
    );
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(expected.sort());
  });
});

/** Where a schema of JSON stands in a document, and what it is. */
function jsonSchemas(node: unknown, path = ''): [string, Record<string, unknown>][] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    const place = `${path}/${key}`;
    const found = jsonSchemas(value, place);
    const { schema } = key.endsWith('json') ? (value as { schema?: Record<string, unknown> }) : {};
    return schema ? [[place, schema], ...found] : found;
  });
}

describe('what generators make of docs/openapi.json', () => {
  test('has a name for each type of a body, and each part that has members of its own', async () => {
    const { paths, components } = (await readJson('docs/openapi.json')) as {
      paths: unknown;
      components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
    };
    const unnamed = jsonSchemas(paths).filter(([place, schema]) => {
      const parts = (schema['anyOf'] ?? [schema]) as object[];
      // What SDKs send is WeChat's own.
      return !parts.every((part) => '$ref' in part) && !place.includes('/requestBody/');
    });
    expect(unnamed).toEqual([]);
    const inner = Object.values(components.schemas).flatMap(({ properties = {} }) =>
      Object.values(properties),
    );
    expect(JSON.stringify(inner)).not.toContain('"properties"');
  });

  test('says of each member what it is', async () => {
    const { components } = (await readJson('docs/openapi.json')) as {
      components: { schemas: Record<string, { properties?: Record<string, object> }> };
    };
    const silent = Object.entries(components.schemas).flatMap(([name, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, property]) => !('description' in property) && !('$ref' in property))
        .map(([property]) => `${name}.${property}`),
    );
    expect(silent).toEqual([]);
  });

  test('counts seconds and people in whole numbers of 64 bits', async () => {
    const { components } = (await readJson('docs/openapi.json')) as {
      components: { schemas: Record<string, { properties?: Record<string, object> }> };
    };
    expect(components.schemas).toHaveProperty(['Me', 'properties', 'expiresAt'], {
      type: 'integer',
      format: 'int64',
      description: expect.any(String),
    });
    expect(components.schemas).not.toHaveProperty(['Token', 'properties', 'expires_in', 'maximum']);
  });
});

test('each route is described, with each of its query parameters, and none that is not there', () => {
  const parametersOf = (shape: object = {}) => Object.keys(shape).toSorted();
  const described = Object.entries(operationDescriptions).map(([name, { query }]) => [
    name,
    parametersOf(query),
  ]);
  const wanted = Object.entries<Route>(routes).map(([name, { query }]) => [name, parametersOf(query.shape)]);
  expect(Object.fromEntries(described)).toEqual(Object.fromEntries(wanted));
});

describe('the example of', () => {
  const named = Object.entries<Route>(routes);

  test.each(named)('%s is what its schemas say', (name, route) => {
    const { query = {}, body, answer } = operationExamples[name] ?? {};
    const schema = route.answers[200]?.schema;
    expect(Object.keys(query)).toEqual(Object.keys(route.query.shape));
    expect(route.query.safeParse(texts(query))).toMatchObject({ success: true });
    if (Object.keys(route.body.shape).length > 0) expect(route.body.parse(body)).toEqual(body);
    // Parsing leaves out what is not declared, at every depth.
    if (schema) expect(schema.parse(answer)).toEqual(answer);
  });

  test.each(named)('%s lacks nothing that is sent or answered', (name, route) => {
    const { body, answer, location } = operationExamples[name] ?? {};
    const ok: Partial<Answer> = route.answers[200] ?? {};
    const hasText = ok.schema !== undefined || ok.contentType?.startsWith('text/') === true;
    const takesBody = Object.keys(route.body.shape).length > 0 || route.rawBody !== undefined;
    const redirects = Object.keys(route.answers).some((status) => /^30[123]$/.test(status));
    expect({
      body: body !== undefined,
      answer: answer !== undefined,
      location: location !== undefined,
    }).toEqual({
      body: takesBody || (route.audience === 'sdk' && route.method !== 'GET'),
      answer: hasText,
      location: redirects,
    });
  });

  test('no route that is not there is left', () => {
    expect(Object.keys(operationExamples).filter((name) => !(name in routes))).toEqual([]);
  });

  test('an operation stands in the document where tools look for it', () => {
    const example: OperationExample = { query: { a: 'b' }, answer: { c: 'd' } };
    const schema = z.object({ c: z.string() });
    const query = z.object({ a: z.string() });
    const route: Route = { ...routes.health, query, answers: { 200: { description: 'One.', schema } } };
    const { paths } = openApiDocument({ getThings: route }, '1.2.3', {}, { getThings: example });
    const operation = ['/health', 'get'];
    expect(paths).toHaveProperty([...operation, 'parameters', '0', 'example'], 'b');
    expect(paths).toHaveProperty(
      [...operation, 'responses', '200', 'content', 'application/json', 'example'],
      example.answer,
    );
  });
});

/** Query parameters as they travel. */
function texts(query: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
}

describe('an operation', () => {
  test('names the parameters of its path, and says of {rest+} that slashes belong to it', () => {
    const { paths } = document({ path: '/things/{thing}/{rest+}' });
    expect(paths).toHaveProperty(
      ['/things/{thing}/{rest}', 'get', 'parameters'],
      [
        { name: 'thing', in: 'path', required: true, schema: { type: 'string' } },
        {
          name: 'rest',
          in: 'path',
          required: true,
          description: 'The rest of the path, slashes included.',
          schema: { type: 'string' },
        },
      ],
    );
  });

  test('tells which query parameters must be given', () => {
    const query = z.object({ must: z.string(), may: z.optional(z.enum(['a', 'b'])) });
    expect(document({ query }).paths).toHaveProperty(
      ['/things', 'get', 'parameters'],
      [
        { name: 'must', in: 'query', required: true, schema: { type: 'string' } },
        { name: 'may', in: 'query', schema: { type: 'string', enum: ['a', 'b'] } },
      ],
    );
  });

  test('says of itself and of its query parameters what there is to say', () => {
    const query = z.object({ url: z.string().check(z.minLength(1)) });
    const about = { description: 'Of one page.', query: { url: 'An address.' } };
    const { paths } = openApiDocument({ getThings: { ...routes.health, query } }, '1', { getThings: about });
    expect(paths).toHaveProperty(
      ['/health', 'get'],
      expect.objectContaining({
        description: 'Of one page. Query parameters that are not listed are ignored.',
        parameters: [
          {
            name: 'url',
            in: 'query',
            required: true,
            description: 'An address.',
            schema: { type: 'string', minLength: 1 },
          },
        ],
      }),
    );
  });

  test('says which pictures there are, and which files', () => {
    const parameters = (name: string) => document({ path: `/{${name}}` }).paths[`/{${name}}`];
    const schema = ['get', 'parameters', '0', 'schema'];
    expect(parameters('seed')).toHaveProperty([...schema, 'pattern'], '^[0-9a-f]{16}$');
    expect(parameters('size')).toHaveProperty([...schema, 'enum'], ['0', '46', '64', '96', '132']);
    expect(parameters('file')).toHaveProperty([...schema, 'pattern'], '^MP_verify_[A-Za-z0-9]{1,64}\\.txt$');
  });

  test.each(['Problem', 'ProblemPage'] as const)('as %s can be answered by API Gateway itself', (name) => {
    const { responses, schemas } = document({}).components;
    const schema = { $ref: '#/components/schemas/GatewayMessage' };
    expect(responses[name].content).toHaveProperty(['application/json', 'schema'], schema);
    expect(schemas['GatewayMessage']).toMatchObject({ properties: { message: { type: 'string' } } });
  });

  test('with a body that is not JSON names its media type', () => {
    const { paths } = document({ method: 'POST', rawBody: 'text/xml' });
    expect(paths).toHaveProperty(['/things', 'post', 'requestBody'], {
      required: true,
      content: { 'text/xml': { schema: { type: 'string' } } },
    });
  });

  test('that changes something with a session needs the CSRF header', () => {
    const { paths } = document({ method: 'DELETE', access: { who: 'session' } });
    expect(paths).toHaveProperty(['/things', 'delete', 'parameters', '0'], {
      name: 'X-Keyring-CSRF',
      in: 'header',
      required: true,
      description: expect.any(String),
      schema: { type: 'string' },
      example: '1',
    });
  });

  test.each<[string, Partial<Route>]>([
    ['reads with a session', { access: { who: 'session' } }],
    ['changes something with an API key', { method: 'POST', access: { who: 'key', scope: 'avatars:read' } }],
  ])('that %s needs no CSRF header', (_, route) => {
    expect(JSON.stringify(document(route).paths)).not.toContain('X-Keyring-CSRF');
  });

  test.each<[Route['access'], unknown]>([
    [{ who: 'anyone' }, []],
    [{ who: 'key', scope: 'avatars:read' }, [{ apiKey: [] }]],
    [{ who: 'session' }, [{ session: [] }]],
    [{ who: 'session', orNobody: true }, [{ session: [] }, {}]],
    [{ who: 'key-or-session', scope: 'avatars:read' }, [{ apiKey: [] }, { session: [] }]],
  ])('with access %j says what to send', (access, security) => {
    expect(document({ access }).paths).toHaveProperty(['/things', 'get', 'security'], security);
  });

  test('names the scope that a key needs, for people and for programs', () => {
    expect(document({ access: { who: 'key', scope: 'avatars:read' } }).paths).toHaveProperty(
      ['/things', 'get'],
      expect.objectContaining({
        description: 'Things. A key needs the scope `avatars:read`.',
        'x-required-scope': 'avatars:read',
      }),
    );
  });

  test('names the codes that it answers, by status: those of its access and input, and its own', () => {
    const { paths } = document({
      access: { who: 'session' },
      query: z.object({ a: z.string() }),
      problems: ['mirror_not_ready'],
    });
    expect(codesOf(paths['/things']?.['get'])).toEqual({
      400: ['invalid_parameter', 'repeated_parameter', 'unknown_parameter'],
      401: ['session_missing', 'session_expired'],
      403: ['origin_not_allowed'],
      409: ['mirror_not_ready'],
      500: ['internal'],
      503: ['service_busy'],
    });
  });

  test('names first what is most likely of that operation: its own problems, then values that are wrong', () => {
    const { paths } = document({
      method: 'POST',
      path: '/v1/accounts/{account}/things/{openid}',
      query: z.object({ url: z.string() }),
      body: z.object({ openids: z.array(z.string()) }),
      problems: ['url_not_allowed', 'openid_unknown'],
    });
    expect(codesOf(paths['/v1/accounts/{account}/things/{openid}']?.['post'])).toMatchObject({
      400: [
        'url_not_allowed',
        'invalid_parameter',
        'repeated_parameter',
        'invalid_body',
        'body_not_json',
        'unknown_parameter',
      ],
      404: ['openid_unknown', 'account_unknown'],
    });
  });

  test("has examples of API Gateway's own answers behind those of the service", () => {
    const contentOf = (status: number) =>
      (document({}).paths['/things']?.['get'] as { responses: Record<number, { content: object }> })
        .responses[status]?.content;
    expect(Object.keys(contentOf(503) ?? {})).toEqual(['application/problem+json', 'application/json']);
    expect(contentOf(503)).toMatchObject({
      'application/json': { example: { message: 'Service Unavailable' } },
    });
  });

  test('has each of those codes as an example of a problem document', () => {
    const { components } = document({ problems: ['wechat_quota'] });
    expect(components.examples['wechat_quota']?.value).toEqual(
      problemSchema.parse(components.examples['wechat_quota']?.value),
    );
    expect(components.examples).not.toHaveProperty('mirror_not_ready');
  });

  test('answers a program with problems and a person with pages', () => {
    const response = (audience: Route['audience']) => document({ audience }).paths;
    const place = ['/things', 'get', 'responses', 'default', '$ref'];
    expect(response('program')).toHaveProperty(place, '#/components/responses/Problem');
    expect(response('person')).toHaveProperty(place, '#/components/responses/ProblemPage');
  });

  test('forbids members of an answer that are not declared, and lets callers send more', () => {
    const schema = z.object({ a: z.string() });
    const { paths } = document({
      method: 'POST',
      body: schema,
      answers: { 200: { description: 'One.', schema } },
    });
    const json = ['content', 'application/json', 'schema'];
    const operation = ['/things', 'post'];
    expect(paths).toHaveProperty([...operation, 'responses', '200', ...json, 'additionalProperties'], false);
    expect(paths).not.toHaveProperty([...operation, 'requestBody', ...json, 'additionalProperties']);
  });
});
