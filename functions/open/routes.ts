import * as z from 'zod/mini';
import { credentialConditions } from '../../shared/credentials/credential-state.ts';
import { none, type Route } from '../route.ts';

/** How the token of one account is. */
export const accountHealthSchema = z.object({
  account: z.string().check(z.describe('The appid.')),
  state: z
    .enum(credentialConditions)
    .check(
      z.describe(
        '`degraded`: the last refresh failed, and the token is usable. `down`: there is none. `waiting`: there is none, and the next call has one made.',
      ),
    ),
  usableUntil: z.optional(z.int().check(z.describe('Until when calls get the token, in Unix seconds.'))),
  unusableSince: z.optional(
    z.int().check(z.describe('Since when they get none, where that is known, in Unix seconds.')),
  ),
  reason: z.optional(z.string().check(z.describe('The code of the failure, where the last refresh failed.'))),
});
/** How the service is. */
export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']).check(z.describe('The worst of its accounts.')),
  accounts: z.array(accountHealthSchema).check(z.describe('The accounts, each by itself.')),
});

export const health = {
  method: 'GET',
  path: '/health',
  entry: 'open/health',
  access: { who: 'anyone' },
  summary:
    'Whether the service is up, and whether users are affected by an account that could not be refreshed.',
  description:
    'For monitors. The answer is 200 whatever it says: look at `status`. It is a few seconds old at most.',
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
  description: 'WeChat fetches it when the domain is entered in its console (JS接口安全域名, 网页授权域名).',
  audience: 'program',
  query: none,
  looseQuery: true,
  body: none,
  answers: { 200: { description: 'The file.', contentType: 'text/plain' } },
  problems: ['file_unknown'],
  throttlePercent: 10,
} as const satisfies Route;
