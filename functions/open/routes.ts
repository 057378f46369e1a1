import * as z from 'zod/mini';
import { none, type Route } from '../route.ts';

export const health = {
  method: 'GET',
  path: '/health',
  entry: 'open/health',
  access: { who: 'anyone' },
  summary: 'Whether the service is up, and which accounts need a person.',
  audience: 'program',
  query: none,
  body: none,
  answers: {
    200: {
      description: 'Up. An account is `degraded` when its last refresh failed, `waiting` before its first.',
      schema: z.object({
        status: z.enum(['ok', 'degraded']),
        accounts: z.array(
          z.object({
            account: z.string(),
            state: z.enum(['ok', 'waiting', 'degraded']),
            reason: z.optional(z.string()),
          }),
        ),
      }),
    },
  },
} as const satisfies Route;

export const domainFile = {
  method: 'GET',
  path: '/{file}',
  entry: 'open/domain-file',
  access: { who: 'anyone' },
  summary: "WeChat's domain ownership file, MP_verify_{id}.txt, for the ids that the operator registered.",
  audience: 'program',
  query: none,
  looseQuery: true,
  body: none,
  answers: { 200: { description: 'The file.', contentType: 'text/plain' } },
} as const satisfies Route;
