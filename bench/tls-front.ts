import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** A port on loopback that takes TLS, with dynalite's certificate, which has long expired, and leads to the server at `url`. */
export async function startTlsFront(url: string): Promise<{ url: string; close: () => Promise<void> }> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('dynalite')), 'ssl');
  const read = (name: string) => readFileSync(join(folder, name));
  const keys = { key: read('server-key.pem'), cert: read('server-crt.pem') };
  const server = createServer(keys, (incoming, outgoing) => {
    const { method, headers, url: path = '/' } = incoming;
    const passed = send(new URL(path, url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
