import * as z from 'zod/mini';

const codedSchema = z.object({ code: z.optional(z.unknown()), cause: z.optional(z.unknown()) });

/**
 * The system's word for a fault, such as ECONNREFUSED or CERT_HAS_EXPIRED, from the first of the nested causes that has
 * one. May stand in a log, where an error's message may not: it can quote an address.
 */
export function systemCode(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    const { data } = codedSchema.safeParse(current);
    if (data === undefined) return undefined;
    if (typeof data.code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/u.test(data.code)) return data.code;
    current = data.cause;
  }
  return undefined;
}
