import * as z from 'zod/mini';
import { credentialConditions } from '../../shared/credentials/credential-state.ts';
import { none, type Route } from '../route.ts';

/** How the token of one account is. */
export const accountHealthSchema = z.object({
  account: z.string(),
  state: z.enum(credentialConditions),
  usableUntil: z.optional(z.int()),
  unusableSince: z.optional(z.int()),
  reason: z.optional(z.string()),
});
/** How the service is. */
export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  accounts: z.array(accountHealthSchema),
});

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
      schema: healthSchema,
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
  problems: ['file_unknown'],
  throttlePercent: 10,
} as const satisfies Route;
