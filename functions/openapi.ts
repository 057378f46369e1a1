import * as z from 'zod/mini';
import type { Problem } from '../shared/http/problem.ts';
import { problems, type ProblemExtras } from '../shared/platform/errors.ts';
import { avatarSizes } from '../shared/followers/read/placeholders.ts';
import { openidSchema } from '../shared/wechat/tokens.ts';
import type { Access, Answer, Route } from './route.ts';

/** The body of every problem answer (RFC 9457). */
export const problemSchema = z.object({
  type: z.string(),
  status: z.number(),
  title: z.string(),
  code: z.enum(Object.keys(problems)),
  detail: z.optional(z.string()),
  parameter: z.optional(z.string()),
  errcode: z.optional(z.number()),
  rid: z.optional(z.string()),
  authorizeUrl: z.optional(z.string()),
  partial: z.optional(z.record(z.string(), z.unknown())),
  retryAfter: z.optional(z.number()),
  requestId: z
    .string()
    .check(z.describe("API Gateway's id of the request, which the log lines about it have, too.")),
} satisfies Record<keyof (Problem & ProblemExtras) | 'requestId', z.ZodMiniType>);

type JsonSchema = z.core.JSONSchema._JSONSchema;

/** The body of API Gateway's own answers, which reach no function. */
const gatewayMessageSchema = z.object({ message: z.string() });
const gatewayMessage = { 'application/json': { schema: { $ref: '#/components/schemas/GatewayMessage' } } };

/** What there is to say of the names in the routes' paths; any other is just text. */
const pathParameters: Readonly<Record<string, { description: string; schema: z.ZodMiniType }>> = {
  account: { description: 'The appid of an account, or `default` for the first one.', schema: z.string() },
  openid: { description: 'The openid of a follower.', schema: openidSchema },
  seed: {
    description: 'What an address that the service gave out has here.',
    schema: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  },
  size: { description: 'Pixels of a side; 0 is the largest.', schema: z.enum(avatarSizes) },
  file: {
    description: 'The name of the file.',
    schema: z.string().check(z.regex(/^MP_verify_[A-Za-z0-9]{1,64}\.txt$/)),
  },
};

/**
 * The OpenAPI 3.1 document of the routes. Operations are named by the keys of the table. The problems that a route
 * can answer are not listed one by one: they stand behind `default`, and `code` tells them apart.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(routes: Readonly<Record<string, Route>>, version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = route.path.replaceAll('+}', '}');
    paths[path] = { ...paths[path], ...operations(name, route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'WeChat Keyring',
      version,
      description:
        'Followers, avatars, web login and credentials of WeChat Official Accounts. Times are Unix seconds. A route refuses query parameters that it does not know, unless it says otherwise, and a parameter that is given twice. API Gateway itself answers 404 to a path or a method that is not listed: there is no 405.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: {
        Problem: { ...jsonSchema(problemSchema, 'output'), description: problemList() },
        GatewayMessage: {
          ...jsonSchema(gatewayMessageSchema, 'output'),
          description:
            'What API Gateway answers itself: to what it has no route for (404), to a body that is too large (413), over the limit of requests (429), and where a function fails or takes too long (500, 503).',
        },
      },
      responses: {
        Problem: {
          description: 'What is wrong. `code` is stable, the texts are not.',
          headers: {
            'Retry-After': {
              description: 'Seconds after which trying again makes sense, where that is known.',
              schema: { type: 'integer' },
            },
            'WWW-Authenticate': { description: '`Bearer`, with status 401.', schema: { type: 'string' } },
          },
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
            ...gatewayMessage,
          },
        },
        GatewayMessage: { description: "API Gateway's own answers.", content: gatewayMessage },
        ProblemPage: {
          description: 'A page for people that says what is wrong, with the stable code.',
          content: { 'text/html': { schema: { type: 'string' } }, ...gatewayMessage },
        },
      },
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key with the scope that is named.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-keyring_{appid}',
          description:
            'What the login sets, one cookie for each account: `{appid}` stands for the appid of the account. Browsers send it by themselves.',
        },
      },
    },
  };
}

/** OpenAPI has no word for any method. WeChat takes two. */
function operations(name: string, route: Route) {
  if (route.method !== 'ANY') return { [route.method.toLowerCase()]: operation(name, route) };
  return { get: operation(`${name}ByGet`, route), post: operation(`${name}ByPost`, route) };
}

const looseQueries = {
  ours: 'Query parameters that are not listed are ignored.',
  sdk: "Query and body are WeChat's, with the service's own credential in the place of the AppSecret or the token.",
};
const faultAnswers = { program: 'Problem', person: 'ProblemPage', sdk: 'GatewayMessage' } as const;

function operation(name: string, route: Route) {
  const { entry, summary, access, looseQuery, answers, audience } = route;
  return {
    operationId: name,
    tags: [entry.split('/', 1).join('')],
    summary,
    ...(looseQuery && { description: looseQueries[audience === 'sdk' ? 'sdk' : 'ours'] }),
    security: security(access),
    parameters: parameters(route),
    ...requestBody(route),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, response(status, answer)]),
      ),
      default: { $ref: `#/components/responses/${faultAnswers[audience]}` },
    },
  };
}

/** Either of the entries will do; what an API key needs is listed in its entry. An empty one is for nobody. */
function security(access: Access) {
  switch (access.who) {
    case 'anyone':
    case 'sdk':
      return [];
    case 'key':
      return [{ apiKey: [access.scope] }];
    case 'session':
      return [{ session: [] }, ...(access.orNobody ? [{}] : [])];
    case 'key-or-session':
      return [{ apiKey: [access.scope] }, { session: [] }];
  }
}

function parameters({ path, query, access, method }: Route) {
  const { properties = {}, required = [] } = jsonSchema(query, 'input');
  const bySession = access.who === 'session' || access.who === 'key-or-session';
  return [
    ...[...path.matchAll(/\{(\w+)(\+?)\}/g)].map(([, name = '', rest]) => {
      const { description, schema = z.string() } = pathParameters[name] ?? {};
      return {
        name,
        in: 'path',
        required: true,
        ...(rest === '+' && { description: 'The rest of the path, slashes included.' }),
        ...(description !== undefined && { description }),
        schema: jsonSchema(schema, 'input'),
      };
    }),
    ...Object.entries(properties).map(([name, property]) => queryParameter(name, property, required)),
    ...(bySession && method !== 'GET'
      ? [
          {
            name: 'X-Keyring-CSRF',
            in: 'header',
            required: true,
            description: 'Any value: no form of another site can send this header.',
            schema: { type: 'string' },
          },
        ]
      : []),
  ];
}

/** What a schema says of itself is said of the parameter, where readers of the document look for it. */
function queryParameter(name: string, property: JsonSchema, required: readonly string[]) {
  const { description, ...schema } = typeof property === 'object' ? property : {};
  return {
    name,
    in: 'query',
    ...(required.includes(name) && { required: true }),
    ...(description !== undefined && { description }),
    schema,
  };
}

function requestBody({ body, rawBody }: Route) {
  if (rawBody !== undefined) {
    return { requestBody: { required: true, content: { [rawBody]: { schema: { type: 'string' } } } } };
  }
  if (Object.keys(body.shape).length === 0) return {};
  const schema = jsonSchema(body, 'input');
  return { requestBody: { required: true, content: { 'application/json': { schema } } } };
}

function response(
  status: string,
  { description, schema, contentType = schema && 'application/json', orContentType }: Answer,
) {
  const media = schema
    ? { schema: jsonSchema(schema, 'output') }
    : contentType?.startsWith('text/')
      ? { schema: { type: 'string' } }
      : {};
  return {
    description,
    ...(status.startsWith('3') &&
      status !== '304' && {
        headers: { Location: { required: true, schema: { type: 'string', format: 'uri-reference' } } },
      }),
    ...(contentType !== undefined && {
      content: {
        [contentType]: media,
        ...(orContentType !== undefined && { [orContentType]: { schema: { type: 'string' } } }),
      },
    }),
  };
}

/** Without `$schema`: within the document its own dialect holds, which takes all that Zod writes. */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output') {
  const written = z.toJSONSchema(schema, { io });
  delete written.$schema;
  return written;
}

function problemList(): string {
  const rows = Object.entries(problems).map(
    ([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`,
  );
  return ['| code | status | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
