import type { IncomingMessage, ServerResponse } from 'node:http';

import * as z from 'zod/mini';

import { Avatars } from './avatars.ts';
import { control, type Controlled } from './control.ts';
import { refusal } from './door.ts';
import { bareQuote, type Body, type Call, type Download, type Endpoint } from './endpoints/call.ts';
import { endpoints } from './endpoints/index.ts';
import { dialectOf, errorBody, errorText, WeChatError } from './errors.ts';
import type { Fault } from './faults.ts';
import { parseForm } from './multipart.ts';
import { authorizePage, confirm, picture } from './pages.ts';
import type { Incoming, Reply } from './reply.ts';
import type { World } from './world.ts';

/** What the request handler works with. `closing` aborts when the simulator ends. */
export interface ServerParts extends Controlled {
  readonly closing: AbortSignal;
  /** Host names it answers under, beside those of this machine and addresses. */
  readonly names: readonly string[];
  readonly log: (line: string) => void;
}

/** The largest file that an API takes is 10 MB; over that the platform refuses it in its own words. */
const bodyLimit = 16 * 1024 * 1024;

/** Makes the handler of all requests: control calls, faults, APIs and pages. */
export function createHandler(parts: ServerParts): (req: IncomingMessage, res: ServerResponse) => void {
  const avatars = new Avatars();
  return (req, res) => {
    handle(parts, avatars, req, res).catch((error: unknown) => {
      if (parts.closing.aborted || res.destroyed) return;
      parts.log(`simulator fault: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end();
    });
  };
}

async function handle(
  parts: ServerParts,
  avatars: Avatars,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { world } = parts;
  const [path = '/'] = (req.url ?? '/').split('?', 1);
  const refused = refusal(path, req.headers, parts.names);
  if (refused !== undefined) {
    write(res, json(403, { error: refused }));
    parts.log(`${req.method ?? ''} ${path} 403: ${refused}`);
    return;
  }
  const incoming = await receive(req);
  if (!incoming) {
    res.writeHead(413).end();
    return;
  }
  const { method } = incoming;
  if (path.startsWith('/_sim/')) {
    const answer = await control(parts, method, path, incoming.body);
    write(res, json(answer.status, answer.json));
    return;
  }

  world.countCall(path.startsWith('/mmopen/') ? '/mmopen' : path);
  const answer = () => answerPlatform(parts, avatars, incoming, req.headers['content-length'] === undefined);
  const fault = world.faults.take(path, () => appidOf(world, incoming));
  const reply = fault ? await misbehave(parts, fault, incoming, answer, req, res) : answer();
  if (reply) write(res, reply);
  const outcome = reply ? `${reply.status} ${reply.note ?? ''}` : 'no answer';
  parts.log(`${method} ${path} ${outcome}${fault ? ` (fault: ${fault.kind})` : ''}`.trimEnd());
}

async function receive(req: IncomingMessage): Promise<Incoming | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  const target = req.url ?? '/';
  const mark = target.indexOf('?');
  const pretended = req.headers['x-sim-client-ip'];
  const body = Buffer.concat(chunks);
  const address = typeof pretended === 'string' ? pretended : (req.socket.remoteAddress ?? '');
  return {
    method: req.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    body: body.toString('utf8'),
    form: await parseForm(req.headers['content-type'] ?? '', body),
    clientIp: address.replace(/^::ffff:/, ''),
    cookie: req.headers.cookie ?? '',
  };
}

function answerPlatform(parts: ServerParts, avatars: Avatars, incoming: Incoming, chunked: boolean): Reply {
  const { world } = parts;
  const { path, method } = incoming;
  const endpoint = endpoints.get(path);
  if (endpoint) {
    // The platform's front refuses a POST without Content-Length before any API sees it.
    if (method === 'POST' && chunked) return { status: 412, headers: {}, body: '' };
    return answerApi(world, endpoint, incoming);
  }
  if (path === '/connect/oauth2/authorize' && method === 'GET') return authorizePage(world, incoming);
  if (path === '/connect/confirm' && method === 'POST') return confirm(world, incoming);
  const avatar = /^\/mmopen\/([^/]+)\/(\d+)$/.exec(path);
  if (avatar && method === 'GET') return picture(world, avatars, avatar[1] ?? '', avatar[2] ?? '');
  return notSimulated(path);
}

/** WeChat may have an API there: what calls it shows the errmsg. */
function notSimulated(path: string): Reply {
  const errmsg = `not simulated: ${path}. docs/simulator.md has what is.`;
  return json(404, { errcode: 404, errmsg });
}

function answerApi(world: World, endpoint: Endpoint, incoming: Incoming): Reply {
  const { path } = incoming;
  const call: Call = {
    world,
    path,
    query: new URLSearchParams(incoming.query),
    body: incoming.body,
    form: incoming.form,
    clientIp: incoming.clientIp,
    now: world.clock.now(),
  };
  try {
    checkMethod(world, endpoint, incoming);
    const answered = endpoint.answer(call);
    call.account?.quota.charge(path, call.now, call.weight);
    return isDownload(answered) ? fileReply(answered) : apiReply(path, answered);
  } catch (error) {
    if (!(error instanceof WeChatError)) throw error;
    if (call.account?.options.count_rejected === true) call.account.quota.charge(path, call.now, call.weight);
    return refuse(incoming, call.now, error.errcode, error.text);
  }
}

/** Throws WeChatError 43001 or 43002 for the wrong verb. */
function checkMethod(world: World, { method, takesPost = false }: Endpoint, incoming: Incoming): void {
  if (incoming.method === method) return;
  const strict = () => world.account(appidOf(world, incoming) ?? '')?.options.strict_methods ?? false;
  if (incoming.method === 'POST' && takesPost && !strict()) return;
  throw new WeChatError(method === 'GET' ? 43001 : 43002);
}

function isDownload(answered: Body | Download): answered is Download {
  return answered.bytes instanceof Buffer;
}

function fileReply({ contentType, filename, bytes }: Download): Reply {
  const disposition = `attachment; filename="${filename}"`;
  return {
    status: 200,
    headers: { 'content-type': contentType, 'content-disposition': disposition },
    body: bytes,
  };
}

function refuse(incoming: Incoming, now: number, errcode: number, text: string | undefined): Reply {
  const { path, clientIp } = incoming;
  const body = errorBody(errcode, text ?? errorText(errcode, path, clientIp), path, now);
  return { ...apiReply(path, body), note: `${errcode}` };
}

function apiReply(path: string, body: object): Reply {
  const type = dialectOf(path) === 'sns' ? 'text/plain' : 'application/json; encoding=utf-8';
  return { status: 200, headers: { 'content-type': type }, body: looseJson(body) };
}

const rawOf = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** JSON as the platform writes it: control characters inside texts stand there raw, and at times a quote. */
function looseJson(body: object): string {
  return JSON.stringify(body)
    .replace(/\\(?:u00([0-9a-f]{2})|(.))/g, (escape, hex?: string, short?: string) =>
      hex === undefined ? (rawOf.get(short ?? '') ?? escape) : String.fromCharCode(parseInt(hex, 16)),
    )
    .replaceAll(bareQuote, '"');
}

/** Does what a fault says. Resolves to the reply that is still to be sent, if any. */
async function misbehave(
  parts: ServerParts,
  fault: Fault,
  incoming: Incoming,
  answer: () => Reply,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Reply | undefined> {
  if (fault.kind === 'slow') {
    const early = fault.after ? answer() : undefined;
    await wait(fault.ms, parts.closing);
    return early ?? answer();
  }
  if (fault.after) answer();
  switch (fault.kind) {
    case 'errcode':
      return refuse(incoming, parts.clock.now(), fault.errcode, fault.errmsg);
    case 'http':
      return { status: fault.status, headers: {}, body: fault.body };
    case 'garbage':
      return { ...apiReply(incoming.path, {}), body: fault.body };
    case 'hang':
      await wait(fault.ms, parts.closing);
      res.destroy();
      return undefined;
    case 'reset':
      req.socket.resetAndDestroy();
      return undefined;
  }
}

/** Real milliseconds: what a client's own deadline runs against. Rejects when the simulator ends. */
function wait(ms: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Error('the simulator is closing'));
    };
    const timer = setTimeout(() => {
      closing.removeEventListener('abort', stop);
      resolve();
    }, ms);
    closing.addEventListener('abort', stop, { once: true });
  });
}

const appidBody = z.object({ appid: z.string() });

/** The account that a request names or whose token it carries, for faults that hit one account only. */
function appidOf(world: World, incoming: Incoming): string | undefined {
  const query = new URLSearchParams(incoming.query);
  const named = query.get('appid');
  if (named !== null) return named;
  const token = query.get('access_token');
  if (token !== null) return ownerOf(world, token);
  try {
    return z.parse(appidBody, JSON.parse(incoming.body)).appid;
  } catch {
    return new URLSearchParams(incoming.body).get('appid') ?? undefined;
  }
}

function ownerOf(world: World, token: string): string | undefined {
  try {
    return (world.accountOfSnsToken(token) ?? world.accountOfToken(token)).appid;
  } catch {
    return undefined;
  }
}

function json(status: number, content: unknown): Reply {
  // With a newline, for those who read it in a terminal.
  const body = content === undefined ? '' : `${JSON.stringify(content)}\n`;
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function write(res: ServerResponse, reply: Reply): void {
  if (res.destroyed) return;
  if (reply.status === 204) {
    res.writeHead(204).end();
    return;
  }
  res.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  res.end(reply.body);
}
