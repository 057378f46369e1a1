import { problems, type ProblemCode, type ProblemExtras } from '../../shared/platform/errors.ts';
import type { Route } from '../route.ts';

/** What API Gateway says before a function is called, or because one did not answer. */
const gatewayMessages: Readonly<Record<number, string>> = {
  404: 'Not Found',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const retryStatuses = [429, 502, 503];

/** Headers that several answers have. */
export const sharedHeaders = {
  'Retry-After': {
    description: 'Seconds after which trying again makes sense, where that is known.',
    schema: { type: 'integer' },
    example: 5,
  },
  'WWW-Authenticate': {
    description: '`Bearer`, with status 401.',
    schema: { type: 'string' },
    example: 'Bearer',
  },
};

const headerReferences = {
  retry: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
  login: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
};

/** Answers that stand behind `default`, by who gets them. */
export const sharedResponses = {
  Problem: {
    description: 'What is wrong. `code` is stable, the texts are not.',
    headers: { ...headerReferences.retry, ...headerReferences.login },
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: { internal: { $ref: '#/components/examples/internal' } },
      },
      ...gatewayContent(500),
    },
  },
  GatewayMessage: {
    description:
      "API Gateway's own answers: to a body that is too large (413), over the limit of requests (429), and where a function fails or takes too long (500, 503).",
    content: gatewayContent(429),
  },
  ProblemPage: {
    description: 'A page for people that says what is wrong, with the stable code.',
    content: { 'text/html': { schema: { type: 'string' } }, ...gatewayContent(500) },
  },
};

const shared = { program: 'Problem', person: 'ProblemPage' } as const;
const gatewayAnswer = { $ref: '#/components/responses/GatewayMessage' };

/** An answer as OpenAPI has it. */
export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

/**
 * All answers of a route, by status: its own, those with these problems, and behind `default` any other. Any can be 429
 * by API Gateway, which limits how many requests the API takes.
 */
export function withProblems(
  own: Readonly<Record<string, Response>>,
  audience: Route['audience'],
  codes: readonly ProblemCode[],
): Record<string, unknown> {
  if (audience === 'sdk') return { ...own, 429: gatewayAnswer, default: gatewayAnswer };
  const responses: Record<string, unknown> = { 429: gatewayAnswer, ...own };
  for (const status of new Set(codes.map((code) => problems[code].status))) {
    const those = codes.filter((code) => problems[code].status === status);
    responses[status] = merged(problemResponse(audience, status, those), own[status]);
  }
  return { ...responses, default: { $ref: `#/components/responses/${shared[audience]}` } };
}

/** A page for people says in one answer what the route says of the status, and which problems have it. */
function merged(problem: Response, own: Response | undefined): Response {
  if (!own) return problem;
  return {
    ...problem,
    description: `${own.description}\n\n${problem.description}`,
    content: { ...problem.content, ...own.content },
  };
}

function problemResponse(
  audience: 'program' | 'person',
  status: number,
  codes: readonly ProblemCode[],
): Response {
  const content =
    audience === 'person'
      ? { 'text/html': { schema: { type: 'string' } } }
      : {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(
              codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        };
  return {
    description: codes.map((code) => `- \`${code}\`: ${problems[code].title}`).join('\n'),
    ...(status === 401 && { headers: headerReferences.login }),
    ...(retryStatuses.includes(status) && { headers: headerReferences.retry }),
    content: { ...content, ...gatewayContent(status) },
  };
}

/** What API Gateway answers with that status, behind what the service does; nothing where it never does. */
function gatewayContent(status: number) {
  const message = gatewayMessages[status];
  if (message === undefined) return {};
  const schema = { $ref: '#/components/schemas/GatewayMessage' };
  return { 'application/json': { schema, example: { message } } };
}

/** What some problems say beside their code. */
const exampleExtras: Partial<Record<ProblemCode, ProblemExtras>> = {
  unknown_parameter: { parameter: 'colour' },
  repeated_parameter: { parameter: 'limit' },
  invalid_parameter: { parameter: 'limit' },
  invalid_body: { parameter: 'openids' },
  url_not_allowed: { parameter: 'url' },
  return_to_not_allowed: { parameter: 'return_to' },
  authorization_needed: {
    authorizeUrl:
      'https://keyring.example.com/v1/accounts/wx0123456789abcdef/oauth/authorize?scope=snsapi_userinfo',
  },
  wechat_quota: { errcode: 45009, rid: '6579c0a4-7f1d9f3e-2f3b1a5c', retryAfter: 600 },
  wechat_refused: { errcode: 48001, rid: '6579c0a4-7f1d9f3e-2f3b1a5c' },
  credential_unavailable: { retryAfter: 60 },
  service_busy: { retryAfter: 5 },
  lookup_too_slow: {
    partial: { followers: [], unknown: [], unreadable: [], rest: ['oqwmaY0h0jfs7E2CNWXYTrjACGzQ'] },
  },
  strangers_too_many: {
    partial: { followers: [], unknown: [], unreadable: [], rest: ['oqwmaY0h0jfs7E2CNWXYTrjACGzQ'] },
  },
};

/** A problem document with that code, for `components.examples`. */
export function problemExample(code: ProblemCode) {
  const { status, title } = problems[code];
  return {
    summary: title,
    value: {
      type: `urn:wechat-keyring:problem:${code}`,
      status,
      title,
      code,
      ...exampleExtras[code],
      requestId: 'JKJaXmPLvHcESHA=',
    },
  };
}
