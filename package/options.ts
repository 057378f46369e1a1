import * as z from 'zod/mini';
import { parse } from '../local/simulator/parse.ts';

/**
 * Looks at what a function was given, for callers without a compiler. Throws a TypeError that begins with its name and
 * says all that is wrong, without the values.
 */
export function checkOptions(name: string, schema: z.ZodMiniType, given: unknown): void {
  parse(schema, given, (problems) => new TypeError(`${name}: ${problems}`));
}

/** A function, of which nothing else can be known. */
export const functionSchema = z.custom((value) => typeof value === 'function', 'expected a function');
