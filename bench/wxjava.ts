import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client, ClientSetup } from './herd-clients.ts';

/** WxJava as a peer in the herd: unmodified, in processes of Java, with its token and its lock in Redis. */

const folder = fileURLToPath(new URL('wxjava/', import.meta.url));
const needed = { java: '-version', mvn: '-version', 'redis-server': '--version' };

/** Why it cannot run here, if it cannot. */
export function missingForWxJava(): string | undefined {
  const missing = Object.entries(needed).flatMap(([name, option]) =>
    spawnSync(name, [option]).status === 0 ? [] : [name],
  );
  return missing.length === 0 ? undefined : `no ${missing.join(', ')} here`;
}

/** Compiles bench/wxjava, and fetches what it uses. */
export async function buildWxJava(): Promise<void> {
  await promisify(execFile)('mvn', ['-q', '-B', 'package'], { cwd: folder });
}

/** Redis on a port of its own on loopback, in memory alone. */
export async function startRedis(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const port = await freePort();
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  server.stdout.resume();
  return {
    port,
    close: async () => {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

/** The Java of this process: it serves one scenario after the other, as the process itself does. */
let java: JavaProcess | undefined;

export function wxJava(setup: ClientSetup, stable: boolean): Client {
  const { appId, secret, wechatPort, redisPort = 0 } = setup;
  java ??= new JavaProcess();
  const started = java;
  const ready = started.ask(`setup ${appId} ${secret} ${wechatPort} ${redisPort} ${stable}`);
  return {
    ready,
    call: () => started.call(),
    // Redis keeps the time here: what has expired is not in it any more.
    setOffset: () => started.ask('expire'),
  };
}

class JavaProcess {
  readonly #child: ChildProcess & {
    readonly stdin: NodeJS.WritableStream;
    readonly stdout: NodeJS.ReadableStream;
  };
  readonly #calls = new Map<string, (outcome: string) => void>();
  #ready: (() => void)[] = [];
  #count = 0;

  constructor() {
    this.#child = spawn('java', ['-cp', 'target/classes:target/dependency/*', 'HerdWorker'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [id = '', outcome = ''] = line.split(' ');
      if (id === 'ready') this.#ready.shift()?.();
      else this.#calls.get(id)?.(outcome);
      this.#calls.delete(id);
    });
  }

  /** A command that is answered when it is done. */
  ask(command: string): Promise<void> {
    return new Promise((resolve) => {
      this.#ready.push(resolve);
      this.#child.stdin.write(`${command}\n`);
    });
  }

  /** Rejects where WeChat refuses the call. */
  async call(): Promise<void> {
    const id = `${(this.#count += 1)}`;
    const outcome = await new Promise<string>((resolve) => {
      this.#calls.set(id, resolve);
      this.#child.stdin.write(`call ${id}\n`);
    });
    if (outcome !== 'ok') throw new Error(`The call ${outcome}.`);
  }
}
