import * as z from 'zod/mini';
import { KeyringError } from '../../shared/platform/errors.ts';
import type { AdminParts } from './parts.ts';

/** A command of the operator: what is sent for it, what it brings, and how it is answered. */
export interface AdminCommand<
  Name extends string,
  Input extends z.core.$ZodShape,
  Result extends z.ZodMiniType,
> {
  readonly name: Name;
  readonly schema: z.ZodMiniObject<{ command: z.ZodMiniLiteral<Name> } & Input>;
  readonly result: Result;
  /** Parses what was sent and runs the command. Throws KeyringError. */
  readonly answer: (parts: AdminParts, sent: unknown) => Promise<z.output<Result>>;
}

/** Makes a command of its name, the members that are sent beside it, the schema of its result, and what it does. */
export function adminCommand<
  Name extends string,
  Input extends z.core.$ZodShape,
  Result extends z.ZodMiniType,
>({
  name,
  input,
  result,
  run,
}: {
  readonly name: Name;
  readonly input: Input;
  readonly result: Result;
  readonly run: (parts: AdminParts, command: z.output<z.ZodMiniObject<Input>>) => Promise<z.output<Result>>;
}): AdminCommand<Name, Input, Result> {
  const members = z.object(input);
  return {
    name,
    schema: z.object({ command: z.literal(name), ...input }),
    result,
    answer: async (parts, sent) => run(parts, parseCommand(members, sent)),
  };
}

/** Throws KeyringError `invalid_parameter`. Its text names members and rules, never the values: some are secrets. */
export function parseCommand<Schema extends z.ZodMiniType>(schema: Schema, sent: unknown): z.output<Schema> {
  const parsed = schema.safeParse(sent);
  if (parsed.success) return parsed.data;
  // Which of a list it is does not matter to whoever reads it.
  const faults = parsed.error.issues.map(({ path: [member], message }) => `${String(member)} ${message}`);
  throw new KeyringError('invalid_parameter', `${[...new Set(faults)].join('; ')}.`);
}
