import { once } from 'node:events';
import { createServer } from 'node:http';

import type { SteerableClock } from '../clock.ts';

import type { AccountInput } from './accounts.ts';
import { createHandler } from './server.ts';
import { World } from './world.ts';

/** How to start a simulator. */
export interface SimulatorOptions {
  /** The platform's time. The control API moves this clock. */
  readonly clock: SteerableClock;
  /** @default 0, any free port */
  readonly port?: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Where browsers reach it, if not at `url`: pictures have addresses below it, and it answers under this name, too. */
  readonly publicUrl?: string;
  /** The same seed makes the same followers. @default 1 */
  readonly seed?: number;
  /** Accounts that are there from the start, and again after a reset. @default none */
  readonly accounts?: readonly AccountInput[];
  /** Host names that pushes may go to beside this machine's. @default none */
  readonly pushHosts?: readonly string[];
  /** Waits until the receiver of pushes has done what they ask for. @default it has when it answers */
  readonly pushesSettled?: () => Promise<void>;
  /** Takes one line per call: verb, path, outcome; never a query or a body. @default no log */
  readonly log?: (line: string) => void;
}

/** A running simulator. */
export interface Simulator {
  /** Base address of both platform hosts and of the control API, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends it; calls that a fault holds are cut off. */
  close(): Promise<void>;
  /** As freshly started, except that time does not go back. */
  reset(): void;
}

/** Starts an HTTP server that behaves like the WeChat platform. docs/simulator.md is its manual. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  const names = [host.toLowerCase()];
  if (options.publicUrl !== undefined) names.push(new URL(options.publicUrl).hostname);
  const server = createServer();
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  const { port } = address;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const world = new World({
    clock: options.clock,
    publicUrl: (options.publicUrl ?? url).replace(/\/+$/, ''),
    seed: options.seed ?? 1,
    accounts: options.accounts ?? [],
  });
  const closing = new AbortController();
  const log = options.log ?? (() => undefined);
  const { clock, pushesSettled, pushHosts = [] } = options;
  const parts = { world, clock, pushesSettled, pushHosts, names, closing: closing.signal, log };
  server.on('request', createHandler(parts));

  return {
    url,
    port,
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    reset: () => {
      world.reset();
    },
  };
}
