import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { openApiDocument } from '../../functions/openapi.ts';
import { none, type Route } from '../../functions/route.ts';
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

  test('says of a query parameter what its schema says of itself', () => {
    const query = z.object({ url: z.string().check(z.minLength(1), z.describe('An address.')) });
    expect(document({ query }).paths).toHaveProperty(
      ['/things', 'get', 'parameters'],
      [
        {
          name: 'url',
          in: 'query',
          required: true,
          description: 'An address.',
          schema: { type: 'string', minLength: 1 },
        },
      ],
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
    expect(responses[name].content).toHaveProperty(['application/json'], { schema });
    expect(schemas.GatewayMessage).toMatchObject({ properties: { message: { type: 'string' } } });
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
    [{ who: 'key', scope: 'avatars:read' }, [{ apiKey: ['avatars:read'] }]],
    [{ who: 'session' }, [{ session: [] }]],
    [{ who: 'session', orNobody: true }, [{ session: [] }, {}]],
    [{ who: 'key-or-session', scope: 'avatars:read' }, [{ apiKey: ['avatars:read'] }, { session: [] }]],
  ])('with access %j says what to send', (access, security) => {
    expect(document({ access }).paths).toHaveProperty(['/things', 'get', 'security'], security);
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
