import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../shared/platform/clock.ts';

/** A store that many processes share, as Redis would be: each call is atomic, and takes well under a millisecond. */
export interface SharedStore {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the store. A value is a text and can have an end, in seconds from now. */
export async function startSharedStore(clock: Clock): Promise<SharedStore> {
  const values = new Map<string, { text: string; endsAt: number }>();
  const server = createServer((request, response) => {
    const key = request.url ?? '';
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'PUT') {
        const seconds = Number(request.headers['x-seconds']);
        const endsAt = seconds > 0 ? clock.now() + seconds : Number.POSITIVE_INFINITY;
        values.set(key, { text: Buffer.concat(chunks).toString(), endsAt });
      }
      if (request.method === 'DELETE') values.delete(key);
      const value = values.get(key);
      const isThere = value !== undefined && clock.now() < value.endsAt;
      response.writeHead(isThere ? 200 : 404).end(isThere ? value.text : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The store as a process uses it. */
export function sharedStoreAt(url: string) {
  const at = (key: string) => `${url}/${encodeURIComponent(key)}`;
  return {
    get: async (key: string): Promise<string | undefined> => {
      const response = await fetch(at(key));
      const text = await response.text();
      return response.ok ? text : undefined;
    },
    /** `seconds` to live; 0 for ever. */
    put: async (key: string, text: string, seconds = 0): Promise<void> => {
      await (
        await fetch(at(key), { method: 'PUT', body: text, headers: { 'x-seconds': `${seconds}` } })
      ).text();
    },
    delete: async (key: string): Promise<void> => {
      await (await fetch(at(key), { method: 'DELETE' })).text();
    },
  };
}
