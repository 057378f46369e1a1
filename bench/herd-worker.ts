import { createClient, type Client, type ClientSetup } from './herd-clients.ts';

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
  /** Calls of the refresh function that have begun in the process since the last call settled. */
  readonly refreshes: number;
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
  tell({ kind: 'settled', ok, ms, refreshes: client.newRefreshes?.() ?? 0 });
}

async function herd(client: Client, { calls, oneByOne }: Extract<ToWorker, { kind: 'herd' }>): Promise<void> {
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
