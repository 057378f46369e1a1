import * as z from 'zod/mini';
import { none, type Route } from '../route.ts';

/** The calls to one API of WeChat's. */
export const apiUsageSchema = z.object({
  api: z.string(),
  calls: z.int(),
  limit: z.optional(z.int()),
});
/** The calls to WeChat on one day. */
export const usageSchema = z.object({
  day: z.string(),
  apis: z.array(apiUsageSchema),
});

export const getUsage = {
  method: 'GET',
  path: '/v1/accounts/{account}/usage',
  entry: 'usage/get-usage',
  access: { who: 'key', scope: 'usage:read' },
  summary: 'How many calls to WeChat the account has made on a day in China.',
  audience: 'program',
  query: z.object({
    day: z.optional(z.iso.date()),
  }),
  body: none,
  answers: {
    200: {
      description: 'Calls by API, with the daily limit where there is one. Counts lag by a few seconds.',
      schema: usageSchema,
    },
  },
} as const satisfies Route;
