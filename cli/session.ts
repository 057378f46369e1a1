import * as z from 'zod/mini';
import { answerSchemaOf, type AdminAnswer } from '../functions/admin/commands.ts';
import type { Where } from './admin-client.ts';
import type { Command } from './command.ts';
import { askSecrets, confirm } from './prompt.ts';

/** The half of a command that the admin function has, as far as it is needed to send the command. */
export interface Sendable {
  readonly name: string;
  readonly schema: z.ZodMiniType;
  readonly result: z.ZodMiniType;
}

/** What is sent for a command beside its name. */
export type MembersOf<Sent extends Sendable> = Omit<z.input<Sent['schema']>, 'command'>;

/** The admin function's answer to a command. */
export type AnswerTo<Sent extends Sendable> =
  { readonly ok: true; readonly result: z.output<Sent['result']> } | Extract<AdminAnswer, { ok: false }>;

/** What a command runs in. */
export interface Session {
  readonly where: Where;
  /** All commands that there are. */
  readonly commands: readonly Command[];
  /** Whether answers are printed as JSON. */
  readonly json: boolean;
  /** Sends a command to the admin function. Throws an Error whose message says what to do. */
  readonly send: <Sent extends Sendable>(sent: Sent, members: MembersOf<Sent>) => Promise<AnswerTo<Sent>>;
  /** Asks for secrets, in that order, each by its question. */
  readonly askSecrets: (questions: readonly string[]) => Promise<string[]>;
  /** Asks whether to go on. */
  readonly confirm: (question: string) => Promise<boolean>;
  readonly print: (text: string) => void;
  /** Tells what is no result, on standard error. */
  readonly tell: (text: string) => void;
}

const answerSchema = answerSchemaOf(z.unknown());

const hints = {
  local: 'Is `npm start` running, and AWS_PORT the one it was started with?',
  deployed:
    'Check your AWS credentials, --region and --stage. For the stack that `npm start` runs add --local.',
};

/** A session on a terminal, or between pipes. */
export function openSession(about: Pick<Session, 'where' | 'json' | 'commands'>): Session {
  return {
    ...about,
    send: async <Sent extends Sendable>(sent: Sent, members: MembersOf<Sent>) => {
      const answer = answerSchema.parse(await send(about.where, { command: sent.name, ...members }));
      return answer.ok ? { ok: true, result: z.parse<Sent['result']>(sent.result, answer.result) } : answer;
    },
    askSecrets: (questions) => askSecrets(questions),
    confirm: (question) => confirm(question),
    print: (text) => console.log(text),
    tell: (text) => console.error(text),
  };
}

async function send(where: Where, command: object): Promise<unknown> {
  try {
    // The AWS clients take most of the time of a start, and help is given without them.
    const { sendCommand } = await import('./admin-client.ts');
    return await sendCommand(where, command);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : 'unknown').replace(/\.?$/, '.');
    throw new Error(`${reason} ${where === 'local' ? hints.local : hints.deployed}`, { cause: error });
  }
}

/** What the admin function refused, in one line. */
export function describeRefusal({ problem }: Extract<AdminAnswer, { ok: false }>): string {
  return `${problem.code}: ${problem.detail ?? problem.title}`;
}
