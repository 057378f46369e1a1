import * as z from 'zod/mini';
import { none, type Route } from '../route.ts';

/** The calls to one API of WeChat's. */
export const apiUsageSchema = z.object({
  api: z.string().check(z.describe("The path of WeChat's API, such as `/cgi-bin/user/info`.")),
  calls: z.int().check(z.describe('Calls on that day.')),
  limit: z.optional(
    z.int().check(z.describe("WeChat's limit for a day, absent where the service knows of none.")),
  ),
});
/** The calls to WeChat on one day. */
export const usageSchema = z.object({
  day: z.string().check(z.describe('The day in China, such as `2026-11-30`.')),
  apis: z.array(apiUsageSchema).check(z.describe('The APIs that were called, by their paths.')),
});

export const getUsage = {
  method: 'GET',
  path: '/v1/accounts/{account}/usage',
  entry: 'usage/get-usage',
  access: { who: 'key', scope: 'usage:read' },
  summary: 'How many calls to WeChat the account has made on a day in China.',
  description:
    "It counts the service's own calls and those that it passes on for SDKs. Days are kept for two weeks; a day that is not known has no calls.",
  audience: 'program',
  query: z.object({
    day: z.optional(z.iso.date().check(z.describe('The day in China. Without it, today.'))),
  }),
  body: none,
  answers: {
    200: {
      description: 'Calls by API, with the daily limit where there is one. Counts lag by a few seconds.',
      schema: usageSchema,
    },
  },
} as const satisfies Route;
