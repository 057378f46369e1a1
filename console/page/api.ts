import type * as z from 'zod/mini';
import type { ConsoleCommand } from '../server/commands.ts';
import type { About } from '../server/calls.ts';
import { store, stored } from './storage.ts';

type Named<Name extends ConsoleCommand['name']> = Extract<ConsoleCommand, { readonly name: Name }>;
/** What is sent for a command beside its name. */
export type Members<Name extends ConsoleCommand['name']> = Omit<z.input<Named<Name>['schema']>, 'command'>;
/** What a command brings. */
export type Result<Name extends ConsoleCommand['name']> = z.output<Named<Name>['result']>;

/**
 * Why a call failed: the code and the text of the admin function or of the console's server, or `network` where the
 * process of the console has ended.
 */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The calls of a session. All throw ConsoleError. */
export interface Api {
  about(): Promise<About>;
  admin<Name extends ConsoleCommand['name']>(name: Name, members: Members<Name>): Promise<Result<Name>>;
  /** A control call of the simulator, such as `POST /clock`. Returns what it answers. */
  simulator(call: string, body?: unknown): Promise<unknown>;
}

const sessionKey = 'keyring-console-session';

/**
 * Exchanges the token of the address for a session, or goes on with that of this tab. Throws ConsoleError; `session_unknown`
 * where there is neither.
 */
export async function enter(): Promise<Api> {
  const token = /^#([0-9a-f]{64})$/.exec(location.hash)?.[1];
  // It is of no more use, and stands in no history.
  if (token !== undefined) history.replaceState(undefined, '', '/');
  const former = stored('sessionStorage', sessionKey);
  const api = former === undefined ? undefined : sessionApi(former);
  if (api && (await isAlive(api))) return api;
  if (token === undefined) throw new ConsoleError('session_unknown', '');
  const { session } = (await call('POST', '/session', { body: { token } })) as { session: string };
  store('sessionStorage', sessionKey, session);
  return sessionApi(session);
}

async function isAlive(api: Api): Promise<boolean> {
  try {
    await api.about();
    return true;
  } catch {
    return false;
  }
}

function sessionApi(session: string): Api {
  return {
    about: async () => (await call('GET', '/about', { session })) as About,
    admin: async <Name extends ConsoleCommand['name']>(command: Name, members: Members<Name>) => {
      const answer = await call('POST', '/admin', { session, body: { command, ...members } });
      // The server has parsed it with the schema of the command.
      return (answer as { result: Result<Name> }).result;
    },
    simulator: (named, body) => {
      const [method = '', path = ''] = named.split(' ');
      return call(method, `/simulator${path}`, {
        session,
        body: body ?? (method === 'GET' ? undefined : {}),
      });
    },
  };
}

async function call(
  method: string,
  path: string,
  { session, body }: { readonly session?: string; readonly body?: unknown },
): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(session !== undefined && { authorization: `Bearer ${session}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch {
    throw new ConsoleError('network', '');
  }
  const answer: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.ok && !isRefusal(answer)) return answer;
  throw errorOf(answer);
}

function isRefusal(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false;
}

/** The problem of the admin function or of the server, or the error of the simulator. */
function errorOf(answer: unknown): ConsoleError {
  const { problem, error } = (answer ?? {}) as {
    problem?: { code: string; title: string; detail?: string };
    error?: string;
  };
  if (!problem) return new ConsoleError('simulator', error ?? '');
  return new ConsoleError(problem.code, problem.detail ?? problem.title);
}
