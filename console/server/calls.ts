import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import { answerSchemaOf } from '../../functions/admin/commands.ts';
import { readBody } from '../../local/aws/http.ts';
import { consoleCommand } from './commands.ts';
import type { Door } from './door.ts';
import { Fault } from './faults.ts';
import { isOfAnotherUser } from './peer.ts';
import { callSimulator } from './simulator.ts';

/** The deployment that a console is for. */
export type Place = 'local' | { readonly stage: string; readonly region: string | undefined };

/** What the page is told about where it is. */
export interface About {
  readonly place: Place;
  readonly hasSimulator: boolean;
}

/** What the calls of the page are answered with. */
export interface Service {
  readonly place: Place;
  /** Sends a command to the admin function, with the operator's own credentials. Returns what it answers, unparsed. */
  readonly send: (command: object) => Promise<unknown>;
  /** Of the local stack: where the simulator is, without a slash at the end. */
  readonly simulator?: string | undefined;
  /** How long it is waited for. @default two minutes */
  readonly simulatorDeadlineMs?: number | undefined;
}

/** An answer to a call: JSON as text. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const bodyLimit = 65_536;
const objectSchema = z.record(z.string(), z.unknown());

/** Answers a call of the page. All but the exchange of the token need the key of the session. Throws Fault. */
export async function answerCall(
  request: IncomingMessage,
  path: string,
  { door, service }: { readonly door: Door; readonly service: Service },
): Promise<Answer> {
  const { method = 'GET', headers } = request;
  const body = method === 'GET' ? '' : await readText(request);
  if (method === 'POST' && path === '/session') {
    if (await isOfAnotherUser(request.socket)) throw new Fault('user_not_allowed');
    const opened = door.open(objectOf(body)['token']);
    if (typeof opened === 'string') throw new Fault(opened);
    return json(opened);
  }
  const refused = door.refuses(headers);
  if (refused) throw new Fault(refused);
  if (method === 'GET' && path === '/about') {
    const about: About = { place: service.place, hasSimulator: service.simulator !== undefined };
    return json(about);
  }
  if (method === 'POST' && path === '/admin') return json(await sendCommand(objectOf(body), service));
  if (path.startsWith('/simulator/')) return simulate(path, { method, body }, service);
  throw new Fault('not_found');
}

/** Throws Fault. */
async function sendCommand(asked: Record<string, unknown>, { send }: Service): Promise<unknown> {
  const command = consoleCommand(asked['command']);
  if (!command) throw new Fault('command_unknown');
  let answered: unknown;
  try {
    answered = await send(asked);
  } catch (error) {
    throw new Fault('unreachable', error instanceof Error ? error.message : undefined);
  }
  const parsed = answerSchemaOf<z.ZodMiniType>(command.result).safeParse(answered);
  if (!parsed.success) throw new Fault('answer_not_understood');
  return parsed.data;
}

/** Throws Fault. */
async function simulate(
  path: string,
  { method, body }: { method: string; body: string },
  { simulator, simulatorDeadlineMs }: Service,
): Promise<Answer> {
  if (simulator === undefined) throw new Fault('not_found');
  let answered: Answer | undefined;
  try {
    const call = { method, path: path.slice('/simulator'.length), body };
    answered = await callSimulator(simulator, call, simulatorDeadlineMs);
  } catch {
    throw new Fault('unreachable');
  }
  if (!answered) throw new Fault('not_found');
  return answered;
}

/** The body of a call: JSON, which no form of another page can send. Throws Fault. */
async function readText(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json(;|$)/.test(type)) throw new Fault('media_type_unsupported');
  const body = await readBody(request, bodyLimit);
  if (!body) throw new Fault('body_too_large');
  return body.toString('utf8');
}

/** Throws Fault. */
function objectOf(text: string): Record<string, unknown> {
  try {
    return z.parse(objectSchema, JSON.parse(text));
  } catch {
    throw new Fault('body_not_json');
  }
}

function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value) };
}
