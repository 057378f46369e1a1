import { once } from 'node:events';
import { createServer } from 'node:http';

import type { Answer, Call } from './deployment.ts';

/** Where the simulator, which cannot name the API in a header as the emulator wants it, pushes to. */
export interface Relay {
  readonly url: string;
  close(): Promise<void>;
}

const methods = ['GET', 'POST', 'PATCH'] as const;

/** Passes requests on as they come. */
export async function startRelay(call: (path: string, how: Call) => Promise<Answer>): Promise<Relay> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = methods.find((known) => known === request.method) ?? 'GET';
      const type = request.headers['content-type'];
      const headers = type === undefined ? {} : { 'content-type': type };
      call(request.url ?? '/', { method, headers, ...(method !== 'GET' && { body: Buffer.concat(chunks) }) })
        .then(({ status, body }) => response.writeHead(status).end(body))
        .catch(() => response.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The relay listens on no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
