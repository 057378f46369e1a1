import type { ProblemCode } from '../../shared/platform/errors.ts';
import type { Route } from '../route.ts';
import { operationDescriptions, type OperationDescription } from './descriptions.ts';
import { operationExamples, type OperationExample } from './examples.ts';
import { operation, tagOf } from './operation.ts';
import { problemCodes } from './problem-codes.ts';
import { problemExample, sharedHeaders, sharedResponses } from './problem-responses.ts';
import { problemCodeSchema } from './problem-schema.ts';
import { namedSchemas } from './schemas.ts';

/** The areas of the routes, in the order in which somebody reads about them. */
const tags: Readonly<Record<string, string>> = {
  oauth: 'Web login: to the consent page and back, and out again.',
  users: 'People who have logged in: about oneself, with a session, or about anybody, with a key.',
  followers: 'Followers of an account and their avatars, from the mirror or from WeChat.',
  credentials: 'The token and the tickets of an account, and signatures for the JS-SDK.',
  usage: 'Calls to WeChat, by API and day.',
  events:
    "Messages and events that WeChat pushes. Only WeChat calls these, with its signature; an operation's errors are for its logs.",
  open: 'What monitors and WeChat look at, without a key.',
  dropin:
    "WeChat's own API for SDKs, with a key in the place of the AppSecret. Errors are errcodes, with status 200.",
};

/**
 * The OpenAPI 3.1 document of the routes. Operations are named by the keys of the table. Each names the codes of the
 * problems that it can answer; what nobody thought of stands behind `default`.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(
  routes: Readonly<Record<string, Route>>,
  version: string,
  descriptions: Readonly<Record<string, OperationDescription>> = operationDescriptions,
  examples: Readonly<Record<string, OperationExample>> = operationExamples,
) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = route.path.replaceAll('+}', '}');
    paths[path] = {
      ...paths[path],
      ...operations(name, route, descriptions[name] ?? { description: route.summary }, examples[name] ?? {}),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'WeChat Keyring',
      version,
      description:
        'Followers, avatars, web login and credentials of WeChat Official Accounts. Times are Unix seconds. A route refuses query parameters that it does not know, unless it says otherwise, and a parameter that is given twice. API Gateway itself answers 404 to a path or a method that is not listed: there is no 405.',
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'Whoever runs the deployment' },
    },
    servers: [
      {
        url: '{origin}',
        description: 'A deployment of your own, or the local stack.',
        variables: {
          origin: {
            default: 'http://localhost:8787',
            description:
              'Scheme and host of the deployment, without a slash at the end. `npm start` has the default.',
          },
        },
      },
    ],
    tags: usedTags(routes),
    paths,
    components: {
      schemas: namedSchemas(),
      responses: sharedResponses,
      headers: sharedHeaders,
      examples: Object.fromEntries(usedCodes(routes).map((code) => [code, problemExample(code)])),
      securitySchemes,
    },
  };
}

const securitySchemes = {
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key with the scope that is named.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-keyring_{appid}',
    description:
      'What the login sets, one cookie for each account: `{appid}` stands for the appid of the account. Browsers send it by themselves.',
  },
};

/** OpenAPI has no word for any method. WeChat takes two. */
function operations(
  name: string,
  route: Route,
  description: OperationDescription,
  example: OperationExample,
) {
  if (route.method !== 'ANY') {
    return { [route.method.toLowerCase()]: operation(name, route.method, route, description, example) };
  }
  return {
    get: operation(`${name}ByGet`, 'GET', route, description, example),
    post: operation(`${name}ByPost`, 'POST', route, description, example),
  };
}

function usedTags(routes: Readonly<Record<string, Route>>) {
  const used = new Set(Object.values(routes).map(tagOf));
  const listed = Object.keys(tags).filter((name) => used.has(name));
  return [...listed, ...[...used].filter((name) => !listed.includes(name))].map((name) => ({
    name,
    ...(tags[name] !== undefined && { description: tags[name] }),
  }));
}

function usedCodes(routes: Readonly<Record<string, Route>>): readonly ProblemCode[] {
  const used = new Set(
    Object.values(routes)
      .filter(({ audience }) => audience === 'program')
      .flatMap(problemCodes),
  );
  return problemCodeSchema.options.filter((code) => used.has(code));
}
