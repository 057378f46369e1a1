import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request for a token that is held on its way. */
export interface Held {
  /** Who asks: the name in the address that they were given. */
  readonly from: string;
  /** Lets it go its way. */
  release(): void;
  /** Forgets it, for its asker is dead. */
  drop(): void;
}

/** Where a request for a token is held: before WeChat gets it, or with the answer, before its asker gets that. */
export type Place = 'before WeChat' | 'after WeChat';

/** The next request for a token, once there is one. */
export interface Trap {
  readonly held: Held | undefined;
  /** Takes the trap away if nothing has been caught. */
  disarm(): void;
}

interface Armed {
  readonly place: Place;
  held: Held | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * Stands between the processes and the simulator, passes everything on, and can hold a request for a token. So
 * somebody can be killed in the very middle of a refresh, on whatever machine.
 */
export class Gate {
  readonly #target: URL;
  readonly #mintPath: string;
  /** A connection for each request: one that is kept may end just when the next request is sent. */
  readonly #agent = new Agent();
  readonly #server = createServer((incoming, outgoing) => void this.#pass(incoming, outgoing));
  #armed: Armed | undefined;

  constructor(target: string, mintPath: string) {
    this.#target = new URL(target);
    this.#mintPath = mintPath;
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** The base URL of WeChat's API for the process of that name. */
  urlFor(name: string): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The gate listens on no port.');
    return `http://127.0.0.1:${address.port}/${name}`;
  }

  /** Holds the next request for a token. There is one trap at a time. */
  trap(place: Place): Trap {
    const armed: Armed = { place, held: undefined };
    this.#armed = armed;
    return {
      get held() {
        return armed.held;
      },
      disarm: () => {
        if (this.#armed === armed) this.#armed = undefined;
      },
    };
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const [, from = '', path = '/'] = /^\/([^/]+)(\/.*)$/.exec(incoming.url ?? '') ?? [];
      const isMint = path.startsWith(`${this.#mintPath}?`) || path === this.#mintPath;
      const trap = isMint ? this.#armed : undefined;
      if (trap) this.#armed = undefined;

      if (trap?.place === 'before WeChat') await hold(trap, from);
      const { status, headers, body } = await this.#ask(incoming, path, Buffer.concat(chunks));
      if (trap?.place === 'after WeChat') await hold(trap, from);
      outgoing.writeHead(status, [...headers]).end(body);
    } catch {
      // The asker is dead, or WeChat gave no answer: then the asker gets none.
      incoming.socket.destroy();
    }
  }

  #ask({ method, rawHeaders }: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const { hostname, port } = this.#target;
    return new Promise((resolve, reject) => {
      const headers = withoutConnection(rawHeaders);
      const sent = request({ hostname, port, method, path, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 502, rawHeaders: answered } = response;
          const asItCame = withoutConnection(answered);
          resolve({ status: statusCode, headers: asItCame, body: Buffer.concat(chunks) });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** Resolves when it is released, and rejects when it is dropped. */
function hold(trap: Armed, from: string): Promise<void> {
  return new Promise((resolve, reject) => {
    trap.held = { from, release: resolve, drop: () => reject(new Error('Its asker is dead.')) };
  });
}

/** Headers of one hop are not for the next. */
function withoutConnection(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !/^(connection|keep-alive)$/i.test(raw[index - (index % 2)] ?? ''));
}
