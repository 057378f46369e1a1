import * as z from 'zod/mini';
import { avatarSizes } from '../../shared/followers/read/placeholders.ts';
import { openidSchema } from '../../shared/wechat/tokens.ts';
import type { Access, Answer, Route } from '../route.ts';
import type { OperationDescription } from './descriptions.ts';
import type { OperationExample } from './examples.ts';
import { problemCodes } from './problem-codes.ts';
import { withProblems, type Response } from './problem-responses.ts';
import { jsonSchema } from './schemas.ts';

/** What there is to say of the names in the routes' paths; any other is just text. */
const pathParameters: Readonly<
  Record<string, { description: string; schema: z.ZodMiniType; example: string }>
> = {
  account: {
    description: 'The appid of an account, or `default` for the first one.',
    schema: z.string(),
    example: 'default',
  },
  openid: {
    description: 'The openid of a follower.',
    schema: openidSchema,
    example: 'oqwmaYgg4D1erDveiXSyiHj_LI-g',
  },
  seed: {
    description: 'What an address that the service gave out has here.',
    schema: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    example: '170c8bff14a02555',
  },
  size: {
    description: 'Pixels of a side; 0 is the largest.',
    schema: z.enum(avatarSizes),
    example: '132',
  },
  file: {
    description: 'The name of the file.',
    schema: z.string().check(z.regex(/^MP_verify_[A-Za-z0-9]{1,64}\.txt$/)),
    example: 'MP_verify_AbC123.txt',
  },
};

const looseQueries = {
  ours: 'Query parameters that are not listed are ignored.',
  sdk: "Query and body are WeChat's, with the service's own credential in the place of the AppSecret or the token.",
};

/** The operation of a route, with what there is to say of it, and what somebody might send and get. */
export function operation(
  name: string,
  method: 'GET' | 'POST' | 'DELETE',
  route: Route,
  { description, query }: OperationDescription,
  example: OperationExample,
) {
  const { summary, access, looseQuery, answers, audience } = route;
  const own = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, response(status, answer, example)]),
  );
  return {
    operationId: name,
    tags: [tagOf(route)],
    summary,
    description: [
      description,
      ...(looseQuery === true ? [looseQueries[audience === 'sdk' ? 'sdk' : 'ours']] : []),
      ...('scope' in access ? [`A key needs the scope \`${access.scope}\`.`] : []),
    ].join(' '),
    ...('scope' in access && { 'x-required-scope': access.scope }),
    security: security(access),
    parameters: parameters(route, query, example),
    ...requestBody(method, route, example),
    responses: withProblems(own, audience, problemCodes(route)),
  };
}

/** The area that a route belongs to. */
export function tagOf({ entry }: Route): string {
  return entry.split('/', 1).join('');
}

/**
 * Either of the entries will do. An empty one is for nobody. Scopes are named beside it: here they would be roles, which
 * OpenAPI 3.1 allows and many tools refuse.
 */
function security(access: Access) {
  switch (access.who) {
    case 'anyone':
    case 'sdk':
      return [];
    case 'key':
      return [{ apiKey: [] }];
    case 'session':
      return [{ session: [] }, ...(access.orNobody ? [{}] : [])];
    case 'key-or-session':
      return [{ apiKey: [] }, { session: [] }];
  }
}

function parameters(
  { path, query, access, method }: Route,
  descriptions: OperationDescription['query'],
  example: OperationExample,
) {
  const { properties = {}, required = [] } = jsonSchema(query, 'input');
  const bySession = access.who === 'session' || access.who === 'key-or-session';
  return [
    ...[...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name = '', rest]) =>
      rest === '+' ? restOfPath(name, example) : pathParameter(name),
    ),
    ...Object.entries(properties).map(([name, schema]) => ({
      name,
      in: 'query',
      ...(required.includes(name) && { required: true }),
      ...(descriptions?.[name] !== undefined && { description: descriptions[name] }),
      schema,
      ...(example.query?.[name] !== undefined && { example: example.query[name] }),
    })),
    ...(bySession && method !== 'GET'
      ? [
          {
            name: 'X-Keyring-CSRF',
            in: 'header',
            required: true,
            description: 'Any value: no form of another site can send this header.',
            schema: { type: 'string' },
            example: '1',
          },
        ]
      : []),
  ];
}

function pathParameter(name: string) {
  const { schema = z.string(), ...about } = pathParameters[name] ?? {};
  return { name, in: 'path', required: true, ...about, schema: jsonSchema(schema, 'input') };
}

function restOfPath(name: string, { rest }: OperationExample) {
  return {
    name,
    in: 'path',
    required: true,
    description: 'The rest of the path, slashes included.',
    ...(rest !== undefined && { example: rest }),
    schema: { type: 'string' },
  };
}

function requestBody(method: string, { body, rawBody, audience }: Route, { body: sent }: OperationExample) {
  const example = sent !== undefined && { example: sent };
  if (rawBody !== undefined) {
    return {
      requestBody: { required: true, content: { [rawBody]: { schema: { type: 'string' }, ...example } } },
    };
  }
  if (audience === 'sdk' && method === 'POST') {
    const description = "WeChat's own. Files are taken, too.";
    return {
      requestBody: {
        description,
        content: { 'application/json': { schema: { type: 'object' }, ...example } },
      },
    };
  }
  if (Object.keys(body.shape).length === 0) return {};
  const schema = jsonSchema(body, 'input');
  return { requestBody: { required: true, content: { 'application/json': { schema, ...example } } } };
}

function response(
  status: string,
  { description, schema, contentType = schema && 'application/json', orContentType }: Answer,
  { answer, location }: OperationExample,
): Response {
  const example = status === '200' && answer !== undefined && { example: answer };
  const redirects = status.startsWith('3') && status !== '304';
  return {
    description,
    ...(redirects && {
      headers: {
        Location: {
          required: true,
          schema: { type: 'string', format: 'uri-reference' },
          ...(location !== undefined && { example: location }),
        },
      },
    }),
    ...(contentType !== undefined && {
      content: {
        [contentType]: { ...media(contentType, schema), ...example },
        ...(orContentType !== undefined && { [orContentType]: media(orContentType) }),
      },
    }),
  };
}

function media(contentType: string, schema?: z.ZodMiniType) {
  if (schema) return { schema: jsonSchema(schema, 'output') };
  return /^text\/|xml/.test(contentType) ? { schema: { type: 'string' } } : {};
}
