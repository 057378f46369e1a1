import * as z from 'zod/mini';
import { credentialConditions } from '../../shared/credentials/credential-state.ts';
import { none, type Route } from '../route.ts';

export const health = {
  method: 'GET',
  path: '/health',
  entry: 'open/health',
  access: { who: 'anyone' },
  summary:
    'Whether the service is up, and whether users are affected by an account that could not be refreshed.',
  audience: 'program',
  query: none,
  looseQuery: true,
  body: none,
  answers: {
    200: {
      description:
        'Up. `degraded`: the last refresh of an account failed, and users notice nothing as long as its token is usable. `down`: an account has no usable token, and calls that need it answer 503. `waiting`: it has none, and the next call has one made.',
      schema: z.object({
        status: z.enum(['ok', 'degraded', 'down']),
        accounts: z.array(
          z.object({
            account: z.string(),
            state: z.enum(credentialConditions),
            /** Until when calls get the token. Unix seconds. */
            usableUntil: z.optional(z.number()),
            /** Since when they get none, where that is known. */
            unusableSince: z.optional(z.number()),
            reason: z.optional(z.string()),
          }),
        ),
      }),
    },
  },
  throttlePercent: 10,
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
  throttlePercent: 10,
} as const satisfies Route;
