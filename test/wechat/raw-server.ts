import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../shared/platform/clock.ts';
import {
  createWeChatClient,
  type WeChatClient,
  type WeChatClientOptions,
} from '../../shared/wechat/client.ts';

/** A request as it came over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What to do with the connection once a request has come in whole. */
export type Reply = (socket: Socket) => void;

/** A server that says whatever a test wants, well-formed HTTP or not. Replies are used up in order. */
export class RawServer implements AsyncDisposable {
  readonly requests: RawRequest[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  #replies: Reply[] = [];
  #port = 0;

  readonly #server = createServer((socket) => {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      received += String(data);
      const request = takeRequest(received);
      if (request === undefined) return;
      received = '';
      this.requests.push(request);
      const reply = this.#replies.shift() ?? http('unexpected request', { status: 599 });
      reply(socket);
    });
  });

  static async start(): Promise<RawServer> {
    const server = new RawServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    const address = server.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');
    server.#port = address.port;
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Sets the replies to the next requests, and forgets what came before. */
  willReply(...replies: readonly Reply[]): void {
    this.#replies = [...replies];
    this.requests.length = 0;
    this.connections = 0;
  }

  /** The one request that came. */
  get request(): RawRequest {
    const [request, ...more] = this.requests;
    if (request === undefined || more.length > 0) throw new Error(`${this.requests.length} requests came.`);
    return request;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function takeRequest(received: string): RawRequest | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [requestLine = '', ...headerLines] = received.slice(0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    headerLines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = received.slice(headEnd + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  const [method = '', target = ''] = requestLine.split(' ');
  const [path = '', query = ''] = target.split('?');
  return { method, path, query, headers, body: Buffer.from(body, 'latin1').toString('utf8') };
}

/** A complete answer with these bytes as its body. */
export function http(
  body: string | Uint8Array,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Reply {
  const bytes = Buffer.from(body);
  const lines = Object.entries({ ...headers, 'content-length': String(bytes.byteLength) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return (socket) => socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} x\r\n${head}\r\n`), bytes]));
}

/** A complete JSON answer. */
export function json(answer: unknown): Reply {
  return http(JSON.stringify(answer), { headers: { 'content-type': 'application/json; encoding=utf-8' } });
}

/** These bytes as they are, then the end of the connection. */
export function raw(text: string): Reply {
  return (socket) => socket.end(text);
}

/** No answer at all. */
export const hang: Reply = () => undefined;

/** The head of an answer and half a body, then nothing more. */
export const hangInBody: Reply = (socket) =>
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access_tok');

/** A reset in place of an answer. */
export const reset: Reply = (socket) => socket.resetAndDestroy();

/** Half a body, then the end of the connection. */
export const cutInBody: Reply = raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"access_tok');

/** A clock whose waits are over at once, and remembered. */
export function instantClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  return {
    waits,
    now: () => 1_700_000_000,
    sleep: (seconds) => {
      waits.push(seconds);
      return Promise.resolve();
    },
  };
}

/** A client for the server: waits between attempts are over at once. */
export function clientFor(server: RawServer, options: Partial<WeChatClientOptions> = {}): WeChatClient {
  return createWeChatClient({ baseUrl: server.url, clock: instantClock(), deadlineMs: 2000, ...options });
}

/** The error a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to fail.');
}
