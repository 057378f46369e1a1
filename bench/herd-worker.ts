import { createClient, type Client, type ClientSetup } from './herd-clients.ts';

/** What the benchmark sends to a process. */
export type ToWorker =
  | { readonly kind: 'setup'; readonly setup: ClientSetup }
  | { readonly kind: 'time'; readonly offset: number }
  /** Begins so many calls at once. */
  | { readonly kind: 'herd'; readonly calls: number };

/** What a process tells. */
export type FromWorker =
  { readonly kind: 'ready' } | { readonly kind: 'settled'; readonly ok: boolean; readonly ms: number };

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
  tell({ kind: 'settled', ok, ms: performance.now() - startedAt });
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
      for (let index = 0; index < message.calls && client; index++) void measure(client);
      break;
  }
});
