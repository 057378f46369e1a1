import * as z from 'zod/mini';
import type { Problem } from '../../shared/http/problem.ts';
import { problems, type ProblemCode, type ProblemExtras } from '../../shared/platform/errors.ts';

/** The stable codes of problems. */
export const problemCodeSchema = z.enum(Object.keys(problems).filter(isProblemCode));

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

/** The body of every problem answer (RFC 9457). */
export const problemSchema = z.object({
  type: z.string().check(z.describe('`urn:wechat-keyring:problem:` and the code.')),
  status: z.int().check(z.describe('The status of the answer.')),
  title: z.string().check(z.describe('What the code means, for people.')),
  code: problemCodeSchema,
  detail: z.optional(z.string().check(z.describe('What it was this time, for people.'))),
  parameter: z.optional(z.string().check(z.describe('The parameter or the member of the body at fault.'))),
  errcode: z.optional(z.int().check(z.describe('What WeChat answered, where it did.'))),
  rid: z.optional(z.string().check(z.describe("WeChat's id of the call, for WeChat's support."))),
  authorizeUrl: z.optional(
    z.string().check(z.describe('Where the user authorizes the account again. Add a `return_to`.')),
  ),
  partial: z.optional(
    z
      .record(z.string(), z.unknown())
      .check(z.describe('What had been found before that, and the `rest` to ask for.')),
  ),
  retryAfter: z.optional(
    z.number().check(z.describe('Seconds after which trying again makes sense; also in `Retry-After`.')),
  ),
  requestId: z
    .string()
    .check(z.describe("API Gateway's id of the request, which the log lines about it have, too.")),
} satisfies Record<keyof (Problem & ProblemExtras) | 'requestId', z.ZodMiniType>);

/** The body of API Gateway's own answers, which reach no function. */
export const gatewayMessageSchema = z.object({ message: z.string().check(z.describe('For people.')) });
