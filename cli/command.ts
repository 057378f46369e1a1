import type * as z from 'zod/mini';
import type { AdminAnswer } from '../functions/admin/commands.ts';
import type { Where } from './admin-client.ts';
import { exitCodes } from './exit-codes.ts';
import { answered } from './language.ts';
import { readValue, type Option, type Value } from './values.ts';

/** The parts of the help, in their order. */
export const groups = {
  accounts: 'Accounts (<account> is an appid or an alias such as default)',
  followers: 'Followers (docs/followers.md)',
  usage: 'Usage and quotas',
  users: 'Users',
  keys: 'API keys',
  console: 'Console (docs/console.md)',
  shell: 'Shell',
} as const;

type Arguments = Readonly<Record<string, Value<unknown>>>;
type Options = Readonly<Record<string, Option<unknown>>>;
type ArgumentsOf<A extends Arguments> = { readonly [K in keyof A]: A[K] extends Value<infer T> ? T : never };
type OptionsOf<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What a command is called, and what it takes. */
interface Spelling<A extends Arguments, O extends Options> {
  /** How it is typed; the first is its name, the others mean the same. */
  readonly words: readonly [string, ...string[]];
  readonly group: keyof typeof groups;
  /** Whether anything is otherwise after it. Then it says first where it acts. */
  readonly changes: boolean;
  /** What it does, in one line. */
  readonly summary: string;
  /** What else its help says. */
  readonly notes?: string;
  /** By name, in the order in which they are typed. */
  readonly args: A;
  /** By name, without the dashes. */
  readonly options: O;
  /** Whether it works on this machine alone, so that it neither takes --stage nor --json. */
  readonly local?: true;
}

/** What was typed for a command: its arguments in order, and the values of each option. */
export interface Given {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** A command of the command line. */
export interface Command extends Spelling<Arguments, Options> {
  /** Reads what was given and says what is to be done. Throws UsageError. */
  readonly prepare: (given: Given) => (session: Session) => Promise<number>;
}

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
  /** The same for people, in a sentence. */
  readonly place: () => Promise<string>;
  /** All commands that there are. */
  readonly commands: readonly Command[];
  /** Whether answers are printed as JSON. */
  readonly json: boolean;
  /** Sends a command to the admin function. Throws an Error whose message says what to do. */
  readonly send: <Sent extends Sendable>(sent: Sent, members: MembersOf<Sent>) => Promise<AnswerTo<Sent>>;
  /** The same for any command, unparsed. */
  readonly sendRaw: (command: object) => Promise<unknown>;
  /** Asks for secrets, in that order, each by its question. */
  readonly askSecrets: (questions: readonly string[]) => Promise<string[]>;
  /** Asks whether to go on. */
  readonly confirm: (question: string) => Promise<boolean>;
  readonly print: (text: string) => void;
  /** Tells what is no result, on standard error. */
  readonly tell: (text: string) => void;
}

/** Makes a command. `run` returns the exit code. */
export function command<A extends Arguments, O extends Options>({
  run,
  ...spelling
}: Spelling<A, O> & {
  readonly run: (args: ArgumentsOf<A>, options: OptionsOf<O>, session: Session) => Promise<number>;
}): Command {
  return {
    ...spelling,
    prepare: (given) => {
      const args = Object.entries(spelling.args).map(([name, value], index) => [
        name,
        readValue(value, given.args[index] ?? '', value.shown),
      ]);
      const options = Object.entries(spelling.options).map(([name, option]) => [
        name,
        option.read(given.options.get(name) ?? [], `--${name}`),
      ]);
      // The compiler does not follow Object.fromEntries.
      const typedArgs = Object.fromEntries(args) as ArgumentsOf<A>;
      const typedOptions = Object.fromEntries(options) as OptionsOf<O>;
      return async (session) => {
        if (spelling.changes) session.tell(await session.place());
        return run(typedArgs, typedOptions, session);
      };
    },
  };
}

/** Makes a command that sends one command to the admin function and prints what it brings. */
export function adminRequest<A extends Arguments, O extends Options, Sent extends Sendable>({
  sends,
  request,
  print,
  remark,
  exitCode = () => exitCodes.done,
  goOn,
  ...spelling
}: Spelling<A, O> & {
  /** The command's other half. */
  readonly sends: Sent;
  /** What is sent. May ask for what is missing. Throws UsageError. */
  readonly request: (
    args: ArgumentsOf<A>,
    options: OptionsOf<O>,
    session: Session,
  ) => MembersOf<Sent> | Promise<MembersOf<Sent>>;
  /** The result as lines for people. */
  readonly print: (result: z.output<Sent['result']>) => string;
  /** What is told beside the result, on standard error. */
  readonly remark?: (result: z.output<Sent['result']>) => string;
  /** What a result is worth. @default done */
  readonly exitCode?: (result: z.output<Sent['result']>, options: OptionsOf<O>) => number;
  /** Where there is more to do than to print: does it, and returns the exit code. */
  readonly goOn?: (
    result: z.output<Sent['result']>,
    options: OptionsOf<O>,
    session: Session,
  ) => Promise<number> | undefined;
}): Command {
  return command({
    ...spelling,
    run: async (args, options, session) => {
      const answer = await session.send(sends, await request(args, options, session));
      const code = answer.ok ? exitCode(answer.result, options) : exitCodes.failed;
      if (session.json) {
        session.print(JSON.stringify(answer, undefined, 2));
        return code;
      }
      if (!answer.ok) {
        session.tell(describeRefusal(answer));
        return code;
      }
      const goingOn = goOn?.(answer.result, options, session);
      if (goingOn) return goingOn;
      session.print(print(answer.result));
      if (remark) session.tell(remark(answer.result));
      return code;
    },
  });
}

/** What the admin function refused, in one line. */
export function describeRefusal({ problem }: Extract<AdminAnswer, { ok: false }>): string {
  return `${problem.code}: ${answered(problem.detail ?? problem.title)}`;
}
