import assert from 'node:assert/strict';
import * as z from 'zod/mini';

import type { Answer } from './deployment.ts';

export const followersSchema = z.object({ total: z.number(), openids: z.array(z.string()) });
export const lookupSchema = z.object({ unknown: z.array(z.string()) });
export const tokenSchema = z.object({ access_token: z.string() });
export const reportedSchema = z.object({ access_token: z.string(), replaced: z.boolean() });
export const userSchema = z.object({ openid: z.string() });
export const healthSchema = z.object({ status: z.enum(['ok', 'degraded', 'down']) });
/** What the simulator's push brought. */
export const pushedSchema = z.object({
  status: z.nullable(z.number()),
  body: z.nullable(z.string()),
  verified: z.optional(z.boolean()),
});
const problemSchema = z.object({ code: z.string() });

/** The answer is that problem document. */
export function problem(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.body.toString());
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(z.parse(problemSchema, answer.json()).code, code);
}

/** Whether the platform takes the token: 0, or why not. */
export async function errcodeOf(simulator: string, token: string): Promise<number> {
  const answer = await fetch(`${simulator}/cgi-bin/get_api_domain_ip?access_token=${token}`);
  return z.parse(z.object({ errcode: z.optional(z.number()) }), await answer.json()).errcode ?? 0;
}
