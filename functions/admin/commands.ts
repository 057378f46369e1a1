import * as z from 'zod/mini';
import { KeyringError } from '../../shared/platform/errors.ts';
import * as table from './command-table.ts';
import { parseCommand } from './command.ts';

type AnyCommand = (typeof table)[keyof typeof table];

/** What the admin function can be told to do. */
export type Command = z.input<AnyCommand['schema']>;

/** What a command brings. */
export type CommandResult = z.output<AnyCommand['result']>;

const commands: readonly AnyCommand[] = Object.values(table);
const namedSchema = z.object({ command: z.string() });

/** The command that was sent. Throws KeyringError `invalid_parameter` where there is none of that name. */
export function commandOf(sent: unknown): AnyCommand {
  const { command } = parseCommand(namedSchema, sent);
  const found = commands.find(({ name }) => name === command);
  if (!found) throw new KeyringError('invalid_parameter', 'There is no command of that name.');
  return found;
}

const refusalSchema = z.object({
  ok: z.literal(false),
  problem: z.object({ code: z.string(), title: z.string(), detail: z.optional(z.string()) }),
});

/** What the function answers where the result is like this. */
export function answerSchemaOf<Result extends z.ZodMiniType>(result: Result) {
  return z.union([z.object({ ok: z.literal(true), result }), refusalSchema]);
}

/** What the function answers to whatever command. */
export const adminAnswerSchema = answerSchemaOf(z.union([...new Set(commands.map(({ result }) => result))]));
export type AdminAnswer = z.infer<typeof adminAnswerSchema>;
