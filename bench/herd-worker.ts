import { createClient, type Client, type ClientSetup } from './herd-clients.ts';
import { countOperations } from './operations.ts';

/** What the benchmark sends to a process. */
export type ToWorker =
  | { readonly kind: 'setup'; readonly setup: ClientSetup }
  | { readonly kind: 'time'; readonly offset: number }
  /** Begins so many calls at once, or each after the one before. */
  | { readonly kind: 'herd'; readonly calls: number; readonly oneByOne: boolean };

/** What a process tells. */
export type FromWorker = { readonly kind: 'ready' } | ({ readonly kind: 'settled' } & Settled);

export interface Settled {
  readonly ok: boolean;
  readonly ms: number;
  /** What has come to pass in the process since the last call settled. */
  readonly since: {
    /** Calls of the refresh function that have begun. */
    readonly refreshes: number;
    /** Operations of DynamoDB that have begun, those of the refresh function among them. */
    readonly reads: number;
    readonly writes: number;
    /** Milliseconds of CPU time. */
    readonly cpuMs: number;
  };
}

function tell(message: FromWorker): void {
  // Nobody is left to be told once the parent has gone.
  if (process.connected) process.send?.(message, () => undefined);
}

async function measure(client: Client): Promise<void> {
  const startedAt = performance.now();
  let ok = true;
  try {
    await client.call();
  } catch {
    ok = false;
  }
  const ms = performance.now() - startedAt;
  tell({ kind: 'settled', ok, ms, since: sinceTheLast(client) });
}

const operations = countOperations();
let cpuBefore = process.cpuUsage();

function sinceTheLast(client: Client): Settled['since'] {
  const { reads, writes } = operations;
  operations.reset();
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  return { refreshes: client.newRefreshes?.() ?? 0, reads, writes, cpuMs: (user + system) / 1000 };
}

async function herd(client: Client, { calls, oneByOne }: Extract<ToWorker, { kind: 'herd' }>): Promise<void> {
  sinceTheLast(client);
  for (let index = 0; index < calls; index++) {
    const measured = measure(client);
    if (oneByOne) await measured;
  }
}

let client: Client | undefined;
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'setup':
      client = createClient(message.setup);
      void Promise.resolve(client.ready).then(() => tell({ kind: 'ready' }));
      break;
    case 'time':
      void client?.setOffset(message.offset).then(() => tell({ kind: 'ready' }));
      break;
    case 'herd':
      if (client) void herd(client, message);
      break;
  }
});
